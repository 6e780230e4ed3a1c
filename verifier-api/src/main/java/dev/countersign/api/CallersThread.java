package dev.countersign.api;

import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;

/**
 * An executor for adapters that have a thread for each request and may block it. It runs its tasks on the thread that
 * created it, while that thread waits in {@link #runUntil}. Signature check and listeners then run on the caller's
 * thread, with its logging context, and occupy no thread of a store. {@link RequestVerifier#verify} does the same for a
 * body that is complete.
 *
 * <pre>{@code
 * CallersThread thread = new CallersThread();
 * Verification verification = verifier.begin(head, Caller.on(thread));
 * verification.update(chunk);                             // each piece of the body, on this thread
 * CompletionStage<Verdict> verdict = verification.finish();
 * thread.runUntil(verdict);
 * }</pre>
 *
 * <p>A verification submits no task before {@link Verification#finish}. If the verification ends itself while the
 * thread waits for the client, because the body takes too long for instance, a thread of the verifier calls the
 * listeners.
 *
 * <p>Use each instance for one wait. It refuses tasks after {@code runUntil} has returned. A task that arrives at that
 * moment may be accepted and not run. Any thread may call {@code execute}.
 */
public final class CallersThread implements Executor {
    private final Thread caller = Thread.currentThread();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private volatile boolean gone;

    /** For the thread that calls this constructor. */
    public CallersThread() {}

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (gone && tasks.remove(task)) {
            throw new RejectedExecutionException("the thread that waited has gone on");
        }
        LockSupport.unpark(caller);
    }

    /**
     * Runs tasks until the stage is complete. Call it once, on the thread that created this object.
     *
     * @param stage the one that {@link Verification#finish} returned
     * @throws IllegalStateException if another thread calls it
     * @throws InterruptedException if the thread is interrupted; no task runs after that
     */
    public void runUntil(CompletionStage<?> stage) throws InterruptedException {
        if (Thread.currentThread() != caller) {
            throw new IllegalStateException("runUntil() is for the thread that made this");
        }
        CompletableFuture<?> future = stage.toCompletableFuture();
        try {
            if (future.isDone()) {
                return;
            }
            var unused = future.whenComplete((value, failure) -> LockSupport.unpark(caller));
            while (!future.isDone()) {
                Runnable task = tasks.poll();
                if (task != null) {
                    task.run();
                } else if (Thread.interrupted()) {
                    throw new InterruptedException();
                } else {
                    park(future);
                }
            }
        } finally {
            gone = true;
        }
    }

    /**
     * Waits for a task. A thread of a fork-join pool lets the pool start another one, which the awaited work may need.
     */
    private void park(CompletableFuture<?> awaited) throws InterruptedException {
        try {
            ForkJoinPool.managedBlock(new ForkJoinPool.ManagedBlocker() {
                @Override
                public boolean isReleasable() {
                    return awaited.isDone() || !tasks.isEmpty() || caller.isInterrupted();
                }

                @Override
                public boolean block() {
                    LockSupport.park(CallersThread.this);
                    return isReleasable();
                }
            });
        } catch (RejectedExecutionException noMoreThreads) {
            LockSupport.park(this);
        }
    }
}

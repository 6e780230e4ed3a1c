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
 * For adapters that have a thread of their own for each request, and may block it: runs what it is given on the thread that
 * made it, while that waits in {@link #runUntil}. So the caller does its work itself: signature check and listeners have its
 * logging context, and no thread of a store is taken for them. {@link RequestVerifier#verify} does the same for a body that is at hand.
 *
 * <pre>{@code
 * CallersThread thread = new CallersThread();
 * Verification verification = verifier.begin(head, Caller.on(thread));
 * ...                                                     // update() with each piece of the body, on this thread
 * CompletionStage<Verdict> verdict = verification.finish();
 * thread.runUntil(verdict);
 * }</pre>
 *
 * <p>A verification gives it nothing before {@link Verification#finish}. Only where the verification ends itself while the thread waits
 * for the client, as a body that trickles does, are listeners called on a thread of the verifier.
 *
 * <p>Made for one wait: it refuses tasks once the thread has gone on, and a task that comes at that very moment may be accepted and
 * not run, as an executor may do with any task. {@code execute} may be called by any thread.
 */
public final class CallersThread implements Executor {
    private final Thread caller = Thread.currentThread();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private volatile boolean gone;

    /** For the thread that makes it. */
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
     * Runs tasks until the stage is complete. To be called once, by the thread that made this.
     *
     * @param stage as {@link Verification#finish} gives it
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

    /** Until there is something to do. A thread of a pool lets the pool start another one: what is awaited may need it. */
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

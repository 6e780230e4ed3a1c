package dev.countersign.core.wait;

import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs what it is given on the thread that made it, while that waits in {@link #runUntil}: so a caller that blocks does its
 * work itself, with its own context, and takes no thread of a store for it. Refuses tasks once the thread has gone on; one
 * that comes at that very moment may be accepted and not run, as an executor may do with any task.
 */
public final class CallersThread implements Executor {
    private final Thread caller = Thread.currentThread();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private volatile boolean gone;

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
     * @throws InterruptedException if the thread is interrupted; no task runs after that
     */
    public void runUntil(CompletionStage<?> stage) throws InterruptedException {
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

package dev.countersign.keystore.jdbc.lane;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The store's own threads: as many as were asked for. Lanes see to it that no more tasks are here than threads. */
public final class WorkerPool implements Executor, AutoCloseable {
    public static final String THREAD_NAME = "countersign-keys-";

    private static final long IDLE_SECONDS = 30;
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final ThreadPoolExecutor threads;
    private final Duration closeLimit;
    private final Set<Worker> workers = ConcurrentHashMap.newKeySet();

    public WorkerPool(int size, Duration closeLimit) {
        this.closeLimit = closeLimit;
        this.threads = new ThreadPoolExecutor(
                size, size, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), this::newWorker);
        threads.allowCoreThreadTimeOut(true);
    }

    private Thread newWorker(Runnable task) {
        workers.removeIf(worker -> worker.getState() == Thread.State.TERMINATED);
        Worker worker = new Worker(this, task);
        workers.add(worker);
        return worker;
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /**
     * Lets calls that run end, within the limit, and never interrupts them: an interrupt in the middle of a file access
     * makes an embedded database close its file.
     */
    @Override
    public void close() {
        threads.shutdown();
        if (Thread.currentThread() instanceof Worker worker && worker.pool == this) {
            return; // closed by what follows a call, on the call's own thread: it would wait for itself
        }
        try {
            if (threads.awaitTermination(closeLimit.toMillis(), TimeUnit.MILLISECONDS)) {
                // The pool has ended when its threads have nothing left to do, a moment before they are gone.
                for (Worker worker : workers) {
                    worker.join(closeLimit.toMillis());
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Worker extends Thread {
        private final WorkerPool pool;

        Worker(WorkerPool pool, Runnable task) {
            super(null, task, THREAD_NAME + NUMBER.incrementAndGet(), 0, false);
            setDaemon(true);
            this.pool = pool;
        }
    }
}

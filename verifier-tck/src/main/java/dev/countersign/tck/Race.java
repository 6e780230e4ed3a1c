package dev.countersign.tck;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that start together, round after round, and never wait for ever. */
final class Race implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;
    private static final long LONG_PATIENCE_SECONDS = 24 * 3600;
    private static final int MOST_SPINS = 5_000;

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "race");
        thread.setDaemon(true);
        return thread;
    });

    /** Runs each call on a thread of its own, all released by one barrier; the answers in the order of the calls. */
    <T> List<T> run(List<Callable<T>> calls) {
        return run(calls, PATIENCE_SECONDS);
    }

    /** As {@link #run}, of calls that may take hours, for a command rather than a test. */
    <T> List<T> runForLong(List<Callable<T>> calls) {
        return run(calls, LONG_PATIENCE_SECONDS);
    }

    private <T> List<T> run(List<Callable<T>> calls, long patienceSeconds) {
        CyclicBarrier barrier = new CyclicBarrier(calls.size());
        AtomicInteger awake = new AtomicInteger();
        List<Future<T>> running = new ArrayList<>();
        for (Callable<T> call : calls) {
            running.add(threads.submit(() -> {
                barrier.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                // The barrier wakes them one after the other; a short spin brings them together again.
                awake.incrementAndGet();
                for (int i = 0; i < MOST_SPINS && awake.get() < calls.size(); i++) {
                    Thread.onSpinWait();
                }
                return call.call();
            }));
        }
        List<T> answers = new ArrayList<>();
        for (Future<T> one : running) {
            answers.add(get(one, patienceSeconds));
        }
        return answers;
    }

    /** What the stage holds, once it is complete. */
    static <T> T await(CompletionStage<T> stage) {
        return get(stage.toCompletableFuture(), PATIENCE_SECONDS);
    }

    private static <T> T get(Future<T> future, long patienceSeconds) {
        try {
            return future.get(patienceSeconds, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            throw new AssertionError("a call failed", failed.getCause());
        } catch (TimeoutException late) {
            throw new AssertionError("no answer within " + patienceSeconds + " s", late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", interrupted);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}

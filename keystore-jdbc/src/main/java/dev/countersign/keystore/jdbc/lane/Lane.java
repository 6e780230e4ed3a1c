package dev.countersign.keystore.jdbc.lane;

import dev.countersign.api.store.StoreOverloadedException;
import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The calls of one kind: so many run at once, each on a thread of the executor and with one connection, so many wait
 * for that, and further ones are refused. A call that waits holds neither thread nor connection, so that a kind never
 * takes more than its share on whatever executor. Thread-safe.
 */
public final class Lane {
    private final String kind;
    private final Executor executor;
    private final boolean keepsItsPlace;
    private final int places;
    private final int maxCalls;
    private final UnaryOperator<RuntimeException> shown;
    private final Semaphore free;
    private final Queue<Call<?>> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger calls = new AtomicInteger();
    private volatile boolean closed;

    /**
     * A lane.
     *
     * @param kind of calls, in the plural
     * @param keepsItsPlace whether a call keeps its place while that runs what follows its stage: so it must be where
     *     the places are the executor's threads. Where they are not, what follows may wait for another call
     * @param places how many calls run at once
     * @param maxCalls how many run or wait
     * @param shown what a failure of ours is to callers
     */
    public Lane(
            String kind,
            Executor executor,
            boolean keepsItsPlace,
            int places,
            int maxCalls,
            UnaryOperator<RuntimeException> shown) {
        this.kind = kind;
        this.executor = executor;
        this.keepsItsPlace = keepsItsPlace;
        this.places = places;
        this.maxCalls = maxCalls;
        this.shown = shown;
        this.free = new Semaphore(places);
    }

    public <T> CompletableFuture<T> call(Supplier<T> work) {
        Call<T> call = new Call<>(work);
        if (closed) {
            call.completeExceptionally(shown.apply(new StoreFailure("the key store is closed")));
        } else if (calls.incrementAndGet() > maxCalls) {
            calls.decrementAndGet();
            call.completeExceptionally(new StoreOverloadedException("the key store has too many " + kind + " waiting"));
        } else {
            waiting.add(call);
            start(call);
            if (closed) {
                dropWaiting();
            }
        }
        return call;
    }

    /** Calls that wait and calls that come later fail; those that run go on. */
    public void close() {
        closed = true;
        dropWaiting();
    }

    private void dropWaiting() {
        for (Call<?> call = waiting.poll(); call != null; call = waiting.poll()) {
            call.fail(new StoreFailure("the key store was closed before the call began"));
        }
    }

    private void start(Call<?> first) {
        Call<?> call = first;
        while (call != null && free.tryAcquire()) {
            try {
                executor.execute(this::serve);
                return;
            } catch (Throwable refused) { // an Error too: no thread to be had, for instance
                free.release();
                if (waiting.remove(call)) {
                    call.fail(refusal());
                }
                // A call that has a place looks for what waits before it leaves it. If no call has one, this thread
                // looks.
                call = free.availablePermits() == places ? waiting.peek() : null;
            }
        }
    }

    private RuntimeException refusal() {
        if (closed) {
            return new StoreFailure("the key store is closed");
        }
        return executor instanceof ExecutorService service && service.isShutdown()
                ? new StoreFailure("the key store's executor was shut down")
                : new StoreOverloadedException("the key store's executor is full");
    }

    /** Runs what waits, on a thread of the executor that has a place. */
    private void serve() {
        boolean placed = true;
        while (placed) {
            Call<?> call = waiting.poll();
            if (call != null && keepsItsPlace) {
                call.run(() -> {});
                continue;
            }
            if (call == null) {
                free.release();
            } else {
                call.run(free::release);
            }
            placed = !waiting.isEmpty() && free.tryAcquire();
        }
    }

    /** A call that waits or runs, and counts as long as it does. */
    private final class Call<T> extends CompletableFuture<T> {
        private final Supplier<T> work;

        Call(Supplier<T> work) {
            this.work = work;
        }

        void run(Runnable beforeWhatFollows) {
            T answer;
            try {
                answer = work.get();
            } catch (Throwable failure) {
                beforeWhatFollows.run();
                fail(failure);
                return;
            }
            beforeWhatFollows.run();
            calls.decrementAndGet();
            complete(answer);
        }

        void fail(Throwable failure) {
            calls.decrementAndGet();
            completeExceptionally(failure instanceof RuntimeException ours ? shown.apply(ours) : failure);
        }
    }
}

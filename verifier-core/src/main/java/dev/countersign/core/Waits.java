package dev.countersign.core;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waiting for stores, with a limit. An answer that is already here is taken inline; otherwise a limit is armed, and
 * whichever comes first, the answer or the end of the limit, goes on to the caller's executor. Thread-safe.
 *
 * <p>A stage that failed, a stage or an answer that is null, a call that throws, a limit that ended and a verifier that
 * is closed all arrive as null: the store is unavailable.
 */
final class Waits {
    private final ScheduledExecutorService timer;
    private final Set<Wait<?>> armed = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    Waits(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    /** Calls a store; null if the call throws or returns null. A future that is returned can be asked whether it is done. */
    static <T> @Nullable CompletionStage<T> call(Supplier<CompletionStage<T>> call) {
        try {
            CompletionStage<T> stage = call.get();
            // A minimal stage, as completedStage() makes it, is a CompletableFuture that throws when it is asked.
            return stage instanceof CompletableFuture<T> future ? future.toCompletableFuture() : stage;
        } catch (Throwable unavailable) {
            return null;
        }
    }

    /** Goes on with the store's answer, or with null. */
    <T> void whenAnswered(
            @Nullable CompletionStage<T> stage, long limitNanos, Executor executor, Consumer<@Nullable T> next) {
        if (stage == null) {
            next.accept(null);
        } else if (stage instanceof CompletableFuture<T> future && future.isDone()) {
            next.accept(future.isCompletedExceptionally() ? null : future.join());
        } else if (limitNanos <= 0) {
            next.accept(null);
        } else {
            new Wait<>(executor, next).start(stage, limitNanos);
        }
    }

    /** Ends all waits, now and from now on. */
    void close() {
        closed = true;
        for (Wait<?> wait : armed) {
            wait.settle(null);
        }
    }

    /** How many waits there are now, for tests. */
    int armed() {
        return armed.size();
    }

    private final class Wait<T> {
        private final Executor executor;
        private final Consumer<@Nullable T> next;
        private final AtomicBoolean settled = new AtomicBoolean();
        private volatile @Nullable Future<?> limit;

        Wait(Executor executor, Consumer<@Nullable T> next) {
            this.executor = executor;
            this.next = next;
        }

        void start(CompletionStage<T> stage, long limitNanos) {
            armed.add(this);
            try {
                limit = timer.schedule(() -> settle(null), limitNanos, TimeUnit.NANOSECONDS);
            } catch (Throwable timerIsShutDownOrHasNoThread) {
                settle(null);
                return;
            }
            // A foreign stage may throw here, and may complete at once or after the limit.
            try {
                stage.whenComplete((answer, failure) -> settle(failure == null ? answer : null));
            } catch (Throwable unavailable) {
                settle(null);
            }
            if (closed) {
                settle(null);
            }
        }

        private void settle(@Nullable T answer) {
            if (!settled.compareAndSet(false, true)) {
                return;
            }
            armed.remove(this);
            Future<?> pending = limit;
            if (pending != null) {
                pending.cancel(false);
            }
            try {
                executor.execute(() -> next.accept(answer));
            } catch (Throwable callerIsGone) {
                // Somebody still holds the stage of the verdict: end it here, without the answer.
                next.accept(null);
            }
        }
    }
}

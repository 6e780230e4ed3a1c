package dev.countersign.core.wait;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waiting for stores, with a limit. An answer that is already here is taken inline; otherwise a limit is armed, and
 * whichever comes first, the answer or the end of the limit, goes on to the caller's executor. Thread-safe.
 *
 * <p>A stage that failed, a stage or an answer that is null, a call that throws, a limit that ended and a verifier that
 * is closed all arrive as null: the store is unavailable. An executor may refuse what it is given, forget it or never come
 * to it: then the wait is lost, at once or {@link #GRACE_NANOS} after its limit, and ends on the thread that finds out.
 */
public final class Waits {
    /** How long after the limit an executor may take to run what it was given. */
    public static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ScheduledExecutorService timer;
    private final Set<Wait<?>> armed = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** @param timer what arms the limits */
    public Waits(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    /** Calls a store; null if the call throws or returns null. A future that is returned can be asked whether it is done. */
    public static <T> @Nullable CompletionStage<T> call(Supplier<CompletionStage<T>> call) {
        try {
            CompletionStage<T> stage = call.get();
            // A minimal stage, as completedStage() makes it, is a CompletableFuture that throws when it is asked.
            return stage instanceof CompletableFuture<T> future ? future.toCompletableFuture() : stage;
        } catch (Throwable unavailable) {
            return null;
        }
    }

    /** Goes on with the store's answer, or with null; also where the executor runs nothing. */
    public <T> void whenAnswered(
            @Nullable CompletionStage<T> stage, long limitNanos, Executor executor, Consumer<@Nullable T> next) {
        whenAnswered(stage, limitNanos, executor, next, () -> next.accept(null));
    }

    /**
     * Goes on with the store's answer, or with null.
     *
     * @param lost instead of {@code next}, on any thread, where the executor does not run it
     */
    public <T> void whenAnswered(
            @Nullable CompletionStage<T> stage,
            long limitNanos,
            Executor executor,
            Consumer<@Nullable T> next,
            Runnable lost) {
        if (stage == null) {
            next.accept(null);
        } else if (stage instanceof CompletableFuture<T> future && future.isDone()) {
            next.accept(future.isCompletedExceptionally() ? null : future.join());
        } else if (limitNanos <= 0) {
            next.accept(null);
        } else {
            new Wait<>(executor, next, lost).start(stage, limitNanos);
        }
    }

    /** Ends all waits, now and from now on. */
    public void close() {
        closed = true;
        for (Wait<?> wait : armed) {
            wait.close();
        }
    }

    /** How many waits there are now, for tests. */
    public int armed() {
        return armed.size();
    }

    /** Whose turn it is: the store's, the executor's, nobody's any more. */
    private enum Turn {
        STORE,
        EXECUTOR,
        OVER
    }

    private final class Wait<T> {
        private final Executor executor;
        private final Consumer<@Nullable T> next;
        private final Runnable lost;
        private final AtomicReference<Turn> turn = new AtomicReference<>(Turn.STORE);
        private volatile @Nullable Future<?> limit;

        Wait(Executor executor, Consumer<@Nullable T> next, Runnable lost) {
            this.executor = executor;
            this.next = next;
            this.lost = lost;
        }

        void start(CompletionStage<T> stage, long limitNanos) {
            armed.add(this);
            if (!arm(this::endOfLimit, limitNanos)) {
                goOnHere();
                return;
            }
            // A foreign stage may throw here, and may complete at once or after the limit.
            try {
                stage.whenComplete((answer, failure) -> handOver(failure == null ? answer : null));
            } catch (Throwable unavailable) {
                goOnHere();
            }
            if (closed) {
                goOnHere();
            }
        }

        /** On the thread that began to wait, which is the caller's or one of the executor's. */
        private void goOnHere() {
            if (turn.compareAndSet(Turn.STORE, Turn.EXECUTOR)) {
                run(null);
            }
        }

        private void handOver(@Nullable T answer) {
            if (!turn.compareAndSet(Turn.STORE, Turn.EXECUTOR)) {
                return;
            }
            try {
                executor.execute(() -> run(answer));
            } catch (Throwable callerIsGone) {
                lose(); // somebody still holds the stage of the verdict
            }
        }

        private void run(@Nullable T answer) {
            if (end()) {
                try {
                    next.accept(answer);
                } catch (Throwable fault) { // for lack of memory, say: what comes next looks after its own
                    lost.run();
                }
            }
        }

        private void lose() {
            if (end()) {
                lost.run();
            }
        }

        /** The limit stays armed until the executor has begun: it costs nothing more, and nobody is forgotten. */
        private void endOfLimit() {
            handOver(null);
            giveGrace();
        }

        void close() {
            handOver(null);
            giveGrace();
        }

        private void giveGrace() {
            if (turn.get() == Turn.EXECUTOR) {
                disarm();
                if (!arm(this::lose, GRACE_NANOS)) {
                    lose();
                }
            }
        }

        private boolean end() {
            if (turn.getAndSet(Turn.OVER) == Turn.OVER) {
                return false;
            }
            try {
                armed.remove(this);
                disarm();
            } catch (Throwable stillArmed) {
                return true; // it will find nothing to do
            }
            return true;
        }

        private boolean arm(Runnable end, long nanos) {
            try {
                limit = timer.schedule(end, nanos, TimeUnit.NANOSECONDS);
            } catch (Throwable timerIsShutDownOrHasNoThread) {
                return false;
            }
            if (turn.get() == Turn.OVER) {
                disarm();
            }
            return true;
        }

        private void disarm() {
            Future<?> pending = limit;
            if (pending != null) {
                pending.cancel(false);
            }
        }
    }
}

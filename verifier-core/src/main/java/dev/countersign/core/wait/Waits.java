package dev.countersign.core.wait;

import dev.countersign.core.wait.StoreAnswer.Missing;
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
 * is closed all arrive as an answer without a value, which says why: the store is unavailable. An executor may refuse
 * what it is given, forget it or never come to it: then the wait is lost, at once or {@link #GRACE_NANOS} after its
 * limit, and ends on the thread that finds out.
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

    /**
     * Calls a store; a call that throws or returns null is a stage that failed. A future can be asked whether it is
     * done.
     */
    public static <T> CompletionStage<T> call(Supplier<@Nullable CompletionStage<T>> call) {
        try {
            CompletionStage<T> stage = call.get();
            if (stage == null) {
                return CompletableFuture.failedFuture(new NullPointerException("the store returned null for a stage"));
            }
            // A minimal stage, as completedStage() makes it, is a CompletableFuture that throws when it is asked.
            return stage instanceof CompletableFuture<T> future ? future.toCompletableFuture() : stage;
        } catch (Throwable unavailable) {
            return CompletableFuture.failedFuture(unavailable);
        }
    }

    /** Goes on with what the store answered, or with null; also where the executor runs nothing. */
    public <T> void whenAnswered(
            CompletionStage<T> stage, long limitNanos, Executor executor, Consumer<@Nullable T> next) {
        whenAnswered(stage, limitNanos, executor, answer -> next.accept(answer.value()), () -> next.accept(null));
    }

    /**
     * Goes on with what the store answered, or with why it did not.
     *
     * @param lost instead of {@code next}, on any thread, where the executor does not run it
     */
    public <T> void whenAnswered(
            CompletionStage<T> stage,
            long limitNanos,
            Executor executor,
            Consumer<StoreAnswer<T>> next,
            Runnable lost) {
        if (stage instanceof CompletableFuture<T> future && future.isDone()) {
            next.accept(
                    future.isCompletedExceptionally()
                            ? future.handle(StoreAnswer::<T>of).join() // which costs no exception
                            : StoreAnswer.of(future.join(), null));
        } else if (limitNanos <= 0) {
            next.accept(StoreAnswer.missing(Missing.LATE));
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
        private final Consumer<StoreAnswer<T>> next;
        private final Runnable lost;
        private final AtomicReference<Turn> turn = new AtomicReference<>(Turn.STORE);
        private volatile @Nullable Future<?> limit;

        Wait(Executor executor, Consumer<StoreAnswer<T>> next, Runnable lost) {
            this.executor = executor;
            this.next = next;
            this.lost = lost;
        }

        void start(CompletionStage<T> stage, long limitNanos) {
            armed.add(this);
            if (!arm(this::endOfLimit, limitNanos)) {
                goOnHere(StoreAnswer.missing(closed ? Missing.CLOSED : Missing.LATE));
                return;
            }
            // A foreign stage may throw here, and may complete at once or after the limit.
            try {
                stage.whenComplete((answer, failure) -> handOver(StoreAnswer.of(answer, failure)));
            } catch (Throwable unavailable) {
                goOnHere(StoreAnswer.of(null, unavailable));
            }
            if (closed) {
                goOnHere(StoreAnswer.missing(Missing.CLOSED));
            }
        }

        /** On the thread that began to wait, which is the caller's or one of the executor's. */
        private void goOnHere(StoreAnswer<T> answer) {
            if (turn.compareAndSet(Turn.STORE, Turn.EXECUTOR)) {
                run(answer);
            }
        }

        private void handOver(StoreAnswer<T> answer) {
            if (!turn.compareAndSet(Turn.STORE, Turn.EXECUTOR)) {
                return;
            }
            try {
                executor.execute(() -> run(answer));
            } catch (Throwable callerIsGone) {
                lose(); // somebody still holds the stage of the verdict
            }
        }

        private void run(StoreAnswer<T> answer) {
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
            handOver(StoreAnswer.missing(Missing.LATE));
            giveGrace();
        }

        void close() {
            handOver(StoreAnswer.missing(Missing.CLOSED));
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

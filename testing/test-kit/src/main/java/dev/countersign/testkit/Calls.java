package dev.countersign.testkit;

import dev.countersign.api.store.StoreStatus;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** What becomes of the calls of a forwarding store: they pass, fail, or their answers wait. Thread-safe. */
final class Calls {
    private static final String WHY = "the store is down, as the test says";

    // Guarded by "this", all of them.
    private final Queue<Runnable> held = new ArrayDeque<>();
    private boolean down;
    private boolean holding;

    /** What a store that is down says of itself, which said the other while it was not. */
    static StoreStatus down(StoreStatus other) {
        return StoreStatus.unavailable(other.since().orElse(Instant.EPOCH), WHY);
    }

    synchronized void setDown(boolean isDown) {
        down = isDown;
    }

    synchronized boolean isDown() {
        return down;
    }

    synchronized void hold() {
        holding = true;
    }

    synchronized int held() {
        return held.size();
    }

    /** Answers what was held, in the order of the calls, and holds no more. */
    void release() {
        Queue<Runnable> answers;
        synchronized (this) {
            holding = false;
            answers = new ArrayDeque<>(held);
            held.clear();
        }
        answers.forEach(Runnable::run); // outside of the lock: what follows on an answer may call again
    }

    <T> CompletionStage<T> pass(Supplier<CompletionStage<T>> call) {
        if (isDown()) {
            return CompletableFuture.failedFuture(new IllegalStateException(WHY));
        }
        CompletionStage<T> answer = call.get();
        CompletableFuture<T> late = new CompletableFuture<>();
        synchronized (this) {
            if (!holding) {
                return answer;
            }
            held.add(() -> answer.whenComplete((value, failure) -> {
                if (failure == null) {
                    late.complete(value);
                } else {
                    late.completeExceptionally(failure);
                }
            }));
        }
        return late;
    }
}

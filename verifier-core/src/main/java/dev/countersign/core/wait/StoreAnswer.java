package dev.countersign.core.wait;

import dev.countersign.api.store.StoreOverloadedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a store answered, or why it did not.
 *
 * @param value null if it failed, or answered nothing
 * @param failure null if it did not fail
 */
public record StoreAnswer<T>(@Nullable T value, @Nullable Throwable failure) {
    /** Calls a store. The stage never fails, and one that is a future can be asked whether it is done. */
    public static <T> CompletionStage<StoreAnswer<T>> of(Supplier<CompletionStage<T>> call) {
        try {
            CompletionStage<T> stage = call.get();
            // A minimal stage, as completedStage() makes it, is a CompletableFuture that throws when it is asked.
            CompletionStage<T> known =
                    stage instanceof CompletableFuture<T> future ? future.toCompletableFuture() : stage;
            return known.handle(StoreAnswer<T>::new);
        } catch (Throwable unavailable) {
            return CompletableFuture.completedFuture(new StoreAnswer<>(null, unavailable));
        }
    }

    /** Whether it was refused for the number of calls that wait: a queue of ours is full, and the store may be well. */
    public boolean isRefused() {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof StoreOverloadedException || cause instanceof RejectedExecutionException;
    }
}

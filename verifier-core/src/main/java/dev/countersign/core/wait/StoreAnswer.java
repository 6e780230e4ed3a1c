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
 * @param value null if there is none
 * @param missing why there is none, or null
 * @param failure what the store threw, or null
 */
public record StoreAnswer<T>(
        @Nullable T value,
        @Nullable Missing missing,
        @Nullable Throwable failure) {
    /** Why there is no answer. */
    public enum Missing {
        /** The store failed. */
        FAILED("failed"),
        /** The store refused the call for the number of those that wait. */
        REFUSED("refused the call: too many wait"),
        /** The store answered null. */
        NOTHING("answered null"),
        /** The time limit ended first. */
        LATE("did not answer in time"),
        /** Nobody waits any more: the verifier is closed. */
        CLOSED("was not waited for: the verifier is closed");

        private final String words;

        Missing(String words) {
            this.words = words;
        }

        /** What happened, to be read behind the name of the store. */
        public String words() {
            return words;
        }
    }

    /** What the store gave: a value, null, or a failure. */
    public static <T> StoreAnswer<T> of(@Nullable T value, @Nullable Throwable failure) {
        if (failure != null) {
            Throwable thrown = unwrapped(failure);
            return new StoreAnswer<>(null, isRefusal(thrown) ? Missing.REFUSED : Missing.FAILED, thrown);
        }
        return value == null ? missing(Missing.NOTHING) : new StoreAnswer<>(value, null, null);
    }

    /** No answer, and no failure of the store. */
    public static <T> StoreAnswer<T> missing(Missing why) {
        return new StoreAnswer<>(null, why, null);
    }

    /** Calls a store. The stage never fails, and one that is a future can be asked whether it is done. */
    public static <T> CompletionStage<StoreAnswer<T>> of(Supplier<CompletionStage<T>> call) {
        try {
            CompletionStage<T> stage = call.get();
            // A minimal stage, as completedStage() makes it, is a CompletableFuture that throws when it is asked.
            CompletionStage<T> known =
                    stage instanceof CompletableFuture<T> future ? future.toCompletableFuture() : stage;
            return known.handle(StoreAnswer::<T>of);
        } catch (Throwable unavailable) {
            return CompletableFuture.completedFuture(of(null, unavailable));
        }
    }

    /** Whether it was refused for the number of calls that wait: a queue of ours is full, and the store may be well. */
    public boolean isRefused() {
        return missing == Missing.REFUSED;
    }

    /** Whether what a store threw says that it refused the call for the number of those that wait. */
    public static boolean isRefusal(@Nullable Throwable thrown) {
        return thrown instanceof StoreOverloadedException || thrown instanceof RejectedExecutionException;
    }

    private static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}

package dev.countersign.api;

import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Who asks for a verification.
 *
 * @param executor where a verification goes on when it had to wait for a store: an event loop, a worker pool. The
 *     signature check runs there too, so it must be free to compute for a fraction of a millisecond. A verification whose
 *     executor refuses it, or has not run it a second after the time limit for the store, is rejected with
 *     {@link RejectionReason#STORE_UNAVAILABLE}
 * @param attachment handed to listeners unchanged, never looked at by a verifier
 */
public record Caller(Executor executor, @Nullable Object attachment) {
    private static final Caller INLINE = new Caller(Runnable::run, null);

    /** Refuses a missing executor. */
    public Caller {
        Objects.requireNonNull(executor, "executor");
    }

    /** Shows neither part: an attachment may well be the request. */
    @Override
    public String toString() {
        return "Caller[]";
    }

    /**
     * Goes on wherever the store's answer arrives, or on the timer's thread where it does not: right for blocking callers
     * and for stores in memory.
     */
    public static Caller inline() {
        return INLINE;
    }
}

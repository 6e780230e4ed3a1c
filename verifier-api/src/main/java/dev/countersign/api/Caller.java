package dev.countersign.api;

import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Who asks for a verification, and where it goes on. An adapter with a thread for each request uses {@link CallersThread}.
 * Immutable.
 */
public final class Caller {
    private static final Caller INLINE = new Caller(Runnable::run, null);

    private final Executor executor;
    private final @Nullable Object attachment;

    private Caller(Executor executor, @Nullable Object attachment) {
        this.executor = Objects.requireNonNull(executor, "executor");
        this.attachment = attachment;
    }

    /**
     * A caller whose verification goes on on an executor.
     *
     * @param executor where a verification goes on when it had to wait for a store: an event loop, a worker pool. The
     *     signature check runs there too, so it must be free to compute for a fraction of a millisecond. A verification whose
     *     executor refuses it, or has not run it a second after the time limit for the store, is rejected with
     *     {@link RejectionReason#STORE_UNAVAILABLE}
     */
    public static Caller on(Executor executor) {
        return new Caller(executor, null);
    }

    /**
     * Goes on wherever the store's answer arrives, or on the timer's thread where it does not: right for stores in memory, and
     * where it does not matter whose thread computes and calls the listeners.
     */
    public static Caller inline() {
        return INLINE;
    }

    /**
     * The same caller with this attachment.
     *
     * @param value handed to listeners unchanged, never looked at by a verifier; null for none
     */
    public Caller withAttachment(@Nullable Object value) {
        return new Caller(executor, value);
    }

    /** Where a verification goes on when it had to wait. */
    public Executor executor() {
        return executor;
    }

    /** What listeners are handed, if anything. */
    public Optional<Object> attachment() {
        return Optional.ofNullable(attachment);
    }

    /** Shows neither part: an attachment may well be the request. */
    @Override
    public String toString() {
        return "Caller[]";
    }
}

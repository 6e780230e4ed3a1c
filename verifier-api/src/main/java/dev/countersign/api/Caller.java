package dev.countersign.api;

import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The caller of a verification: the executor on which the verification continues after it waited for a store, and an
 * attachment for the listeners. An adapter with a thread for each request uses {@link CallersThread}. Immutable.
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
     * A caller whose verification continues on an executor.
     *
     * @param executor runs the verification after it waited for a store: an event loop or a worker pool. It runs the
     *     signature check too, which takes a fraction of a millisecond. If the executor refuses the verification, or
     *     has not run it a second after the time limit for the store, the request is rejected with
     *     {@link RejectionReason#STORE_UNAVAILABLE}
     */
    public static Caller on(Executor executor) {
        return new Caller(executor, null);
    }

    /**
     * A caller without an executor. The verification continues on the thread that brings the store's answer, or on the
     * timer's thread if no answer comes. Use it with stores in memory, and where any thread may check the signature and
     * call the listeners.
     */
    public static Caller inline() {
        return INLINE;
    }

    /**
     * The same caller with this attachment.
     *
     * @param value passed to the listeners unchanged; the verifier does not look at it. Null for none
     */
    public Caller withAttachment(@Nullable Object value) {
        return new Caller(executor, value);
    }

    /** The executor on which a verification continues after it waited. */
    public Executor executor() {
        return executor;
    }

    /** What the listeners get, if anything. */
    public Optional<Object> attachment() {
        return Optional.ofNullable(attachment);
    }

    /** Shows neither part, because the attachment may be the request. */
    @Override
    public String toString() {
        return "Caller[]";
    }
}

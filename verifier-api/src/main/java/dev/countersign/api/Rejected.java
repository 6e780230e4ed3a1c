package dev.countersign.api;

import java.util.Objects;
import java.util.function.Function;

/**
 * The request must not be served. Send {@link #answer} and read no more of it.
 *
 * @param reason why, precisely; not for the client
 * @param serverTimestamp the verifier's clock when it decided, in Unix seconds
 * @param retryAfterSeconds after how long a client may come back when the answer is 503, at least 1 then, else 0
 */
public record Rejected(RejectionReason reason, long serverTimestamp, int retryAfterSeconds) implements Verdict {
    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if {@code retryAfterSeconds} does not fit the reason
     */
    public Rejected {
        Objects.requireNonNull(reason, "reason");
        boolean unavailable = reason.status() == 503;
        if (unavailable ? retryAfterSeconds < 1 : retryAfterSeconds != 0) {
            throw new IllegalArgumentException("retryAfterSeconds is at least 1 with status 503, and 0 otherwise");
        }
    }

    /** The HTTP answer to send; made anew at each call. */
    public ErrorAnswer answer() {
        return ErrorAnswer.of(reason.publicCode(), serverTimestamp, retryAfterSeconds);
    }

    @Override
    public <T> T fold(
            Function<? super Accepted, ? extends T> accepted, Function<? super Rejected, ? extends T> rejected) {
        return rejected.apply(this);
    }

    @Override
    public boolean isAccepted() {
        return false;
    }
}

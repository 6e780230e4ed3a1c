package dev.countersign.api;

import java.util.Objects;
import java.util.function.Function;

/**
 * The request is genuine, fresh, and the first with its nonce and signature.
 *
 * @param request what was signed and by whom
 */
public record Accepted(VerifiedRequest request) implements Verdict {
    /** Refuses a missing request. */
    public Accepted {
        Objects.requireNonNull(request, "request");
    }

    @Override
    public <T> T fold(
            Function<? super Accepted, ? extends T> accepted, Function<? super Rejected, ? extends T> rejected) {
        return accepted.apply(this);
    }

    @Override
    public boolean isAccepted() {
        return true;
    }
}

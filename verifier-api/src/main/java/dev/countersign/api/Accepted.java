package dev.countersign.api;

import dev.countersign.api.verifier.ForVerifiers;
import java.util.Objects;
import java.util.function.Function;

/** The request is genuine, fresh, and the first with its nonce and signature. Made by verifiers only. */
public final class Accepted implements Verdict {
    private final VerifiedRequest request;

    private Accepted(VerifiedRequest request) {
        this.request = Objects.requireNonNull(request, "request");
    }

    /** For verifiers and the test kit: only they can get the second argument. */
    @SuppressWarnings("exports")
    public static Accepted of(VerifiedRequest request, ForVerifiers only) {
        Objects.requireNonNull(only, "only");
        return new Accepted(request);
    }

    /** What was signed, and by whom. */
    public VerifiedRequest request() {
        return request;
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

    @Override
    public String verificationId() {
        return request.verificationId();
    }

    @Override
    public String toString() {
        return "Accepted[" + request + "]";
    }
}

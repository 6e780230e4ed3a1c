package dev.countersign.api;

import java.util.function.Function;

/**
 * What a verifier decided: {@link Accepted} or {@link Rejected}. A rejection is a value and costs no stack trace.
 *
 * <p>Java 17 cannot switch over a sealed type, so take it apart with {@link #fold}; newer code may use pattern matching.
 */
public sealed interface Verdict permits Accepted, Rejected {
    /** Applies one of two functions, whichever fits. */
    <T> T fold(Function<? super Accepted, ? extends T> accepted, Function<? super Rejected, ? extends T> rejected);

    /**
     * Names the verification in logs: 16 hexadecimal digits, the same in the verdict, for listeners and in explanations. Random,
     * and not sent to the client.
     */
    String verificationId();

    /** Whether the request is genuine, fresh and not a replay. */
    boolean isAccepted();
}

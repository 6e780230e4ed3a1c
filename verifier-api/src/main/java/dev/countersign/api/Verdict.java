package dev.countersign.api;

import java.util.function.Function;

/**
 * The decision of a verifier: {@link Accepted} or {@link Rejected}. A rejection is a value and has no stack trace.
 *
 * <p>Handle both with {@link #fold}. From Java 21 on, code may switch over the sealed type instead.
 */
public sealed interface Verdict permits Accepted, Rejected {
    /** Applies the first function to an accepted request, the second one to a rejected request. */
    <T> T fold(Function<? super Accepted, ? extends T> accepted, Function<? super Rejected, ? extends T> rejected);

    /**
     * The id of the verification in logs: 16 random hexadecimal digits. Verdict, events and explanation have the same
     * id. The client does not get it.
     */
    String verificationId();

    /** Whether the request is genuine, fresh and not a replay. */
    boolean isAccepted();
}

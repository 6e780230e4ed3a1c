package dev.countersign.core.step;

import dev.countersign.api.RejectionReason;
import org.jspecify.annotations.Nullable;

/**
 * Why a request is to be rejected.
 *
 * @param reason precisely
 * @param detail more of it, for the log: ASCII, nothing that the client sent; empty where the reason says it all
 * @param cause what a store threw, or null
 */
public record Objection(
        RejectionReason reason, String detail, @Nullable Throwable cause) {
    /** An objection that says it all by its reason. */
    public static Objection of(RejectionReason reason) {
        return new Objection(reason, "", null);
    }

    /** An objection without a cause. */
    public static Objection of(RejectionReason reason, String detail) {
        return new Objection(reason, detail, null);
    }

    static Objection missing(String header) {
        return of(RejectionReason.MISSING_HEADER, header + " is missing");
    }

    static Objection malformed(String header) {
        return of(RejectionReason.MALFORMED_HEADER, header + " is empty, repeated or not in its form");
    }
}

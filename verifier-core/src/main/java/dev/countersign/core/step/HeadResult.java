package dev.countersign.core.step;

import org.jspecify.annotations.Nullable;

/**
 * A head that was read, or the fault that ended the reading: exactly one of the two is there.
 *
 * @param head the head, or null
 * @param fault the first fault in the protocol's order, or null
 */
public record HeadResult(
        @Nullable SignedHead head, @Nullable Objection fault) {
    /** Refuses both or neither. */
    public HeadResult {
        if ((head == null) == (fault == null)) {
            throw new IllegalArgumentException("a head was read, or there is a fault");
        }
    }

    static HeadResult of(SignedHead head) {
        return new HeadResult(head, null);
    }

    static HeadResult fault(Objection fault) {
        return new HeadResult(null, fault);
    }
}

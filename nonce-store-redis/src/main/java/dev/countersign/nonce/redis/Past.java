package dev.countersign.nonce.redis;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a store remembers of a place from one connection to the next: a place is a server that stands alone, a group under
 * Sentinel, or a shard of a Cluster. Thread-safe.
 */
final class Past {
    private final AtomicLong lastClaim = new AtomicLong(Long.MIN_VALUE);
    private volatile @Nullable Witness witness;

    /** The record relied on last, or null at the start. */
    @Nullable Witness witness() {
        return witness;
    }

    void relyOn(Witness newWitness) {
        witness = newWitness;
    }

    /** A claim dated with this second is about to be sent. */
    void claiming(long second) {
        if (second > lastClaim.get()) {
            lastClaim.accumulateAndGet(second, Math::max);
        }
    }

    /** The latest second that a claim was dated with. */
    long lastClaim() {
        return lastClaim.get();
    }
}

package dev.countersign.nonce.redis.context;

import dev.countersign.nonce.redis.claim.KeyLayout;
import java.time.Clock;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * What a store was built with.
 *
 * @param ticker monotonic nanoseconds
 * @param timeLimit how long an answer may take
 * @param noPredecessor whether a server without any record was declared to be the first one
 * @param waitBeforeWatching how much later than a loss requests must be signed
 * @param replicas how many must confirm a claim; 0 to ask none
 * @param replicaLimit how long they may take
 */
public record StoreSettings(
        Clock clock,
        LongSupplier ticker,
        KeyLayout keys,
        Duration timeLimit,
        boolean noPredecessor,
        Duration waitBeforeWatching,
        int replicas,
        Duration replicaLimit,
        boolean allowEviction) {
    /** {@link #timeLimit} in nanoseconds. */
    public long timeLimitNanos() {
        return timeLimit.toNanos();
    }

    /** {@link #waitBeforeWatching} in seconds, rounded up. */
    public long waitSeconds() {
        return waitBeforeWatching.getSeconds() + (waitBeforeWatching.getNano() > 0 ? 1 : 0);
    }
}

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
 * @param alwaysWatching whether a server without any record was declared to be the first one
 * @param watchingDelay how much later than a loss requests must be signed
 * @param replicas how many must confirm a claim; 0 to ask none
 * @param replicaLimit how long they may take
 */
public record StoreSettings(
        Clock clock,
        LongSupplier ticker,
        KeyLayout keys,
        Duration timeLimit,
        boolean alwaysWatching,
        Duration watchingDelay,
        int replicas,
        Duration replicaLimit,
        boolean allowEviction) {
    /** {@link #timeLimit} in nanoseconds. */
    public long timeLimitNanos() {
        return timeLimit.toNanos();
    }

    /** {@link #watchingDelay} in seconds, rounded up. */
    public long waitSeconds() {
        return watchingDelay.getSeconds() + (watchingDelay.getNano() > 0 ? 1 : 0);
    }
}

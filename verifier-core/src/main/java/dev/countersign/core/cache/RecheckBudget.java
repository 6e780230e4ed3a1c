package dev.countersign.core.cache;

import java.util.concurrent.atomic.AtomicLong;

/**
 * So many per second, a second's worth at once at most. Kept as one number: the time at which all that was taken would
 * be earned. Thread-safe, without a lock.
 */
final class RecheckBudget {
    private static final long SECOND_IN_NANOS = 1_000_000_000L;

    private final long nanosEach;
    private final AtomicLong earnedAt;

    RecheckBudget(int perSecond, long now) {
        this.nanosEach = SECOND_IN_NANOS / perSecond;
        this.earnedAt = new AtomicLong(now);
    }

    /** Takes one, if there is one. */
    boolean take(long now) {
        while (true) { // each round another thread took one
            long before = earnedAt.get();
            long from = before - now > 0 ? before : now;
            long after = from + nanosEach;
            if (after - now > SECOND_IN_NANOS) {
                return false;
            }
            if (earnedAt.compareAndSet(before, after)) {
                return true;
            }
        }
    }
}

package dev.countersign.nonce.redis.watching;

/**
 * Notices that a server's clock leaps ahead of its own pace. Claims live by that clock, so they would end too early.
 * Pace is measured against this process's monotonic time, not against its clock. Thread-safe.
 */
public final class ServerClock {
    /** Larger than what a slow answer can look like, smaller than what nodes leave between their clocks. */
    public static final long LEAP_MILLIS = 2_000;

    /**
     * How far two honest clocks drift apart in a thousand: what is slower than that adds up to little while a claim
     * lives.
     */
    private static final long DRIFT_PER_THOUSAND = 1;

    private static final long NANOS_PER_MILLI = 1_000_000;

    /** A slower answer says too little of when the clock was read. */
    private static final long SLOWEST_NANOS = 1_000_000_000;

    /**
     * What the server's clock said.
     *
     * @param serverMillis Unix milliseconds
     * @param nanoTime this process's monotonic time, half way between question and answer
     * @param tookNanos how long the answer took
     */
    public record Reading(long serverMillis, long nanoTime, long tookNanos) {}

    private boolean read;
    private long difference;
    private long readAt;

    /** By how much it has leapt ahead since the reading before, in milliseconds; 0 if it has not. */
    public synchronized long leapMillis(Reading reading) {
        if (reading.tookNanos() > SLOWEST_NANOS) {
            return 0;
        }
        long now = reading.nanoTime() / NANOS_PER_MILLI;
        long measured = reading.serverMillis() - now;
        if (!read) {
            read = true;
            difference = measured;
            readAt = now;
            return 0;
        }
        long ahead = measured - difference;
        if (ahead > LEAP_MILLIS) {
            difference = measured;
            readAt = now;
            return ahead;
        }
        long drift = Math.max(0, now - readAt) * DRIFT_PER_THOUSAND / 1000;
        if (ahead <= drift) {
            difference = measured;
            readAt = now;
        } else if (drift > 0) {
            difference += drift;
            readAt = now;
        }
        return 0;
    }
}

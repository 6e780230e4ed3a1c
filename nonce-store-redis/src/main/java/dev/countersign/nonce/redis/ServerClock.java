package dev.countersign.nonce.redis;

/**
 * Notices that a server's clock leaps ahead of its own pace. Claims live by that clock, so they would end too early. Pace is
 * measured against this process's monotonic time, not against its clock. Not thread-safe.
 */
final class ServerClock {
    /** Larger than what a slow answer can look like, smaller than what nodes leave between their clocks. */
    static final long LEAP_MILLIS = 2_000;

    /** How far two honest clocks drift apart in a thousand: what is slower than that adds up to little while a claim lives. */
    private static final long DRIFT_PER_THOUSAND = 1;

    private static final long NANOS_PER_MILLI = 1_000_000;

    private boolean read;
    private long difference;
    private long readAt;

    /**
     * The server's clock was read.
     *
     * @return by how much it leapt ahead, in milliseconds; 0 if it did not
     */
    synchronized long leapMillis(long serverMillis, long nanoTime) {
        long now = nanoTime / NANOS_PER_MILLI;
        long measured = serverMillis - now;
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

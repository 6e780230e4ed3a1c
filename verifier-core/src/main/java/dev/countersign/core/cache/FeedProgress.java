package dev.countersign.core.cache;

/** How far the change feed is. Written by the feed, read by everybody; thread-safe. */
final class FeedProgress {
    private volatile boolean started;
    private volatile long coveredAt;
    private volatile boolean down;

    /** The first cursor is known, or a poll has reached the end: every change until its beginning was reported. */
    void covered(long begunAt) {
        coveredAt = begunAt;
        started = true;
        down = false;
    }

    /** A page was read. */
    void answered() {
        down = false;
    }

    void failed() {
        down = true;
    }

    /** Whether the first cursor is known: what is read from now on, the feed will tell about. */
    boolean isStarted() {
        return started;
    }

    /** Whether the last poll failed. */
    boolean isDown() {
        return down;
    }

    /**
     * How long ago the last poll began that succeeded and reached the end: nanoseconds; {@link Long#MAX_VALUE} before
     * the first cursor is known.
     */
    long lagNanos(long now) {
        return started ? now - coveredAt : Long.MAX_VALUE;
    }

    /** Whether what was read was true no longer ago than that: read then, or covered by a poll that began then. */
    boolean isTrueWithin(CachedDevice device, long nanos, long now) {
        return now - device.readAt() <= nanos || lagNanos(now) <= nanos;
    }
}

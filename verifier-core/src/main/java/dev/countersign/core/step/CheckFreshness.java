package dev.countersign.core.step;

/**
 * §8.4 (2): the server's time and the timestamp are at most a window apart, 300 s; 300 passes, 301 does not. Checked
 * with the head, and again right before the claim: a body can be withheld until the original's claim has expired.
 */
public final class CheckFreshness {
    private final long windowSeconds;
    private final long maxAheadSeconds;

    /**
     * The step for a window.
     *
     * @param windowSeconds how far back a timestamp may lie
     * @param maxAheadSeconds how far ahead, at most the window
     */
    public CheckFreshness(long windowSeconds, long maxAheadSeconds) {
        this.windowSeconds = windowSeconds;
        this.maxAheadSeconds = maxAheadSeconds;
    }

    /** Whether the timestamp is too old, and so stays unless the clock is set back. */
    public boolean isOver(long timestamp, long now) {
        return now - timestamp > windowSeconds;
    }

    /**
     * Whether the timestamp is fresh.
     *
     * @param timestamp at most 11 digits, so no difference overflows
     * @param now whole seconds, rounded down
     */
    public boolean isFresh(long timestamp, long now) {
        return !isOver(timestamp, now) && timestamp - now <= maxAheadSeconds;
    }
}

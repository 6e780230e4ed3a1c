package dev.countersign.servlet;

import java.time.Duration;

/**
 * How much of a body is read and dropped after its request was answered by the head alone (protocol, Answers). A client
 * that is still sending when the connection closes under it often never sees the answer, and {@code CLOCK_SKEW} is one
 * that must arrive: without it a client whose clock is wrong stays wrong.
 *
 * <p>A drain holds no thread: the container calls the filter when there are bytes. It ends with the body, or at the first
 * of these limits, and then the connection closes. So does one that finds all places taken, at once.
 *
 * <pre>{@code
 * DrainLimits.standard().withMaxTime(Duration.ofSeconds(20))
 * }</pre>
 *
 * <p>Immutable and thread-safe.
 */
public final class DrainLimits {
    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private static final DrainLimits STANDARD = new DrainLimits(10L << 20, Duration.ofSeconds(5), 64);
    private static final DrainLimits NONE = new DrainLimits(0, SHORTEST, 0);

    private final long maxBytes;
    private final Duration maxTime;
    private final int maxAtOnce;

    private DrainLimits(long maxBytes, Duration maxTime, int maxAtOnce) {
        this.maxBytes = maxBytes;
        this.maxTime = maxTime;
        this.maxAtOnce = maxAtOnce;
    }

    /** 10 MiB, which is the verifier's default limit for bodies, 5 s, and 64 at a time. */
    public static DrainLimits standard() {
        return STANDARD;
    }

    /** Every connection closes as soon as the answer is sent. */
    public static DrainLimits none() {
        return NONE;
    }

    /** How many bytes of one body. */
    public long maxBytes() {
        return maxBytes;
    }

    /** How long for one body. */
    public Duration maxTime() {
        return maxTime;
    }

    /** How many drains of one filter at a time. */
    public int maxAtOnce() {
        return maxAtOnce;
    }

    /**
     * The same limits with this {@link #maxBytes}.
     *
     * @param bytes 0 or more; should be the verifier's limit for bodies. 0 drains nothing
     * @throws IllegalArgumentException if it is negative
     */
    public DrainLimits withMaxBytes(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("maxBytes must be 0 or more");
        }
        return new DrainLimits(bytes, maxTime, maxAtOnce);
    }

    /**
     * The same limits with this {@link #maxTime}.
     *
     * @param time 1 ms to 1 min
     * @throws IllegalArgumentException if it is out of its range
     */
    public DrainLimits withMaxTime(Duration time) {
        if (time.compareTo(SHORTEST) < 0 || time.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("maxTime must be from 1 ms to 1 min, and is " + time);
        }
        return new DrainLimits(maxBytes, time, maxAtOnce);
    }

    /**
     * The same limits with this {@link #maxAtOnce}.
     *
     * @param drains 0 or more. 0 drains nothing
     * @throws IllegalArgumentException if it is negative
     */
    public DrainLimits withMaxAtOnce(int drains) {
        if (drains < 0) {
            throw new IllegalArgumentException("maxAtOnce must be 0 or more");
        }
        return new DrainLimits(maxBytes, maxTime, drains);
    }

    @Override
    public String toString() {
        return "DrainLimits[" + maxBytes + " bytes, " + maxTime + ", " + maxAtOnce + " at once]";
    }
}

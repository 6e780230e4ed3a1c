package dev.countersign.servlet;

import java.time.Duration;
import java.util.Objects;

/**
 * How much of a body is read and dropped after its request was answered by the head alone (protocol, Answers). A client
 * that is still sending when the connection closes under it often never sees the answer, and {@code CLOCK_SKEW} is one
 * that must arrive: without it a client whose clock is wrong stays wrong.
 *
 * <p>A drain holds no thread: the container calls the filter when there are bytes. It ends with the body, or at the first
 * of these limits, and then the connection closes. So does one that finds all places taken, at once.
 *
 * @param maxBytes of one body, 0 or more; should be the verifier's limit for bodies. 0 drains nothing
 * @param maxTime for one body, at least 1 ms
 * @param maxAtOnce drains of one filter at a time, 0 or more. 0 drains nothing
 */
public record DrainLimits(long maxBytes, Duration maxTime, int maxAtOnce) {
    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    /**
     * Checks the limits.
     *
     * @throws IllegalArgumentException if a number is negative, or the time is not from 1 ms to 1 min
     */
    public DrainLimits {
        Objects.requireNonNull(maxTime, "maxTime");
        if (maxBytes < 0 || maxAtOnce < 0) {
            throw new IllegalArgumentException("maxBytes and maxAtOnce must be 0 or more");
        }
        if (maxTime.compareTo(SHORTEST) < 0 || maxTime.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("maxTime must be from 1 ms to 1 min, and is " + maxTime);
        }
    }

    /** 10 MiB, which is the verifier's default limit for bodies, 5 s, and 64 at a time. */
    public static DrainLimits standard() {
        return new DrainLimits(10L << 20, Duration.ofSeconds(5), 64);
    }

    /** Every connection closes as soon as the answer is sent. */
    public static DrainLimits none() {
        return new DrainLimits(0, SHORTEST, 0);
    }
}

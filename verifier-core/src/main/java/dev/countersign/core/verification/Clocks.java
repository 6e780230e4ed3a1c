package dev.countersign.core.verification;

import java.time.Clock;
import java.util.function.LongSupplier;

/**
 * The two clocks of a verifier: the server's time, by which the protocol judges, and a monotonic one for limits and
 * latencies.
 *
 * @param server the verifier's only source of time
 * @param monotonic nanoseconds from any origin
 */
public record Clocks(Clock server, LongSupplier monotonic) {
    private static final long SECOND_IN_MILLIS = 1000;

    /** The server's time in whole seconds, rounded down. */
    public long serverSecond() {
        return Math.floorDiv(server.millis(), SECOND_IN_MILLIS);
    }

    /** Nanoseconds of the monotonic clock. */
    public long nanoTime() {
        return monotonic.getAsLong();
    }
}

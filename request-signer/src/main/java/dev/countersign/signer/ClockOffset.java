package dev.countersign.signer;

import java.time.Clock;
import java.time.Instant;
import java.util.Objects;

/**
 * The local clock, corrected by what a server last said its time was (protocol, The signer's side). A correction
 * replaces the one before; nothing is averaged.
 *
 * <p>Thread-safe: one serves any number of signers. {@code toString()} does not show the offset.
 */
public final class ClockOffset {
    /** The largest timestamp that the wire can carry: eleven digits. */
    static final long MAX_TIMESTAMP = 99_999_999_999L;

    private static final long MILLIS = 1000;

    private final Clock clock;
    private final ClockOffsetStore store;
    private final Object corrections = new Object();
    private volatile long offsetMillis;

    private ClockOffset(Clock clock, ClockOffsetStore store) {
        this.clock = Objects.requireNonNull(clock, "clock");
        this.store = Objects.requireNonNull(store, "store");
        this.offsetMillis = store.load().orElse(0);
    }

    /** An offset over the given clock that starts at zero and is not kept. */
    public static ClockOffset of(Clock clock) {
        return new ClockOffset(clock, ClockOffsetStore.none());
    }

    /** An offset over the given clock that starts with what the store holds; what {@code load} throws comes out here. */
    public static ClockOffset of(Clock clock, ClockOffsetStore store) {
        return new ClockOffset(clock, store);
    }

    /**
     * Takes over the server's time, as the header {@code x-server-timestamp} of an answer with {@code CLOCK_SKEW} tells
     * it: the offset becomes server time minus local time, and is saved. It already counts when {@code save} throws, and
     * that exception comes out here. Threads that sign do not wait for the store.
     *
     * @param serverTimestamp Unix seconds, 0 to 99999999999
     * @throws IllegalArgumentException if it is out of that range; nothing changes then
     */
    public void correctClockSkew(long serverTimestamp) {
        requireTimestamp(serverTimestamp);
        synchronized (corrections) {
            long offset = saturatedSubtract(serverTimestamp * MILLIS, localMillis());
            offsetMillis = offset;
            store.save(offset);
        }
    }

    /**
     * The server's time as far as it is known: local time plus offset, in whole Unix seconds, rounded down. Kept between
     * 0 and 99999999999, so that a clock or a stored offset that makes no sense still gives a request, whose answer
     * corrects it.
     */
    public long timestamp() {
        long seconds = Math.floorDiv(saturatedAdd(localMillis(), offsetMillis), MILLIS);
        return Math.max(0, Math.min(MAX_TIMESTAMP, seconds));
    }

    @Override
    public String toString() {
        return "ClockOffset[]";
    }

    static void requireTimestamp(long timestamp) {
        if (timestamp < 0 || timestamp > MAX_TIMESTAMP) {
            throw new IllegalArgumentException("a timestamp is in Unix seconds, 0 to " + MAX_TIMESTAMP);
        }
    }

    private long localMillis() {
        Instant now = clock.instant();
        try {
            return now.toEpochMilli();
        } catch (ArithmeticException tooFarFromTheEpoch) {
            return now.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }

    private static long saturatedAdd(long a, long b) {
        long sum = a + b;
        boolean overflowed = ((a ^ sum) & (b ^ sum)) < 0;
        return overflowed ? (a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : sum;
    }

    private static long saturatedSubtract(long a, long b) {
        long difference = a - b;
        boolean overflowed = ((a ^ b) & (a ^ difference)) < 0;
        return overflowed ? (a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : difference;
    }
}

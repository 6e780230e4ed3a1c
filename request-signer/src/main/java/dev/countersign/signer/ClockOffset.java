package dev.countersign.signer;

import java.time.Clock;
import java.time.Instant;
import java.util.Objects;

/**
 * The local clock, corrected by the last server time that a server sent (protocol, The signer's side). A new correction
 * replaces the old one; nothing is averaged.
 *
 * <p>Thread-safe. Any number of signers may share one. {@code toString()} does not show the offset.
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

    /** An offset to the given clock that starts at zero and is not stored. */
    public static ClockOffset of(Clock clock) {
        return new ClockOffset(clock, ClockOffsetStore.none());
    }

    /** An offset to the given clock that starts with the stored value. Throws what {@code load} throws. */
    public static ClockOffset of(Clock clock, ClockOffsetStore store) {
        return new ClockOffset(clock, store);
    }

    /**
     * Sets the offset to server time minus local time and saves it. The server time is the header
     * {@code x-server-timestamp} of an answer with {@code CLOCK_SKEW}. The new offset also counts if {@code save}
     * throws; this method then throws that exception. Threads that sign do not wait for the store.
     *
     * @param serverTimestamp Unix seconds, 0 to 99999999999
     * @throws IllegalArgumentException if it is out of that range; the offset does not change then
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
     * The corrected time: local time plus offset, in whole Unix seconds, rounded down, and limited to 0 to 99999999999.
     * So a request can be signed even with a senseless clock or offset, and its answer corrects the offset.
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

package dev.countersign.core;

import dev.countersign.api.DeviceIdentity;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * By which reading a claimed identity was last rejected as unknown or badly signed: for a second it stands, and further requests
 * are rejected without another one. Kept by the hash of the identity, which is secret to this process, in a table of fixed size:
 * whether the device exists, or is remembered, plays no part. Two identities that share a place share its second. Thread-safe, without a lock.
 */
final class RejectionPace {
    private static final int PLACES = 1 << 16;
    private static final long SECOND_IN_NANOS = 1_000_000_000L;

    private final AtomicLongArray readings = new AtomicLongArray(PLACES);

    RejectionPace(long now) {
        for (int i = 0; i < PLACES; i++) {
            readings.set(i, now - SECOND_IN_NANOS);
        }
    }

    /** Whether the last reading by which the identity was rejected is a second old. */
    boolean isDue(DeviceIdentity claimed, long now) {
        return now - readings.get(place(claimed)) >= SECOND_IN_NANOS;
    }

    /** Whether that one is younger, and what was read then is no older than it. */
    boolean stands(DeviceIdentity claimed, long readAt, long now) {
        long last = readings.get(place(claimed));
        return now - last < SECOND_IN_NANOS && readAt - last >= 0;
    }

    /** Notes that the identity is rejected by the reading that began then. */
    void note(DeviceIdentity claimed, long readAt) {
        readings.accumulateAndGet(place(claimed), readAt, (one, other) -> one - other >= 0 ? one : other);
    }

    private static int place(DeviceIdentity claimed) {
        int hash = claimed.hashCode();
        return (hash ^ hash >>> 16) & PLACES - 1;
    }
}

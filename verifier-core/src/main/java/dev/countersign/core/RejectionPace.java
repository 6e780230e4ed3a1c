package dev.countersign.core;

import dev.countersign.api.DeviceIdentity;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * For which reading the requests of a claimed identity may be rejected as unknown or badly signed: one a second. Kept by the
 * hash of the identity, which is secret to this process, in a table of fixed size: whether the device exists, or is
 * remembered, plays no part. Two identities that share a place share its second. Thread-safe, without a lock.
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

    /** Whether a reading that begins now may be one. */
    boolean isDue(DeviceIdentity claimed, long now) {
        return now - readings.get(place(claimed)) >= SECOND_IN_NANOS;
    }

    /** Whether the reading that began then is one: the first of its second, or the same as before. */
    boolean take(DeviceIdentity claimed, long readAt) {
        int place = place(claimed);
        while (true) { // each round another thread took one
            long before = readings.get(place);
            if (readAt == before) {
                return true;
            }
            if (readAt - before < SECOND_IN_NANOS) {
                return false;
            }
            if (readings.compareAndSet(place, before, readAt)) {
                return true;
            }
        }
    }

    private static int place(DeviceIdentity claimed) {
        int hash = claimed.hashCode();
        return (hash ^ hash >>> 16) & PLACES - 1;
    }
}

package dev.countersign.keystore.jdbc.connection;

import dev.countersign.api.store.StoreStatus;
import java.time.Clock;

/** Whether the database answers, by the last call that it answered or failed. Thread-safe. */
final class Availability {
    private final Clock clock;
    private volatile StoreStatus last;

    /** Of a database that has just answered. */
    Availability(Clock clock) {
        this.clock = clock;
        this.last = StoreStatus.available(clock.instant());
    }

    void answered() {
        if (!last.isAvailable()) {
            change(StoreStatus.available(clock.instant()));
        }
    }

    /** @param reason safe to show */
    void failed(String reason) {
        if (last.isAvailable()) {
            change(StoreStatus.unavailable(clock.instant(), reason));
        }
    }

    /** One of two changes to the same may come later, and must not move the moment. */
    private synchronized void change(StoreStatus to) {
        if (to.isAvailable() != last.isAvailable()) {
            last = to;
        }
    }

    StoreStatus status() {
        return last;
    }
}

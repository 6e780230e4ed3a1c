package dev.countersign.nonce.redis;

import dev.countersign.api.store.StoreStatus;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Since when a store is available, or is not. Set at each change, read at any time. Thread-safe. */
final class Availability {
    private final Clock clock;
    private boolean available;
    private Instant since;

    /** Not available yet. */
    Availability(Clock clock) {
        this.clock = clock;
        this.since = clock.instant();
    }

    /**
     * The status now.
     *
     * @param outage why claims fail, or null if they do not
     */
    synchronized StoreStatus status(@Nullable String outage) {
        if (available != (outage == null)) {
            available = outage == null;
            since = clock.instant();
        }
        return outage == null ? StoreStatus.available(since) : StoreStatus.unavailable(since, outage);
    }
}

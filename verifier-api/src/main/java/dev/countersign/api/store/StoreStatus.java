package dev.countersign.api.store;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a store can be used, since when, and why not, for health pages and alarms. A verifier decides nothing by it.
 *
 * <p>Made by stores. A store with more to report extends this class. It may gain parts. Immutable and thread-safe.
 */
public class StoreStatus {
    /** Whether a store can be used. May gain constants. */
    public enum Availability {
        /** The store can be used, as far as it knows. */
        AVAILABLE,
        /** The store cannot be used; {@link #reason} says why. */
        UNAVAILABLE,
        /** The store does not report it. This is no sign of an outage: show it as unknown, and raise no alarm. */
        UNKNOWN
    }

    private static final StoreStatus UNKNOWN = new StoreStatus(Availability.UNKNOWN, null, "");

    private final Availability availability;
    private final @Nullable Instant since;
    private final String reason;

    private StoreStatus(Availability availability, @Nullable Instant since, String reason) {
        this.availability = availability;
        this.since = since;
        this.reason = reason;
    }

    /** For subclasses: copies another status. */
    protected StoreStatus(StoreStatus same) {
        this(same.availability, same.since, same.reason);
    }

    /** The status of a store that does not report any. */
    public static StoreStatus unknown() {
        return UNKNOWN;
    }

    /**
     * The status of a store that can be used.
     *
     * @param since when it was built, or when the last outage ended
     */
    public static StoreStatus available(Instant since) {
        return new StoreStatus(Availability.AVAILABLE, Objects.requireNonNull(since, "since"), "");
    }

    /**
     * The status of a store that cannot be used.
     *
     * @param since when the outage began
     * @param reason why, for the service's operators: printable ASCII, not empty, without secrets and without anything
     *     that a client sent
     * @throws IllegalArgumentException if the reason is empty
     */
    public static StoreStatus unavailable(Instant since, String reason) {
        if (reason.isEmpty()) {
            throw new IllegalArgumentException("a store that cannot be used says why");
        }
        return new StoreStatus(Availability.UNAVAILABLE, Objects.requireNonNull(since, "since"), reason);
    }

    /** Whether the store can be used, or unknown. */
    public final Availability availability() {
        return availability;
    }

    /** Whether the store is known to be usable: {@link Availability#AVAILABLE}. */
    public final boolean isAvailable() {
        return availability == Availability.AVAILABLE;
    }

    /** Since when, by the store's clock; empty if unknown. */
    public final Optional<Instant> since() {
        return Optional.ofNullable(since);
    }

    /** Why the store cannot be used, for its operators; empty unless it is unavailable. */
    public final String reason() {
        return reason;
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "[" + availability + (since == null ? "" : " since " + since)
                + (reason.isEmpty() ? "" : ": " + reason) + "]";
    }
}

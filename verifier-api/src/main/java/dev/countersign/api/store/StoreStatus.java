package dev.countersign.api.store;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a store can be used, since when, and why not: for health pages and alarms, never for a decision about a request.
 * A verifier does not look at it.
 *
 * <p>Made by stores. A store that has more to say extends this class. It may gain parts. Immutable and thread-safe.
 */
public class StoreStatus {
    /** What is known of whether a store can be used. May gain constants. */
    public enum Availability {
        /** It answers, as far as the store has seen. */
        AVAILABLE,
        /** It does not; the reason says why. */
        UNAVAILABLE,
        /**
         * The store says nothing about it. That is no sign of an outage: a health page should show it as such, and an alarm should
         * stay silent.
         */
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

    /** For a store that has more to say: the same as another status. */
    protected StoreStatus(StoreStatus same) {
        this(same.availability, same.since, same.reason);
    }

    /** The status of a store that says nothing about it. */
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
     * @param reason why, in words for those who operate the service: printable ASCII, no secret, nothing that a client sent, and
     *     not empty
     * @throws IllegalArgumentException if the reason is empty
     */
    public static StoreStatus unavailable(Instant since, String reason) {
        if (reason.isEmpty()) {
            throw new IllegalArgumentException("a store that cannot be used says why");
        }
        return new StoreStatus(Availability.UNAVAILABLE, Objects.requireNonNull(since, "since"), reason);
    }

    /** What is known of whether the store can be used. */
    public final Availability availability() {
        return availability;
    }

    /** Whether the store is known to be usable: {@link Availability#AVAILABLE}. */
    public final boolean isAvailable() {
        return availability == Availability.AVAILABLE;
    }

    /** Since when it is so, by the store's clock; empty where nothing is known. */
    public final Optional<Instant> since() {
        return Optional.ofNullable(since);
    }

    /** Why the store cannot be used, safe to show to those who operate it; empty unless it is unavailable. */
    public final String reason() {
        return reason;
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "[" + availability + (since == null ? "" : " since " + since)
                + (reason.isEmpty() ? "" : ": " + reason) + "]";
    }
}

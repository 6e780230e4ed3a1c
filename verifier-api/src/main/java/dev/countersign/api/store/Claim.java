package dev.countersign.api.store;

import dev.countersign.api.device.DeviceIdentity;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a verified request, which a nonce store remembers all or none (protocol, Holes). Times are Unix seconds
 * of the verifier's clock.
 *
 * <p>Made by verifiers and by tests of stores. It may gain parts. Immutable and thread-safe.
 */
public final class Claim {
    private final DeviceIdentity device;
    private final ReplayToken nonce;
    private final @Nullable ReplayToken signature;
    private final long timestamp;
    private final long claimedAt;
    private final long deadline;
    private final long earliestDeadline;

    private Claim(Builder parts) {
        if (parts.deadline < parts.claimedAt
                || parts.deadline < parts.earliestDeadline
                || parts.earliestDeadline < parts.timestamp) {
            throw new IllegalArgumentException(
                    "a claim needs timestamp <= earliestDeadline <= deadline and claimedAt <= deadline");
        }
        this.device = parts.device;
        this.nonce = parts.nonce;
        this.signature = parts.signature;
        this.timestamp = parts.timestamp;
        this.claimedAt = parts.claimedAt;
        this.deadline = parts.deadline;
        this.earliestDeadline = parts.earliestDeadline;
    }

    /**
     * A builder of a claim, without times: set all four.
     *
     * @param device the device as stored, for quotas
     * @param nonce the token of (app id, device id, nonce)
     */
    public static Builder builder(DeviceIdentity device, ReplayToken nonce) {
        return new Builder(device, nonce);
    }

    /** The device as stored, for quotas. */
    public DeviceIdentity device() {
        return device;
    }

    /** The token of (app id, device id, nonce). */
    public ReplayToken nonce() {
        return nonce;
    }

    /** The token of (key, r); empty if the deployment switched it off. */
    public Optional<ReplayToken> signature() {
        return Optional.ofNullable(signature);
    }

    /** The signed timestamp. */
    public long timestamp() {
        return timestamp;
    }

    /** The verifier's second clock reading, at which the request was fresh. */
    public long claimedAt() {
        return claimedAt;
    }

    /** The last second in which the store must know the tokens; not before {@link #claimedAt}. */
    public long deadline() {
        return deadline;
    }

    /**
     * The smallest deadline that an earlier claim of the same request can have. If a store has dropped a claim with a
     * deadline at or after this second, it may have been this one, and the answer is
     * {@link ClaimResult#NOT_WATCHING_YET}.
     */
    public long earliestDeadline() {
        return earliestDeadline;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Claim claim
                && device.equals(claim.device)
                && nonce.equals(claim.nonce)
                && Objects.equals(signature, claim.signature)
                && timestamp == claim.timestamp
                && claimedAt == claim.claimedAt
                && deadline == claim.deadline
                && earliestDeadline == claim.earliestDeadline;
    }

    @Override
    public int hashCode() {
        return Objects.hash(device, nonce, signature, timestamp, claimedAt, deadline, earliestDeadline);
    }

    /**
     * Shows the device in its short form alone: the times together would give away how far the client's clock is off.
     */
    @Override
    public String toString() {
        return "Claim[" + device + "]";
    }

    /** The parts of a claim. Not thread-safe. */
    public static final class Builder {
        private final DeviceIdentity device;
        private final ReplayToken nonce;
        private @Nullable ReplayToken signature;
        private long timestamp;
        private long claimedAt;
        private long deadline;
        private long earliestDeadline;

        private Builder(DeviceIdentity device, ReplayToken nonce) {
            this.device = Objects.requireNonNull(device, "device");
            this.nonce = Objects.requireNonNull(nonce, "nonce");
        }

        /** The token of (key, r); none unless set. */
        public Builder signature(@Nullable ReplayToken token) {
            this.signature = token;
            return this;
        }

        /** The signed timestamp in Unix seconds; 0 unless set. */
        public Builder timestamp(long second) {
            this.timestamp = second;
            return this;
        }

        /** When the request was found fresh, in Unix seconds; 0 unless set. */
        public Builder claimedAt(long second) {
            this.claimedAt = second;
            return this;
        }

        /** The last second in which the tokens must be known; 0 unless set. */
        public Builder deadline(long second) {
            this.deadline = second;
            return this;
        }

        /** The smallest deadline that an earlier claim of the same request can have; 0 unless set. */
        public Builder earliestDeadline(long second) {
            this.earliestDeadline = second;
            return this;
        }

        /**
         * The claim.
         *
         * @throws IllegalArgumentException if the deadlines do not fit each other or the time of the claim
         */
        public Claim build() {
            return new Claim(this);
        }
    }
}

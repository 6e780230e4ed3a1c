package dev.countersign.api.store;

import dev.countersign.api.device.DeviceIdentity;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a verified request asks a nonce store to remember: all of its tokens or none (protocol, Holes). Times are Unix
 * seconds of the verifier's clock.
 *
 * @param device the device as stored, for quotas
 * @param nonce the token of (app id, device id, nonce)
 * @param signature the token of (key, r), or null where the deployment turned it off
 * @param timestamp the signed timestamp
 * @param claimedAt the verifier's second clock reading, which found the request fresh
 * @param deadline the last second in which the store must know the tokens; not before {@code claimedAt}
 * @param earliestDeadline the smallest deadline that any claim of this same request can have had. A store that has
 *     dropped a claim with a deadline at or after this second cannot tell whether it was this one, and answers
 *     {@link ClaimResult#NOT_WATCHING_YET}.
 */
public record Claim(
        DeviceIdentity device,
        ReplayToken nonce,
        @Nullable ReplayToken signature,
        long timestamp,
        long claimedAt,
        long deadline,
        long earliestDeadline) {
    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if the deadlines do not fit each other or the time of the claim
     */
    public Claim {
        Objects.requireNonNull(device, "device");
        Objects.requireNonNull(nonce, "nonce");
        if (deadline < claimedAt || deadline < earliestDeadline || earliestDeadline < timestamp) {
            throw new IllegalArgumentException(
                    "a claim needs timestamp <= earliestDeadline <= deadline and claimedAt <= deadline");
        }
    }

    /** Shows the device in its short form alone: the times together would give away how far the client's clock is off. */
    @Override
    public String toString() {
        return "Claim[" + device + "]";
    }
}

package dev.countersign.api.device;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A key of a device and what it may do.
 *
 * <pre>{@code
 * DeviceKey.of(key, KeyState.PREVIOUS).withNotAfter(replacedAt.plusSeconds(300))
 * }</pre>
 *
 * <p>Made by stores and registries. It may gain parts: to change a key, call its {@code with…} methods, which keep all
 * other parts. Immutable and thread-safe.
 */
public final class DeviceKey {
    private final DevicePublicKey publicKey;
    private final KeyState state;
    private final @Nullable Instant notAfter;
    private final KeyAttestation attestation;

    private DeviceKey(
            DevicePublicKey publicKey, KeyState state, @Nullable Instant notAfter, KeyAttestation attestation) {
        this.publicKey = Objects.requireNonNull(publicKey, "publicKey");
        this.state = Objects.requireNonNull(state, "state");
        this.notAfter = notAfter;
        this.attestation = Objects.requireNonNull(attestation, "attestation");
    }

    /** A key in a state, without an end and with {@link KeyAttestation#UNKNOWN}. */
    public static DeviceKey of(DevicePublicKey publicKey, KeyState state) {
        return new DeviceKey(publicKey, state, null, KeyAttestation.UNKNOWN);
    }

    /** A current key, as {@link #of} makes it. */
    public static DeviceKey current(DevicePublicKey publicKey) {
        return of(publicKey, KeyState.CURRENT);
    }

    /** The key. */
    public DevicePublicKey publicKey() {
        return publicKey;
    }

    /** What it may do. */
    public KeyState state() {
        return state;
    }

    /** The last second in which the key may be used as its state says; empty for no end. Only whole seconds count. */
    public Optional<Instant> notAfter() {
        return Optional.ofNullable(notAfter);
    }

    /**
     * What is known about the hardware that holds the key; {@link KeyAttestation#UNKNOWN} unless the store keeps it.
     */
    public KeyAttestation attestation() {
        return attestation;
    }

    /** Whether the key has ended: its last second is before {@code epochSecond}, in Unix seconds. */
    public boolean isPast(long epochSecond) {
        return notAfter != null && epochSecond > notAfter.getEpochSecond();
    }

    /** The same key in another state, without an end, because an end belongs to a state. */
    public DeviceKey withState(KeyState newState) {
        return new DeviceKey(publicKey, newState, null, attestation);
    }

    /**
     * The same key with this end.
     *
     * @param end the last second in which the key may be used as its state says, or null for no end
     */
    public DeviceKey withNotAfter(@Nullable Instant end) {
        return new DeviceKey(publicKey, state, end, attestation);
    }

    /** The same key with this attestation. */
    public DeviceKey withAttestation(KeyAttestation known) {
        return new DeviceKey(publicKey, state, notAfter, known);
    }

    /** The same key as {@link KeyState#RETIRED}, without an end. */
    public DeviceKey retired() {
        return withState(KeyState.RETIRED);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DeviceKey key
                && publicKey.equals(key.publicKey)
                && state == key.state
                && Objects.equals(notAfter, key.notAfter)
                && attestation == key.attestation;
    }

    @Override
    public int hashCode() {
        return Objects.hash(publicKey, state, notAfter, attestation);
    }

    @Override
    public String toString() {
        return "DeviceKey[" + publicKey + ", " + state + (notAfter == null ? "" : " until " + notAfter)
                + (attestation == KeyAttestation.UNKNOWN ? "" : ", " + attestation) + "]";
    }
}

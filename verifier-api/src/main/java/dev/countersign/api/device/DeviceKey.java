package dev.countersign.api.device;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A key of a device and what it may do.
 *
 * @param publicKey the key
 * @param state what it may do
 * @param notAfter the last second in which it may do so, or null for no end; only whole seconds count
 */
public record DeviceKey(
        DevicePublicKey publicKey, KeyState state, @Nullable Instant notAfter) {
    /** Refuses a missing key or state. */
    public DeviceKey {
        Objects.requireNonNull(publicKey, "publicKey");
        Objects.requireNonNull(state, "state");
    }

    /** A current key without an end. */
    public static DeviceKey current(DevicePublicKey publicKey) {
        return new DeviceKey(publicKey, KeyState.CURRENT, null);
    }

    /** Whether the key's time is over: its last second lies before the second {@code epochSecond}. */
    public boolean isPast(long epochSecond) {
        return notAfter != null && epochSecond > notAfter.getEpochSecond();
    }

    /** The same key as {@link KeyState#RETIRED}, without an end. */
    public DeviceKey retired() {
        return new DeviceKey(publicKey, KeyState.RETIRED, null);
    }
}

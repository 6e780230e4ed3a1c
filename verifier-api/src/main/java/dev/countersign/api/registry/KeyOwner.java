package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.KeyState;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The device to which a key belongs. A key belongs to one device for ever, also after it was retired.
 *
 * <p>A store no longer has the identity of an erased device. When it calls {@link DeviceLifecycle} with a key of an
 * erased device, it names the device of the call as owner if it can recognise it, else a stand-in that is no device's
 * identity. The key's state is {@link KeyState#RETIRED} then.
 *
 * <p>Made by registries. Immutable and thread-safe.
 */
public final class KeyOwner {
    private final DeviceIdentity device;
    private final KeyState state;

    private KeyOwner(DeviceIdentity device, KeyState state) {
        this.device = Objects.requireNonNull(device, "device");
        this.state = Objects.requireNonNull(state, "state");
    }

    /**
     * The owner of a key.
     *
     * @param device the device that registered the key or rotated to it
     * @param state the key's state there
     */
    public static KeyOwner of(DeviceIdentity device, KeyState state) {
        return new KeyOwner(device, state);
    }

    /**
     * The owner of a key that a record lists. A provisional key past its end counts as retired, also if the record does
     * not say so yet.
     *
     * @param now server time
     */
    public static KeyOwner of(DeviceIdentity device, DeviceKey key, Instant now) {
        boolean over = key.state() == KeyState.PROVISIONAL && key.isPast(now.getEpochSecond());
        return new KeyOwner(device, over ? KeyState.RETIRED : key.state());
    }

    /** The device that registered the key or rotated to it. */
    public DeviceIdentity device() {
        return device;
    }

    /** The key's state there. */
    public KeyState state() {
        return state;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KeyOwner owner && device.equals(owner.device) && state == owner.state;
    }

    @Override
    public int hashCode() {
        return Objects.hash(device, state);
    }

    @Override
    public String toString() {
        return "KeyOwner[" + device + ", " + state + "]";
    }
}

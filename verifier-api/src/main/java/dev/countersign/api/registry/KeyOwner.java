package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.KeyState;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * To which device a key belongs. A key belongs to one device, ever, also after it was retired. A store that asks
 * {@link DeviceLifecycle} about the key of an erased device, whose identity it no longer has, names the device that asks if
 * it can tell that this is the one, and otherwise a stand-in that is nobody's identity; the key's state is then
 * {@link KeyState#RETIRED}.
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
     * @param device the device that registered or was rotated to the key
     * @param state the key's state there
     */
    public static KeyOwner of(DeviceIdentity device, KeyState state) {
        return new KeyOwner(device, state);
    }

    /**
     * The owner of a key that its record lists. A provisional key past its end counts as retired, though nobody may have
     * marked it yet.
     *
     * @param now server time
     */
    public static KeyOwner of(DeviceIdentity device, DeviceKey key, Instant now) {
        boolean over = key.state() == KeyState.PROVISIONAL && key.isPast(now.getEpochSecond());
        return new KeyOwner(device, over ? KeyState.RETIRED : key.state());
    }

    /** The device that registered or was rotated to the key. */
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

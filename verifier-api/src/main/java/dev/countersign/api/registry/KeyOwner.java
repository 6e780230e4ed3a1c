package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.KeyState;
import java.time.Instant;
import java.util.Objects;

/**
 * To which device a key belongs. A key belongs to one device, ever, also after it was retired. A store that asks
 * {@link DeviceLifecycle} about the key of an erased device, whose identity it no longer has, names the device that asks if
 * it can tell that this is the one, and otherwise a stand-in that is nobody's identity; the key's state is then
 * {@link KeyState#RETIRED}.
 *
 * @param device the device that registered or was rotated to the key
 * @param state the key's state there
 */
public record KeyOwner(DeviceIdentity device, KeyState state) {
    /** Refuses missing parts. */
    public KeyOwner {
        Objects.requireNonNull(device, "device");
        Objects.requireNonNull(state, "state");
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
}

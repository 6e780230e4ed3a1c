package dev.countersign.api;

import java.util.Objects;

/**
 * To which device a key belongs. A key belongs to one device, ever, also after it was retired.
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
}

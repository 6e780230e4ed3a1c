package dev.countersign.api.store;

import dev.countersign.api.device.DeviceIdentity;
import java.util.Objects;

/**
 * The word of the change feed that a device was erased: there is no record of it any more, and nothing it signs counts.
 * The device may have been registered anew since; its record then has a higher version than this.
 *
 * @param identity which device
 * @param version the version of its erasure: above every version that its records have had
 */
public record ErasedDevice(DeviceIdentity identity, long version) {
    /** Refuses a missing identity. */
    public ErasedDevice {
        Objects.requireNonNull(identity, "identity");
    }
}

package dev.countersign.api.store;

import dev.countersign.api.device.DeviceIdentity;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An erasure in the change feed: the device has no record any more, and its signatures do not count. If the device was
 * registered anew since, its record has a higher version.
 *
 * <p>Made by stores. Immutable and thread-safe.
 */
public final class ErasedDevice {
    private final DeviceIdentity identity;
    private final long version;

    private ErasedDevice(DeviceIdentity identity, long version) {
        this.identity = Objects.requireNonNull(identity, "identity");
        this.version = version;
    }

    /**
     * An erasure.
     *
     * @param identity the device
     * @param version the version of its erasure, above every version of its records
     */
    public static ErasedDevice of(DeviceIdentity identity, long version) {
        return new ErasedDevice(identity, version);
    }

    /** The device. */
    public DeviceIdentity identity() {
        return identity;
    }

    /** The version of its erasure, above every version of its records. */
    public long version() {
        return version;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ErasedDevice erased && identity.equals(erased.identity) && version == erased.version;
    }

    @Override
    public int hashCode() {
        return Objects.hash(identity, version);
    }

    @Override
    public String toString() {
        return "ErasedDevice[" + identity + ", version " + version + "]";
    }
}

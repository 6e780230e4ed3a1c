package dev.countersign.api.store;

import dev.countersign.api.device.DeviceIdentity;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The word of the change feed that a device was erased: there is no record of it any more, and nothing it signs counts.
 * The device may have been registered anew since; its record then has a higher version than this.
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
     * @param identity which device
     * @param version the version of its erasure: above every version that its records have had
     */
    public static ErasedDevice of(DeviceIdentity identity, long version) {
        return new ErasedDevice(identity, version);
    }

    /** Which device. */
    public DeviceIdentity identity() {
        return identity;
    }

    /** The version of its erasure: above every version that its records have had. */
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

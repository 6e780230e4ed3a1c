package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceRecord;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A page of an app's devices, made by a {@link DeviceRegistry}. Immutable and thread-safe. */
public final class DevicePage {
    private final List<DeviceRecord> devices;
    private final @Nullable DeviceListing next;

    private DevicePage(List<DeviceRecord> devices, @Nullable DeviceListing next) {
        this.devices = List.copyOf(devices);
        this.next = next;
    }

    /** A page that is not the last one. */
    public static DevicePage of(List<DeviceRecord> devices, DeviceListing next) {
        return new DevicePage(devices, Objects.requireNonNull(next, "next"));
    }

    /** The last page. */
    public static DevicePage last(List<DeviceRecord> devices) {
        return new DevicePage(devices, null);
    }

    /**
     * The devices, as they were when this page was read, in the order of their ids. There may be fewer than the page
     * size, or none, although more pages follow: if devices were erased while the page was read, for instance.
     */
    public List<DeviceRecord> devices() {
        return devices;
    }

    /** The query for the next page; empty if this is the last page. */
    public Optional<DeviceListing> next() {
        return Optional.ofNullable(next);
    }

    /** Shows how many devices there are, and no whole device id. */
    @Override
    public String toString() {
        return "DevicePage[" + devices.size() + " devices, " + (next == null ? "the last" : "more follow") + "]";
    }
}

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

    /** A page after which there may be more. */
    public static DevicePage of(List<DeviceRecord> devices, DeviceListing next) {
        return new DevicePage(devices, Objects.requireNonNull(next, "next"));
    }

    /** A page after which there is nothing. */
    public static DevicePage last(List<DeviceRecord> devices) {
        return new DevicePage(devices, null);
    }

    /**
     * The devices, each as it was when this page was read, in the order of their ids. There may be fewer than were asked for,
     * or none, though more follow: where they were erased while the page was read, for instance.
     */
    public List<DeviceRecord> devices() {
        return devices;
    }

    /** What to ask for next; empty if this is the last page. */
    public Optional<DeviceListing> next() {
        return Optional.ofNullable(next);
    }

    /** Shows how many devices there are, and no whole device id. */
    @Override
    public String toString() {
        return "DevicePage[" + devices.size() + " devices, " + (next == null ? "the last" : "more follow") + "]";
    }
}

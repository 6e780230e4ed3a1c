package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceIdentity;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A query for one page of an app's devices: the page size, and the device after which the page begins. Devices are in
 * the order of their ids, compared byte by byte.
 *
 * <p>Begin with {@link #ofApp} and continue with {@link DevicePage#next}. A position is the identity of the last device
 * of the previous page. It stays valid if that device is erased, and can be kept outside the process, in a link to the
 * next page for instance.
 *
 * <pre>{@code
 * DeviceListing here = DeviceListing.ofApp("com.example.app").size(200).after(new DeviceIdentity("com.example.app", lastId));
 * }</pre>
 *
 * <p>Immutable and thread-safe.
 */
public final class DeviceListing {
    /** How many devices a page has at most unless {@link #size(int)} says otherwise. */
    public static final int DEFAULT_SIZE = 100;

    /** The largest size of a page. */
    public static final int MAX_SIZE = 1000;

    private final String appId;
    private final @Nullable DeviceIdentity after;
    private final int size;

    private DeviceListing(String appId, @Nullable DeviceIdentity after, int size) {
        this.appId = appId;
        this.after = after;
        this.size = size;
    }

    /**
     * The first {@value #DEFAULT_SIZE} devices of an app.
     *
     * @throws IllegalArgumentException if the app id is malformed: see {@link DeviceIdentity}
     */
    public static DeviceListing ofApp(String appId) {
        return new DeviceListing(new DeviceIdentity(appId, "any").appId(), null, DEFAULT_SIZE);
    }

    /**
     * The devices after this one.
     *
     * @param device known to the registry or not
     * @throws IllegalArgumentException if the device is of another app
     */
    public DeviceListing after(DeviceIdentity device) {
        if (!device.appId().equals(appId)) {
            throw new IllegalArgumentException("a position lies in the app whose devices are listed");
        }
        return new DeviceListing(appId, device, size);
    }

    /**
     * The same devices in pages of this size.
     *
     * @param devices 1 to {@value #MAX_SIZE}
     * @throws IllegalArgumentException if the size is out of its range
     */
    public DeviceListing size(int devices) {
        if (devices < 1 || devices > MAX_SIZE) {
            throw new IllegalArgumentException("a page has 1 to " + MAX_SIZE + " devices");
        }
        return new DeviceListing(appId, after, devices);
    }

    /** The app whose devices are listed. */
    public String appId() {
        return appId;
    }

    /** The device after which the page begins; empty for the first page. */
    public Optional<DeviceIdentity> after() {
        return Optional.ofNullable(after);
    }

    /** The maximum number of devices on the page. */
    public int size() {
        return size;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DeviceListing listing
                && appId.equals(listing.appId)
                && Objects.equals(after, listing.after)
                && size == listing.size;
    }

    @Override
    public int hashCode() {
        return Objects.hash(appId, after, size);
    }

    /** Shows no whole device id. */
    @Override
    public String toString() {
        return "DeviceListing[" + appId + ", after " + (after == null ? "none" : after.toString()) + ", " + size + "]";
    }
}

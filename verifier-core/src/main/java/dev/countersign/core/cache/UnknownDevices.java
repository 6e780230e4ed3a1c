package dev.countersign.core.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.countersign.api.device.DeviceIdentity;
import org.jspecify.annotations.Nullable;

/** Devices that were found not to exist, remembered for a short time and up to a number. Thread-safe. */
final class UnknownDevices {
    private final Cache<DeviceIdentity, CachedDevice> devices;
    private final CacheSettings settings;
    private final long nanos;

    UnknownDevices(CacheSettings settings) {
        this.settings = settings;
        this.nanos = settings.rememberUnknown().toNanos();
        this.devices = Caffeine.newBuilder()
                .maximumSize(settings.maximumUnknown())
                .expireAfterWrite(settings.rememberUnknown())
                .ticker(settings.nanoTime()::getAsLong)
                .executor(Runnable::run)
                .build();
    }

    /** That there is no such device, if that was read recently; else null. */
    @Nullable CachedDevice find(DeviceIdentity claimed) {
        CachedDevice none = devices.getIfPresent(claimed);
        return none != null && isRecent(none) ? none : null;
    }

    /** The same, however long ago it was read. */
    @Nullable CachedDevice latest(DeviceIdentity claimed) {
        return devices.getIfPresent(claimed);
    }

    /** Whether it was read no longer ago than a device that does not exist is remembered for. */
    boolean isRecent(CachedDevice read) {
        return settings.nanoTime().getAsLong() - read.readAt() <= nanos;
    }

    void remember(DeviceIdentity device, CachedDevice none) {
        devices.put(device, none);
    }

    void forget(DeviceIdentity device) {
        CachedDevice.drop(devices.asMap().remove(device));
    }

    void forgetAll() {
        devices.invalidateAll();
    }

    /** How many there are, for tests. */
    long count() {
        devices.cleanUp();
        return devices.estimatedSize();
    }
}

package dev.countersign.core.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.countersign.api.device.DeviceIdentity;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Devices at hand, up to a weight. Thread-safe: what is decided about one device is decided one after the other. */
final class DeviceRecords {
    private final Cache<DeviceIdentity, CachedDevice> devices;

    DeviceRecords(long maximumBytes, CacheCounters counters) {
        this.devices = Caffeine.newBuilder()
                .maximumWeight(maximumBytes)
                .weigher((DeviceIdentity identity, CachedDevice device) -> device.weigh())
                .evictionListener(
                        (@Nullable DeviceIdentity identity, @Nullable CachedDevice device, RemovalCause why) -> {
                            counters.evictions.increment();
                            CachedDevice.drop(device);
                        })
                .executor(Runnable::run)
                .build();
    }

    @Nullable CachedDevice find(DeviceIdentity claimed) {
        return devices.getIfPresent(claimed);
    }

    /**
     * Puts the result in place of what is at hand, or takes that away for null; nobody else decides about the device
     * meanwhile.
     */
    void decide(DeviceIdentity identity, UnaryOperator<@Nullable CachedDevice> change) {
        devices.asMap().compute(identity, (same, present) -> change.apply(present));
    }

    /** What is at hand once the thread that is deciding about the device has come to an end. */
    @Nullable CachedDevice settled(DeviceIdentity claimed) {
        return devices.asMap().compute(claimed, (same, present) -> present);
    }

    /** Has a device that has grown weighed again. */
    void weighAgain(DeviceIdentity claimed) {
        devices.asMap().computeIfPresent(claimed, (same, present) -> present);
    }

    Set<DeviceIdentity> identities() {
        return devices.asMap().keySet();
    }

    long count() {
        return devices.estimatedSize();
    }

    long bytes() {
        return devices.policy()
                .eviction()
                .map(eviction -> eviction.weightedSize().orElse(0))
                .orElse(0L);
    }
}

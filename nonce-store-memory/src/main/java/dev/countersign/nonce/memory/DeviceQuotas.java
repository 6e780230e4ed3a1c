package dev.countersign.nonce.memory;

import dev.countersign.api.device.DeviceIdentity;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * How many live claims each device has. A device without any takes no room. Thread-safe; the caller may hold stripes.
 */
final class DeviceQuotas {
    private final int quota;
    private final ConcurrentMap<DeviceIdentity, Count> counts = new ConcurrentHashMap<>();

    DeviceQuotas(int quota) {
        this.quota = quota;
    }

    /** Counts one more claim of the device: the count to release later, or null if its quota is used up. */
    @Nullable Count reserve(DeviceIdentity device) {
        while (true) {
            Count count = counts.get(device);
            if (count == null) {
                Count fresh = new Count(device);
                Count raced = counts.putIfAbsent(device, fresh);
                count = raced == null ? fresh : raced;
            }
            synchronized (count) {
                // One that fell to zero has left the map, or is about to: look again.
                if (!count.gone) {
                    if (count.claims >= quota) {
                        return null;
                    }
                    count.claims++;
                    return count;
                }
            }
        }
    }

    void release(Count count) {
        synchronized (count) {
            if (--count.claims == 0) {
                count.gone = true;
                counts.remove(count.device, count);
            }
        }
    }

    int devices() {
        return counts.size();
    }

    /** Of one device; guarded by itself. Equal to itself alone. */
    static final class Count {
        private final DeviceIdentity device;
        private int claims;
        private boolean gone;

        private Count(DeviceIdentity device) {
            this.device = device;
        }
    }
}

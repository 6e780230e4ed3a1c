package dev.countersign.core.key;

import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.engine.PreparedKey;
import org.jspecify.annotations.Nullable;

/**
 * What a lookup has found: a device's record with its keys as the engine prepares them, or that there is no such
 * device.
 */
public interface FoundDevice {
    /** The record, which never changes, or null if there is no such device. */
    @Nullable DeviceRecord record();

    /** The engine's form of one of the record's keys. */
    PreparedKey prepared(DeviceKey key);

    /** Whether something newer is known by now: look the device up again before judging by this. */
    boolean isSuperseded();
}

package dev.countersign.api.store;

import dev.countersign.api.device.DeviceRecord;
import java.util.List;

/**
 * An answer of the change feed.
 *
 * @param records the devices that changed, each as it is now, in the order of their last change
 * @param erased the devices that were erased, in the order of their erasure; one that was registered anew since may stand
 *     in both lists, and the higher version counts
 * @param cursor where to go on: never below the cursor that was asked with
 * @param isIncomplete whether erasures after the cursor that was asked with have been dropped already, so that this answer
 *     lacks them. A cache then forgets all devices, and reads each anew
 */
public record DeviceChanges(List<DeviceRecord> records, List<ErasedDevice> erased, long cursor, boolean isIncomplete) {
    /** Copies the lists. */
    public DeviceChanges {
        records = List.copyOf(records);
        erased = List.copyOf(erased);
    }

    /** A complete answer in which no device was erased. */
    public DeviceChanges(List<DeviceRecord> records, long cursor) {
        this(records, List.of(), cursor, false);
    }

    /** Whether there is nothing new after the cursor that was asked with. */
    public boolean isEmpty() {
        return records.isEmpty() && erased.isEmpty();
    }
}

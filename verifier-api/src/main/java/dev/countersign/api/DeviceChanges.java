package dev.countersign.api;

import java.util.List;

/**
 * An answer of the change feed.
 *
 * @param records the devices that changed, each as it is now, in the order of their last change
 * @param cursor where to go on: never below the cursor that was asked with
 */
public record DeviceChanges(List<DeviceRecord> records, long cursor) {
    /** Copies the list. */
    public DeviceChanges {
        records = List.copyOf(records);
    }
}

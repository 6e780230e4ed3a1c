package dev.countersign.keystore.jdbc.table;

import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.ErasedDevice;
import java.util.List;

/**
 * What changed after a version: every change up to {@link #last}.
 *
 * @param records the devices that changed, in the order of their versions
 * @param erased the devices that were erased, in the order of their versions
 * @param dropped the version up to which erasures were dropped, if it is after the one that was asked for; or else 0
 */
public record ChangePage(List<DeviceRecord> records, List<ErasedDevice> erased, long dropped) {
    /** Whether nothing changed, dropping included. */
    public boolean isEmpty() {
        return records.isEmpty() && erased.isEmpty() && !isIncomplete();
    }

    public boolean isIncomplete() {
        return dropped > 0;
    }

    /** The lowest version in it; it is not empty. */
    public long first() {
        if (records.isEmpty() && erased.isEmpty()) {
            return dropped;
        }
        return Math.min(
                records.isEmpty() ? Long.MAX_VALUE : records.get(0).version(),
                erased.isEmpty() ? Long.MAX_VALUE : erased.get(0).version());
    }

    /** The highest version of a change in it, or if there is none, the last that was dropped; it is not empty. */
    public long last() {
        if (records.isEmpty() && erased.isEmpty()) {
            return dropped;
        }
        return Math.max(
                records.isEmpty() ? 0 : records.get(records.size() - 1).version(),
                erased.isEmpty() ? 0 : erased.get(erased.size() - 1).version());
    }

    /** The beginning of it, with no version above the limit. */
    public ChangePage upTo(long limit) {
        return new ChangePage(
                records.stream().filter(record -> record.version() <= limit).toList(),
                erased.stream().filter(device -> device.version() <= limit).toList(),
                dropped);
    }
}

package dev.countersign.api.store;

import dev.countersign.api.device.DeviceRecord;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the change feed. Made by stores:
 *
 * <pre>{@code
 * DeviceChanges.of(records, cursor).withErased(erased)
 * }</pre>
 *
 * <p>Immutable and thread-safe.
 */
public final class DeviceChanges {
    private final List<DeviceRecord> records;
    private final List<ErasedDevice> erased;
    private final long cursor;
    private final boolean incomplete;

    private DeviceChanges(List<DeviceRecord> records, List<ErasedDevice> erased, long cursor, boolean incomplete) {
        this.records = records;
        this.erased = erased;
        this.cursor = cursor;
        this.incomplete = incomplete;
    }

    /**
     * A complete answer in which no device was erased.
     *
     * @param records the devices that changed, each as it is now, in the order of their last change; copied
     * @param cursor where the next call continues: never below the cursor of this call
     */
    public static DeviceChanges of(List<DeviceRecord> records, long cursor) {
        return new DeviceChanges(List.copyOf(records), List.of(), cursor, false);
    }

    /**
     * The same answer with these erasures.
     *
     * @param devices in the order of their erasure; copied
     */
    public DeviceChanges withErased(List<ErasedDevice> devices) {
        return new DeviceChanges(records, List.copyOf(devices), cursor, incomplete);
    }

    /** The same answer, marked as {@linkplain #isIncomplete incomplete}. */
    public DeviceChanges asIncomplete() {
        return new DeviceChanges(records, erased, cursor, true);
    }

    /** The devices that changed, each as it is now, in the order of their last change; unmodifiable. */
    public List<DeviceRecord> records() {
        return records;
    }

    /**
     * The devices that were erased, in the order of their erasure; unmodifiable. A device that was registered anew may
     * be in both lists; the higher version counts.
     */
    public List<ErasedDevice> erased() {
        return erased;
    }

    /** Where the next call continues: never below the cursor of this call. */
    public long cursor() {
        return cursor;
    }

    /**
     * Whether the store has dropped erasures after the cursor of the call, so that this answer lacks them. A cache then
     * forgets all devices and reads each anew.
     */
    public boolean isIncomplete() {
        return incomplete;
    }

    /** Whether there is nothing new after the cursor of the call. */
    public boolean isEmpty() {
        return records.isEmpty() && erased.isEmpty();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DeviceChanges changes
                && records.equals(changes.records)
                && erased.equals(changes.erased)
                && cursor == changes.cursor
                && incomplete == changes.incomplete;
    }

    @Override
    public int hashCode() {
        return Objects.hash(records, erased, cursor, incomplete);
    }

    @Override
    public String toString() {
        return "DeviceChanges[" + records + ", erased " + erased + ", cursor " + cursor
                + (incomplete ? ", incomplete" : "") + "]";
    }
}

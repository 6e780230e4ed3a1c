package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceRecord;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What became of a change that was asked of a {@link DeviceRegistry}. Made by registries. Immutable and thread-safe. */
public final class RegistryResult {
    private final Outcome outcome;
    private final @Nullable DeviceRecord record;

    private RegistryResult(Outcome outcome, @Nullable DeviceRecord record) {
        this.outcome = Objects.requireNonNull(outcome, "outcome");
        this.record = record;
    }

    /** What became of a change of a device of which there is no record, or none any more. */
    public static RegistryResult of(Outcome outcome) {
        return new RegistryResult(outcome, null);
    }

    /**
     * What became of a change.
     *
     * @param outcome what happened or why nothing did
     * @param record the device as it is now, or null if there is no such device, or none any more
     */
    public static RegistryResult of(Outcome outcome, @Nullable DeviceRecord record) {
        return new RegistryResult(outcome, record);
    }

    /** What happened, or why nothing did. */
    public Outcome outcome() {
        return outcome;
    }

    /** The device as it is now; empty if there is no such device, or none any more. */
    public Optional<DeviceRecord> record() {
        return Optional.ofNullable(record);
    }

    /** Whether the device now is as was asked: changed by this call or already so. */
    public boolean isSuccess() {
        return outcome.success;
    }

    /** Whether this call changed the device. */
    public boolean isChange() {
        return isSuccess() && outcome != Outcome.UNCHANGED;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RegistryResult result
                && outcome == result.outcome
                && Objects.equals(record, result.record);
    }

    @Override
    public int hashCode() {
        return Objects.hash(outcome, record);
    }

    @Override
    public String toString() {
        return "RegistryResult[" + outcome + (record == null ? "" : ", " + record) + "]";
    }

    /** What happened, or why nothing did. */
    public enum Outcome {
        /** A device was registered that was not known. */
        CREATED(true),
        /** A revoked device lives again with a new key. */
        REINSTATED(true),
        /** The device changed. */
        CHANGED(true),
        /** The device was erased: there is no record of it any more. */
        ERASED(true),
        /** The device was already as asked; one that was to be erased is not there. */
        UNCHANGED(true),
        /** There is no such device. */
        UNKNOWN_DEVICE(false),
        /** The device is registered with another key. */
        DEVICE_EXISTS(false),
        /** The device is revoked: only a registration with a new key brings it back. */
        DEVICE_REVOKED(false),
        /** The device is not activated yet. */
        DEVICE_PENDING(false),
        /** The key belongs to another device, or belonged to one that was erased; a key belongs to one device, ever. */
        KEY_IN_USE(false),
        /** This device used the key before: keys do not return. */
        KEY_USED_BEFORE(false),
        /** The key that authorises the change may not do that. */
        KEY_NOT_ALLOWED(false);

        private final boolean success;

        Outcome(boolean success) {
            this.success = success;
        }
    }
}

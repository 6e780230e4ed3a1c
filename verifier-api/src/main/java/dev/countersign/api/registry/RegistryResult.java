package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceRecord;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The result of a change by a {@link DeviceRegistry}. Made by registries. Immutable and thread-safe. */
public final class RegistryResult {
    private final Outcome outcome;
    private final @Nullable DeviceRecord record;

    private RegistryResult(Outcome outcome, @Nullable DeviceRecord record) {
        this.outcome = Objects.requireNonNull(outcome, "outcome");
        this.record = record;
    }

    /** A result without a record, because the device does not exist, or no longer. */
    public static RegistryResult of(Outcome outcome) {
        return new RegistryResult(outcome, null);
    }

    /**
     * A result.
     *
     * @param outcome what happened or why nothing did
     * @param record the device as it is now, or null if it does not exist, or no longer
     */
    public static RegistryResult of(Outcome outcome, @Nullable DeviceRecord record) {
        return new RegistryResult(outcome, record);
    }

    /** What happened, or why nothing did. */
    public Outcome outcome() {
        return outcome;
    }

    /** The device as it is now; empty if it does not exist, or no longer. */
    public Optional<DeviceRecord> record() {
        return Optional.ofNullable(record);
    }

    /** Whether the device is now as requested, by this call or before. */
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
        /** A new device was registered. */
        CREATED(true),
        /** A revoked device is active or pending again, with a new key. */
        REINSTATED(true),
        /** The device changed. */
        CHANGED(true),
        /** The device was erased: there is no record of it any more. */
        ERASED(true),
        /** The device was already as requested; for an erasure, it does not exist. */
        UNCHANGED(true),
        /** There is no such device. */
        UNKNOWN_DEVICE(false),
        /** The device is registered with another key. */
        DEVICE_EXISTS(false),
        /** The device is revoked: only a registration with a new key brings it back. */
        DEVICE_REVOKED(false),
        /** The device is not activated yet. */
        DEVICE_PENDING(false),
        /** The key belongs to another device, or belonged to one that was erased. */
        KEY_IN_USE(false),
        /** This device has used the key before, and a key cannot be used again. */
        KEY_USED_BEFORE(false),
        /** The key that signed the change may not do so. */
        KEY_NOT_ALLOWED(false);

        private final boolean success;

        Outcome(boolean success) {
            this.success = success;
        }
    }
}

package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyAttestation;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.PublicKeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The rules of the life of a device and its keys (protocol, Keys), as pure functions from a record and a change to the
 * new record. In one transaction, a {@link DeviceRegistry} reads the record, calls one of these functions, and writes
 * the result under the next version. So all registries follow the same rules.
 *
 * <p>The record of a result has the version of the record it was made from. It lists the keys that the change retires
 * as {@link KeyState#RETIRED}, so that the registry can mark them. A key keeps its {@link KeyAttestation}; a key that a
 * rotation names gets it from the key that signed the rotation. Immutable and thread-safe.
 *
 * <pre>{@code
 * DeviceLifecycle.STANDARD.withPreviousKeyGrace(Duration.ofMinutes(1))
 * }</pre>
 */
public final class DeviceLifecycle {
    /** The protocol's periods: 300 s and 24 h. */
    public static final DeviceLifecycle STANDARD = new DeviceLifecycle(Duration.ofMinutes(5), Duration.ofDays(1));

    private final Duration previousKeyGrace;
    private final Duration rotationLimit;

    private DeviceLifecycle(Duration previousKeyGrace, Duration rotationLimit) {
        this.previousKeyGrace = previousKeyGrace;
        this.rotationLimit = rotationLimit;
    }

    /** How long a replaced key may still sign requests. */
    public Duration previousKeyGrace() {
        return previousKeyGrace;
    }

    /** How long a provisional key waits for its first request, and an invalidated one for a rotation. */
    public Duration rotationLimit() {
        return rotationLimit;
    }

    /**
     * The same rules with this {@link #previousKeyGrace}.
     *
     * @param period not negative; 300 s in the protocol
     * @throws IllegalArgumentException if it is out of its range
     */
    public DeviceLifecycle withPreviousKeyGrace(Duration period) {
        if (period.isNegative()) {
            throw new IllegalArgumentException("previousKeyGrace must not be negative");
        }
        return new DeviceLifecycle(period, rotationLimit);
    }

    /**
     * The same rules with this {@link #rotationLimit}.
     *
     * @param period positive; 24 h in the protocol
     * @throws IllegalArgumentException if it is out of its range
     */
    public DeviceLifecycle withRotationLimit(Duration period) {
        if (period.isNegative() || period.isZero()) {
            throw new IllegalArgumentException("rotationLimit must be positive");
        }
        return new DeviceLifecycle(previousKeyGrace, period);
    }

    /**
     * As {@link DeviceRegistry#register}.
     *
     * @param record the device as it is, or null
     * @param owner the device to which the key belongs or ever belonged, or null
     */
    public RegistryResult register(
            @Nullable DeviceRecord record,
            @Nullable KeyOwner owner,
            DeviceIdentity device,
            DevicePublicKey key,
            DeviceStatus initial) {
        if (initial == DeviceStatus.REVOKED) {
            throw new IllegalArgumentException("a device is registered as ACTIVE or PENDING");
        }
        if (isOthers(owner, device)) {
            return RegistryResult.of(Outcome.KEY_IN_USE, record);
        }
        if (record == null) {
            // A key of this device without a record of it: it was erased, or its row was lost. The key still counts as
            // used.
            return owner == null
                    ? RegistryResult.of(
                            Outcome.CREATED, DeviceRecord.of(device, initial, List.of(DeviceKey.current(key)), 0))
                    : RegistryResult.of(Outcome.KEY_USED_BEFORE);
        }
        if (record.status() == DeviceStatus.REVOKED) {
            return owner == null
                    ? changed(Outcome.REINSTATED, record, initial, onlyKey(record, key))
                    : RegistryResult.of(Outcome.KEY_USED_BEFORE, record);
        }
        if (hasKey(record, KeyState.CURRENT, key)) {
            return RegistryResult.of(Outcome.UNCHANGED, record);
        }
        boolean retired = owner != null && owner.state() == KeyState.RETIRED;
        return RegistryResult.of(retired ? Outcome.KEY_USED_BEFORE : Outcome.DEVICE_EXISTS, record);
    }

    /** As {@link DeviceRegistry#activate}. */
    public RegistryResult activate(@Nullable DeviceRecord record) {
        if (record == null) {
            return RegistryResult.of(Outcome.UNKNOWN_DEVICE);
        }
        return switch (record.status()) {
            case ACTIVE -> RegistryResult.of(Outcome.UNCHANGED, record);
            case REVOKED -> RegistryResult.of(Outcome.DEVICE_REVOKED, record);
            case PENDING -> changed(Outcome.CHANGED, record, DeviceStatus.ACTIVE, record.keys());
        };
    }

    /**
     * As {@link DeviceRegistry#rotate}.
     *
     * @param owner to whom the new key belongs or ever belonged, or null
     * @param now server time, from which the new key's end is counted
     */
    public RegistryResult rotate(
            @Nullable DeviceRecord record,
            @Nullable KeyOwner owner,
            DevicePublicKey newKey,
            DevicePublicKey signedBy,
            Instant now) {
        if (record == null) {
            return RegistryResult.of(Outcome.UNKNOWN_DEVICE);
        }
        if (record.status() == DeviceStatus.REVOKED) {
            return RegistryResult.of(Outcome.DEVICE_REVOKED, record);
        }
        if (record.status() == DeviceStatus.PENDING) {
            return RegistryResult.of(Outcome.DEVICE_PENDING, record);
        }
        long second = now.getEpochSecond();
        DeviceKey signer = rotationSigner(record, signedBy, second);
        if (signer == null) {
            return RegistryResult.of(Outcome.KEY_NOT_ALLOWED, record);
        }
        if (isOthers(owner, record.identity())) {
            return RegistryResult.of(Outcome.KEY_IN_USE, record);
        }
        if (isWaiting(record, newKey, second)) {
            return RegistryResult.of(Outcome.UNCHANGED, record);
        }
        if (owner != null) {
            return RegistryResult.of(Outcome.KEY_USED_BEFORE, record);
        }
        List<DeviceKey> keys = new ArrayList<>();
        for (DeviceKey key : record.keys()) {
            keys.add(key.state() == KeyState.PROVISIONAL ? key.retired() : key);
        }
        keys.add(DeviceKey.of(newKey, KeyState.PROVISIONAL)
                .withNotAfter(now.plus(rotationLimit))
                .withAttestation(afterRotation(signer.attestation())));
        return changed(Outcome.CHANGED, record, record.status(), keys);
    }

    /**
     * As {@link PublicKeyStore#confirm}: the first accepted request of a provisional key makes it current. The old key
     * becomes previous; an invalidated one may sign no request and is retired at once. A provisional key past its end
     * does not change: {@link Outcome#KEY_NOT_ALLOWED}.
     *
     * @param now when the request was accepted, server time
     */
    public RegistryResult confirm(@Nullable DeviceRecord record, DevicePublicKey key, Instant now) {
        if (record == null) {
            return RegistryResult.of(Outcome.UNKNOWN_DEVICE);
        }
        if (record.status() == DeviceStatus.REVOKED) {
            return RegistryResult.of(Outcome.DEVICE_REVOKED, record);
        }
        if (hasKey(record, KeyState.CURRENT, key)) {
            return RegistryResult.of(Outcome.UNCHANGED, record);
        }
        if (!isWaiting(record, key, now.getEpochSecond())) {
            return RegistryResult.of(Outcome.KEY_NOT_ALLOWED, record);
        }
        List<DeviceKey> keys = new ArrayList<>();
        for (DeviceKey old : record.keys()) {
            keys.add(
                    switch (old.state()) {
                        case PROVISIONAL -> old.withState(KeyState.CURRENT);
                        case CURRENT -> old.withState(KeyState.PREVIOUS).withNotAfter(now.plus(previousKeyGrace));
                        case PREVIOUS, INVALIDATED, RETIRED -> old.retired();
                    });
        }
        return changed(Outcome.CHANGED, record, record.status(), keys);
    }

    /**
     * As {@link DeviceRegistry#replace}.
     *
     * @param owner to whom the new key belongs or ever belonged, or null
     */
    public RegistryResult replace(@Nullable DeviceRecord record, @Nullable KeyOwner owner, DevicePublicKey newKey) {
        if (record == null) {
            return RegistryResult.of(Outcome.UNKNOWN_DEVICE);
        }
        if (record.status() == DeviceStatus.REVOKED) {
            return RegistryResult.of(Outcome.DEVICE_REVOKED, record);
        }
        if (isOthers(owner, record.identity())) {
            return RegistryResult.of(Outcome.KEY_IN_USE, record);
        }
        if (hasKey(record, KeyState.CURRENT, newKey)) {
            return RegistryResult.of(Outcome.UNCHANGED, record);
        }
        return owner == null
                ? changed(Outcome.CHANGED, record, record.status(), onlyKey(record, newKey))
                : RegistryResult.of(Outcome.KEY_USED_BEFORE, record);
    }

    /**
     * As {@link DeviceRegistry#invalidate}. Retires a previous key. A provisional key stays, because it is the new key
     * that the device is asked for.
     *
     * @param now server time, from which the old key's end is counted
     */
    public RegistryResult invalidate(@Nullable DeviceRecord record, Instant now) {
        if (record == null) {
            return RegistryResult.of(Outcome.UNKNOWN_DEVICE);
        }
        if (record.status() == DeviceStatus.REVOKED) {
            return RegistryResult.of(Outcome.DEVICE_REVOKED, record);
        }
        if (record.key(KeyState.CURRENT).isEmpty()) {
            return RegistryResult.of(Outcome.UNCHANGED, record);
        }
        List<DeviceKey> keys = new ArrayList<>();
        for (DeviceKey old : record.keys()) {
            keys.add(
                    switch (old.state()) {
                        case CURRENT -> old.withState(KeyState.INVALIDATED).withNotAfter(now.plus(rotationLimit));
                        case PREVIOUS -> old.retired();
                        case PROVISIONAL, INVALIDATED, RETIRED -> old;
                    });
        }
        return changed(Outcome.CHANGED, record, record.status(), keys);
    }

    /**
     * As {@link DeviceRegistry#revoke}. The keys keep their states, so that a valid signature is answered with
     * "revoked".
     */
    public RegistryResult revoke(@Nullable DeviceRecord record) {
        if (record == null) {
            return RegistryResult.of(Outcome.UNKNOWN_DEVICE);
        }
        return record.status() == DeviceStatus.REVOKED
                ? RegistryResult.of(Outcome.UNCHANGED, record)
                : changed(Outcome.CHANGED, record, DeviceStatus.REVOKED, record.keys());
    }

    /** As {@link DeviceRegistry#erase}. The result has no record, because nothing is left to write. */
    public RegistryResult erase(@Nullable DeviceRecord record) {
        return RegistryResult.of(record == null ? Outcome.UNCHANGED : Outcome.ERASED);
    }

    @Override
    public String toString() {
        return "DeviceLifecycle[" + previousKeyGrace + ", " + rotationLimit + "]";
    }

    private static RegistryResult changed(
            Outcome outcome, DeviceRecord record, DeviceStatus status, List<DeviceKey> keys) {
        return RegistryResult.of(outcome, record.withStatus(status).withKeys(keys));
    }

    private static boolean isOthers(@Nullable KeyOwner owner, DeviceIdentity device) {
        return owner != null && !Objects.equals(owner.device(), device);
    }

    private static boolean hasKey(DeviceRecord record, KeyState state, DevicePublicKey publicKey) {
        return record.key(state)
                .filter(key -> key.publicKey().equals(publicKey))
                .isPresent();
    }

    /** Whether the key is the provisional one and its time is not over. */
    private static boolean isWaiting(DeviceRecord record, DevicePublicKey publicKey, long second) {
        return record.key(KeyState.PROVISIONAL)
                .filter(key -> key.publicKey().equals(publicKey) && !key.isPast(second))
                .isPresent();
    }

    /** What is known of a key that was named under a key of which this is known. */
    private static KeyAttestation afterRotation(KeyAttestation signers) {
        return switch (signers) {
            case ATTESTED, ROTATED_FROM_ATTESTED -> KeyAttestation.ROTATED_FROM_ATTESTED;
            case UNATTESTED -> KeyAttestation.UNATTESTED;
            case UNKNOWN -> KeyAttestation.UNKNOWN;
        };
    }

    private static @Nullable DeviceKey rotationSigner(DeviceRecord record, DevicePublicKey signedBy, long second) {
        for (DeviceKey key : record.keys()) {
            boolean may = key.state() == KeyState.CURRENT || key.state() == KeyState.INVALIDATED;
            if (may && !key.isPast(second) && key.publicKey().equals(signedBy)) {
                return key;
            }
        }
        return null;
    }

    private static List<DeviceKey> onlyKey(DeviceRecord record, DevicePublicKey newKey) {
        List<DeviceKey> keys = new ArrayList<>();
        for (DeviceKey old : record.keys()) {
            keys.add(old.retired());
        }
        keys.add(DeviceKey.current(newKey));
        return keys;
    }
}

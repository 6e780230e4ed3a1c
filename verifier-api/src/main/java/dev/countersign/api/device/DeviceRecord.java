package dev.countersign.api.device;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A device with its status and its keys, as a key store has it. Each change of the device makes a new record with a
 * higher version.
 *
 * <p>At most three keys can sign anything: one current or invalidated, one provisional, one previous. A record may list
 * retired keys or leave them out; a verifier ignores them.
 *
 * <p>Made by stores and registries. It may gain parts: to change a record, call its {@code with…} methods, which keep
 * all other parts. Immutable and thread-safe.
 */
public final class DeviceRecord {
    private final DeviceIdentity identity;
    private final DeviceStatus status;
    private final List<DeviceKey> keys;
    private final long version;

    /** The list is one that nobody changes, and was checked. */
    private DeviceRecord(DeviceIdentity identity, DeviceStatus status, List<DeviceKey> keys, long version) {
        this.identity = Objects.requireNonNull(identity, "identity");
        this.status = Objects.requireNonNull(status, "status");
        this.keys = keys;
        if (version < 0) {
            throw new IllegalArgumentException("a record's version is at least 0");
        }
        this.version = version;
    }

    /**
     * A record.
     *
     * @param identity the device, as stored. The verifier makes replay tokens of it and not of the headers
     * @param status whether the device's signatures count
     * @param keys the device's keys in any order, no key twice; copied
     * @param version at least 0; grows with every change of this device and is never reused
     * @throws IllegalArgumentException if keys repeat or contradict each other, or the version is negative
     */
    public static DeviceRecord of(DeviceIdentity identity, DeviceStatus status, List<DeviceKey> keys, long version) {
        return new DeviceRecord(identity, status, consistent(keys), version);
    }

    /** An active device with one current key. */
    public static DeviceRecord active(DeviceIdentity identity, DevicePublicKey key, long version) {
        return of(identity, DeviceStatus.ACTIVE, List.of(DeviceKey.current(key)), version);
    }

    /** The device, as stored. */
    public DeviceIdentity identity() {
        return identity;
    }

    /** Whether the device's signatures count. */
    public DeviceStatus status() {
        return status;
    }

    /** The device's keys in the order in which they were given; unmodifiable. */
    public List<DeviceKey> keys() {
        return keys;
    }

    /** Grows with every change of this device and is never reused; at least 0. */
    public long version() {
        return version;
    }

    /** The key in the given state, if the device has one; for {@link KeyState#RETIRED} the first listed. */
    public Optional<DeviceKey> key(KeyState state) {
        for (DeviceKey key : keys) {
            if (key.state() == state) {
                return Optional.of(key);
            }
        }
        return Optional.empty();
    }

    /** The same device with another status. */
    public DeviceRecord withStatus(DeviceStatus newStatus) {
        return new DeviceRecord(identity, newStatus, keys, version);
    }

    /**
     * The same device with other keys.
     *
     * @throws IllegalArgumentException if keys repeat or contradict each other
     */
    public DeviceRecord withKeys(List<DeviceKey> newKeys) {
        return new DeviceRecord(identity, status, consistent(newKeys), version);
    }

    /**
     * The same device with another version.
     *
     * @throws IllegalArgumentException if the version is negative
     */
    public DeviceRecord withVersion(long newVersion) {
        return new DeviceRecord(identity, status, keys, newVersion);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DeviceRecord record
                && identity.equals(record.identity)
                && status == record.status
                && keys.equals(record.keys)
                && version == record.version;
    }

    @Override
    public int hashCode() {
        return Objects.hash(identity, status, keys, version);
    }

    @Override
    public String toString() {
        return "DeviceRecord[" + identity + ", " + status + ", " + keys + ", version " + version + "]";
    }

    private static List<DeviceKey> consistent(List<DeviceKey> given) {
        List<DeviceKey> keys = List.copyOf(given);
        Set<KeyState> states = EnumSet.noneOf(KeyState.class);
        Set<DevicePublicKey> seen = new HashSet<>();
        for (DeviceKey key : keys) {
            if (!seen.add(key.publicKey())) {
                throw new IllegalArgumentException("a record lists a key twice");
            }
            if (!states.add(key.state()) && key.state() != KeyState.RETIRED) {
                throw new IllegalArgumentException("a record has two keys in the state " + key.state());
            }
        }
        if (states.contains(KeyState.CURRENT) && states.contains(KeyState.INVALIDATED)) {
            throw new IllegalArgumentException("a record has a current and an invalidated key: only one can be");
        }
        return keys;
    }
}

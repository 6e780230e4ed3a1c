package dev.countersign.api.device;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What a key store knows of a device. Immutable; a change of the device is a new record with a higher version.
 *
 * <p>At most three keys can sign anything: one current or invalidated, one provisional, one previous. Retired keys may
 * be listed or left out; a verifier never looks at them.
 *
 * @param identity the device, as stored; replay tokens are made of this and never of header text
 * @param status whether its signatures count at all
 * @param keys its keys in any order, no key twice
 * @param version grows with every change of this device and is never reused; at least 0
 */
public record DeviceRecord(DeviceIdentity identity, DeviceStatus status, List<DeviceKey> keys, long version) {
    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if keys repeat or contradict each other, or the version is negative
     */
    public DeviceRecord {
        Objects.requireNonNull(identity, "identity");
        Objects.requireNonNull(status, "status");
        keys = List.copyOf(keys);
        if (version < 0) {
            throw new IllegalArgumentException("a record's version is at least 0");
        }
        requireConsistent(keys);
    }

    /** An active device with one current key. */
    public static DeviceRecord active(DeviceIdentity identity, DevicePublicKey key, long version) {
        return new DeviceRecord(identity, DeviceStatus.ACTIVE, List.of(DeviceKey.current(key)), version);
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

    /** The same device with another version. */
    public DeviceRecord withVersion(long newVersion) {
        return new DeviceRecord(identity, status, keys, newVersion);
    }

    private static void requireConsistent(List<DeviceKey> keys) {
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
    }
}

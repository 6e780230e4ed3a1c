package dev.countersign.api.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.registry.KeyOwner;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.ErasedDevice;
import dev.countersign.api.wire.SlowP256;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class DeviceRecordTest {
    private static final DeviceIdentity DEVICE = new DeviceIdentity("app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
    private static final List<DevicePublicKey> KEYS = keys();

    @Property
    void takesExactlyTheConsistentLists(
            @ForAll @Size(max = 5) List<KeyState> states, @ForAll @Size(5) List<@IntRange(max = 5) Integer> which) {
        List<DeviceKey> listed = new ArrayList<>();
        Set<Integer> used = new HashSet<>();
        Set<KeyState> once = EnumSet.noneOf(KeyState.class);
        boolean consistent = true;
        for (int i = 0; i < states.size(); i++) {
            listed.add(DeviceKey.of(KEYS.get(which.get(i)), states.get(i)));
            consistent &= used.add(which.get(i));
            consistent &= once.add(states.get(i)) || states.get(i) == KeyState.RETIRED;
        }
        consistent &= !once.containsAll(Set.of(KeyState.CURRENT, KeyState.INVALIDATED));
        if (consistent) {
            DeviceRecord record = DeviceRecord.of(DEVICE, DeviceStatus.ACTIVE, listed, 3);
            assertEquals(listed, record.keys());
            for (KeyState state : KeyState.values()) {
                assertEquals(listed.stream().filter(key -> key.state() == state).findFirst(), record.key(state));
            }
            assertTrue(listed.stream()
                            .filter(key -> key.state() != KeyState.RETIRED)
                            .count()
                    <= 3);
        } else {
            assertThrows(IllegalArgumentException.class, () -> DeviceRecord.of(DEVICE, DeviceStatus.ACTIVE, listed, 3));
        }
    }

    @Test
    void listsAreCopiedAndFixed() {
        List<DeviceKey> keys = new ArrayList<>(List.of(DeviceKey.current(KEYS.get(0))));
        DeviceRecord record = DeviceRecord.of(DEVICE, DeviceStatus.ACTIVE, keys, 0);
        keys.clear();
        assertEquals(1, record.keys().size());
        assertThrows(UnsupportedOperationException.class, () -> record.keys().clear());

        List<DeviceRecord> records = new ArrayList<>(List.of(record));
        DeviceChanges changes = DeviceChanges.of(records, 7);
        records.clear();
        assertEquals(List.of(record), changes.records());
        assertEquals(7, changes.cursor());
        assertFalse(changes.isEmpty());
        assertFalse(changes.isIncomplete());

        List<ErasedDevice> erased = new ArrayList<>(List.of(ErasedDevice.of(DEVICE, 6)));
        DeviceChanges ofErasures = DeviceChanges.of(List.of(), 7).withErased(erased);
        erased.clear();
        assertEquals(List.of(ErasedDevice.of(DEVICE, 6)), ofErasures.erased());
        assertFalse(ofErasures.isEmpty());
        assertTrue(DeviceChanges.of(List.of(), 7).isEmpty());
    }

    @Test
    void versionsAreNotNegative() {
        assertEquals(0, DeviceRecord.active(DEVICE, KEYS.get(0), 0).version());
        assertThrows(IllegalArgumentException.class, () -> DeviceRecord.active(DEVICE, KEYS.get(0), -1));
        DeviceRecord record = DeviceRecord.active(DEVICE, KEYS.get(0), 0).withVersion(5);
        assertEquals(5, record.version());
        assertEquals(Optional.of(DeviceKey.current(KEYS.get(0))), record.key(KeyState.CURRENT));
        assertThrows(IllegalArgumentException.class, () -> record.withVersion(-1));
    }

    @Test
    void onlyWholeSecondsOfAKeysEndCount() {
        DeviceKey key =
                DeviceKey.of(KEYS.get(0), KeyState.PREVIOUS).withNotAfter(Instant.ofEpochSecond(100, 999_999_999));
        assertFalse(key.isPast(100));
        assertTrue(key.isPast(101));
        assertFalse(DeviceKey.current(KEYS.get(0)).isPast(Long.MAX_VALUE));
        assertFalse(DeviceKey.of(KEYS.get(0), KeyState.PREVIOUS)
                .withNotAfter(Instant.MAX)
                .isPast(Instant.MAX.getEpochSecond()));
        assertTrue(DeviceKey.of(KEYS.get(0), KeyState.PREVIOUS)
                .withNotAfter(Instant.MIN)
                .isPast(Long.MAX_VALUE));
        DeviceKey retired = key.retired();
        assertEquals(KeyState.RETIRED, retired.state());
        assertEquals(Optional.empty(), retired.notAfter());
        assertEquals(key.publicKey(), retired.publicKey());
    }

    @Test
    @SuppressWarnings("NullAway") // what callers without null checks do
    void partsAreRequired() {
        assertThrows(NullPointerException.class, () -> DeviceKey.of(null, KeyState.CURRENT));
        assertThrows(NullPointerException.class, () -> DeviceKey.of(KEYS.get(0), null));
        assertThrows(NullPointerException.class, () -> DeviceRecord.of(null, DeviceStatus.ACTIVE, List.of(), 0));
        assertThrows(NullPointerException.class, () -> DeviceRecord.of(DEVICE, null, List.of(), 0));
        assertThrows(NullPointerException.class, () -> DeviceRecord.of(DEVICE, DeviceStatus.ACTIVE, null, 0));
        assertThrows(NullPointerException.class, () -> KeyOwner.of(null, KeyState.CURRENT));
        assertThrows(NullPointerException.class, () -> KeyOwner.of(DEVICE, null));
        assertThrows(NullPointerException.class, () -> RegistryResult.of(null));
        assertThrows(
                NullPointerException.class, () -> DeviceKey.current(KEYS.get(0)).withState(null));
        assertThrows(
                NullPointerException.class, () -> DeviceKey.current(KEYS.get(0)).withAttestation(null));
        DeviceRecord record = DeviceRecord.active(DEVICE, KEYS.get(0), 0);
        assertThrows(NullPointerException.class, () -> record.withStatus(null));
        assertThrows(NullPointerException.class, () -> record.withKeys(null));
        assertThrows(NullPointerException.class, () -> DeviceChanges.of(null, 0));
        assertThrows(
                NullPointerException.class, () -> DeviceChanges.of(List.of(), 0).withErased(null));
        assertThrows(NullPointerException.class, () -> ErasedDevice.of(null, 0));
        assertThrows(NullPointerException.class, () -> new DeviceIdentity(null, "d"));
        assertThrows(NullPointerException.class, () -> new DeviceIdentity("a", null));
    }

    @Test
    void aChangedCopyKeepsWhatItDoesNotName() {
        Instant end = Instant.ofEpochSecond(100);
        DeviceKey key =
                DeviceKey.of(KEYS.get(0), KeyState.PREVIOUS).withNotAfter(end).withAttestation(KeyAttestation.ATTESTED);
        assertEquals(KEYS.get(0), key.publicKey());
        assertEquals(KeyState.PREVIOUS, key.state());
        assertEquals(Optional.of(end), key.notAfter());
        assertEquals(KeyAttestation.ATTESTED, key.attestation());
        assertEquals(Optional.empty(), key.withNotAfter(null).notAfter());
        assertEquals(KeyAttestation.ATTESTED, key.withNotAfter(null).attestation());
        DeviceKey invalidated = key.withState(KeyState.INVALIDATED);
        assertEquals(KeyAttestation.ATTESTED, invalidated.attestation());
        assertEquals(Optional.empty(), invalidated.notAfter(), "an end belongs to a state");
        assertEquals(KeyAttestation.UNKNOWN, DeviceKey.current(KEYS.get(0)).attestation());

        DeviceRecord record = DeviceRecord.of(DEVICE, DeviceStatus.PENDING, List.of(key), 4);
        assertEquals(
                DeviceRecord.of(DEVICE, DeviceStatus.ACTIVE, List.of(key), 4), record.withStatus(DeviceStatus.ACTIVE));
        assertEquals(DeviceRecord.of(DEVICE, DeviceStatus.PENDING, List.of(), 4), record.withKeys(List.of()));
        assertEquals(DeviceRecord.of(DEVICE, DeviceStatus.PENDING, List.of(key), 5), record.withVersion(5));
        assertThrows(IllegalArgumentException.class, () -> record.withKeys(List.of(key, key)));

        ErasedDevice erased = ErasedDevice.of(DEVICE, 2);
        DeviceChanges changes = DeviceChanges.of(List.of(record), 7).withErased(List.of(erased));
        DeviceChanges incomplete = changes.asIncomplete();
        assertTrue(incomplete.isIncomplete());
        assertEquals(List.of(record), incomplete.records());
        assertEquals(List.of(erased), incomplete.erased());
        assertEquals(7, incomplete.cursor());
        assertTrue(incomplete.withErased(List.of()).isIncomplete());
        assertThrows(
                UnsupportedOperationException.class, () -> changes.records().clear());
        assertThrows(UnsupportedOperationException.class, () -> changes.erased().clear());
    }

    @Test
    void valuesWithTheSamePartsAreEqualAndOthersAreNot() {
        DeviceKey key = DeviceKey.current(KEYS.get(0));
        DeviceRecord record = DeviceRecord.active(DEVICE, KEYS.get(0), 1);
        DeviceIdentity other = new DeviceIdentity("app", "other");
        DeviceChanges changes = DeviceChanges.of(List.of(record), 1);
        List<Object> distinct = List.of(
                key,
                DeviceKey.current(KEYS.get(1)),
                DeviceKey.of(KEYS.get(0), KeyState.PREVIOUS),
                key.withNotAfter(Instant.EPOCH),
                key.withAttestation(KeyAttestation.UNATTESTED),
                record,
                record.withVersion(2),
                record.withStatus(DeviceStatus.REVOKED),
                record.withKeys(List.of()),
                DeviceRecord.active(other, KEYS.get(0), 1),
                changes,
                DeviceChanges.of(List.of(record), 2),
                DeviceChanges.of(List.of(), 1),
                changes.asIncomplete(),
                changes.withErased(List.of(ErasedDevice.of(DEVICE, 1))),
                ErasedDevice.of(DEVICE, 1),
                ErasedDevice.of(DEVICE, 2),
                ErasedDevice.of(other, 1),
                KeyOwner.of(DEVICE, KeyState.CURRENT),
                KeyOwner.of(DEVICE, KeyState.RETIRED),
                KeyOwner.of(other, KeyState.CURRENT),
                RegistryResult.of(RegistryResult.Outcome.CHANGED),
                RegistryResult.of(RegistryResult.Outcome.UNCHANGED),
                RegistryResult.of(RegistryResult.Outcome.CHANGED, record));
        assertEquals(distinct.size(), Set.copyOf(distinct).size());
        for (Object one : distinct) {
            for (Object two : distinct) {
                assertEquals(one == two, one.equals(two), () -> one + " and " + two);
            }
        }
        DeviceKey sameKey = DeviceKey.current(KEYS.get(0));
        DeviceRecord same = DeviceRecord.of(DEVICE, DeviceStatus.ACTIVE, List.of(sameKey), 1);
        assertEquals(key, sameKey);
        assertEquals(record, same);
        assertEquals(changes, DeviceChanges.of(List.of(same), 1));
        assertEquals(changes.hashCode(), DeviceChanges.of(List.of(same), 1).hashCode());
        RegistryResult.Outcome changed = RegistryResult.Outcome.CHANGED;
        assertEquals(RegistryResult.of(changed, record), RegistryResult.of(changed, same));
        assertEquals(
                RegistryResult.of(changed, record).hashCode(),
                RegistryResult.of(changed, same).hashCode());
    }

    @Test
    void toStringShowsNoKeyAndNoWholeDevice() {
        DeviceRecord record = DeviceRecord.active(DEVICE, KEYS.get(0), 9);
        for (Object value : List.of(
                record,
                record.keys().get(0),
                DeviceChanges.of(List.of(record), 1),
                KeyOwner.of(DEVICE, KeyState.CURRENT),
                ErasedDevice.of(DEVICE, 2),
                DeviceChanges.of(List.of(), 3).withErased(List.of(ErasedDevice.of(DEVICE, 2))),
                RegistryResult.of(RegistryResult.Outcome.CHANGED, record))) {
            assertFalse(value.toString().contains("9dad"), value.toString());
            assertTrue(
                    value.toString().contains("DevicePublicKey[P-256]")
                            || value.toString().contains("6ba7b810...]"),
                    value.toString());
        }
    }

    private static List<DevicePublicKey> keys() {
        List<DevicePublicKey> keys = new ArrayList<>();
        for (int i = 1; i <= 6; i++) {
            keys.add(DevicePublicKey.ofPoint(SlowP256.point(i)));
        }
        return keys;
    }
}

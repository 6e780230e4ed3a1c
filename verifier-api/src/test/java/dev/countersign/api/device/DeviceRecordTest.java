package dev.countersign.api.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
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
            listed.add(new DeviceKey(KEYS.get(which.get(i)), states.get(i), null));
            consistent &= used.add(which.get(i));
            consistent &= once.add(states.get(i)) || states.get(i) == KeyState.RETIRED;
        }
        consistent &= !once.containsAll(Set.of(KeyState.CURRENT, KeyState.INVALIDATED));
        if (consistent) {
            DeviceRecord record = new DeviceRecord(DEVICE, DeviceStatus.ACTIVE, listed, 3);
            assertEquals(listed, record.keys());
            for (KeyState state : KeyState.values()) {
                assertEquals(listed.stream().filter(key -> key.state() == state).findFirst(), record.key(state));
            }
            assertTrue(listed.stream()
                            .filter(key -> key.state() != KeyState.RETIRED)
                            .count()
                    <= 3);
        } else {
            assertThrows(
                    IllegalArgumentException.class, () -> new DeviceRecord(DEVICE, DeviceStatus.ACTIVE, listed, 3));
        }
    }

    @Test
    void listsAreCopiedAndFixed() {
        List<DeviceKey> keys = new ArrayList<>(List.of(DeviceKey.current(KEYS.get(0))));
        DeviceRecord record = new DeviceRecord(DEVICE, DeviceStatus.ACTIVE, keys, 0);
        keys.clear();
        assertEquals(1, record.keys().size());
        assertThrows(UnsupportedOperationException.class, () -> record.keys().clear());

        List<DeviceRecord> records = new ArrayList<>(List.of(record));
        DeviceChanges changes = new DeviceChanges(records, 7);
        records.clear();
        assertEquals(List.of(record), changes.records());
        assertEquals(7, changes.cursor());
        assertFalse(changes.isEmpty());
        assertFalse(changes.isIncomplete());

        List<ErasedDevice> erased = new ArrayList<>(List.of(new ErasedDevice(DEVICE, 6)));
        DeviceChanges ofErasures = new DeviceChanges(List.of(), erased, 7, false);
        erased.clear();
        assertEquals(List.of(new ErasedDevice(DEVICE, 6)), ofErasures.erased());
        assertFalse(ofErasures.isEmpty());
        assertTrue(new DeviceChanges(List.of(), 7).isEmpty());
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
        DeviceKey key = new DeviceKey(KEYS.get(0), KeyState.PREVIOUS, Instant.ofEpochSecond(100, 999_999_999));
        assertFalse(key.isPast(100));
        assertTrue(key.isPast(101));
        assertFalse(DeviceKey.current(KEYS.get(0)).isPast(Long.MAX_VALUE));
        assertFalse(new DeviceKey(KEYS.get(0), KeyState.PREVIOUS, Instant.MAX).isPast(Instant.MAX.getEpochSecond()));
        assertTrue(new DeviceKey(KEYS.get(0), KeyState.PREVIOUS, Instant.MIN).isPast(Long.MAX_VALUE));
        DeviceKey retired = key.retired();
        assertEquals(KeyState.RETIRED, retired.state());
        assertNull(retired.notAfter());
        assertEquals(key.publicKey(), retired.publicKey());
    }

    @Test
    @SuppressWarnings("NullAway") // what callers without null checks do
    void partsAreRequired() {
        assertThrows(NullPointerException.class, () -> new DeviceKey(null, KeyState.CURRENT, null));
        assertThrows(NullPointerException.class, () -> new DeviceKey(KEYS.get(0), null, null));
        assertThrows(NullPointerException.class, () -> new DeviceRecord(null, DeviceStatus.ACTIVE, List.of(), 0));
        assertThrows(NullPointerException.class, () -> new DeviceRecord(DEVICE, null, List.of(), 0));
        assertThrows(NullPointerException.class, () -> new DeviceRecord(DEVICE, DeviceStatus.ACTIVE, null, 0));
        assertThrows(NullPointerException.class, () -> new KeyOwner(null, KeyState.CURRENT));
        assertThrows(NullPointerException.class, () -> new KeyOwner(DEVICE, null));
        assertThrows(NullPointerException.class, () -> new RegistryResult(null, null));
        assertThrows(NullPointerException.class, () -> new DeviceIdentity(null, "d"));
        assertThrows(NullPointerException.class, () -> new DeviceIdentity("a", null));
    }

    @Test
    void toStringShowsNoKeyAndNoWholeDevice() {
        DeviceRecord record = DeviceRecord.active(DEVICE, KEYS.get(0), 9);
        for (Object value : List.of(
                record,
                record.keys().get(0),
                new DeviceChanges(List.of(record), 1),
                new KeyOwner(DEVICE, KeyState.CURRENT),
                new RegistryResult(RegistryResult.Outcome.CHANGED, record))) {
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

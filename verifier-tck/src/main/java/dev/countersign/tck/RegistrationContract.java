package dev.countersign.tck;

import static dev.countersign.tck.Race.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyAttestation;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.testkit.TestKeys;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/**
 * A part of {@link KeyStoreContract}: devices that are registered and found, and the keys they have (protocol, Keys).
 */
public abstract class RegistrationContract extends DeviceRegistryContract {
    RegistrationContract() {}

    // Finding.

    @Test
    public void anUnknownDeviceIsEmpty() {
        assertEquals(Optional.empty(), await(keys().find(PHONE)));
        register(TABLET, KEY_1);
        assertEquals(Optional.empty(), await(keys().find(PHONE)));
    }

    @Test
    public void aRegisteredDeviceIsFoundWithItsKey() {
        expect(Outcome.CREATED, registry().register(PHONE, KEY_1, DeviceStatus.ACTIVE));
        DeviceRecord record = found(PHONE);
        assertEquals(PHONE, record.identity());
        assertEquals(DeviceStatus.ACTIVE, record.status());
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_1));
        assertCurrent(KEY_1, record.key(KeyState.CURRENT).orElseThrow());
    }

    @Test
    public void aPendingDeviceIsFoundWithItsKey() {
        expect(Outcome.CREATED, registry().register(PHONE, KEY_1, DeviceStatus.PENDING));
        assertEquals(DeviceStatus.PENDING, found(PHONE).status());
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_1));
    }

    @Test
    public void aRevokedDeviceIsFoundWithItsKeys() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        expect(Outcome.CHANGED, registry().revoke(PHONE));
        assertEquals(DeviceStatus.REVOKED, found(PHONE).status());
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_1, KeyState.PROVISIONAL, KEY_2));
    }

    @Test
    public void everyOutcomeBringsTheRecordAsItIsNow() {
        assertEquals(found(PHONE, registry().register(PHONE, KEY_1, DeviceStatus.PENDING)), found(PHONE));
        assertEquals(found(PHONE, registry().activate(PHONE)), found(PHONE));
        assertEquals(found(PHONE, registry().rotate(PHONE, KEY_2, KEY_1)), found(PHONE));
        assertEquals(found(PHONE, registry().rotate(PHONE, KEY_3, KEY_2)), found(PHONE), "a refusal too");
        assertEquals(found(PHONE, registry().invalidate(PHONE)), found(PHONE));
        assertEquals(found(PHONE, registry().replace(PHONE, KEY_4)), found(PHONE));
        assertEquals(found(PHONE, registry().revoke(PHONE)), found(PHONE));
    }

    // Identities.

    @Test
    public void aUuidIsOneDeviceInUpperAndLowerCase() {
        DeviceIdentity upper = new DeviceIdentity("com.example.app", "6BA7B810-9DAD-41D1-80B4-00C04FD430C8");
        expect(Outcome.CREATED, registry().register(upper, KEY_1, DeviceStatus.ACTIVE));
        assertEquals(PHONE, found(PHONE).identity());
        expect(Outcome.UNCHANGED, registry().register(PHONE, KEY_1, DeviceStatus.ACTIVE));
        expect(Outcome.DEVICE_EXISTS, registry().register(upper, KEY_2, DeviceStatus.ACTIVE));
    }

    @Test
    public void idsThatDifferInAnyByteAreDifferentDevices() {
        List<DeviceIdentity> devices = List.of(
                PHONE,
                new DeviceIdentity("com.Example.app", PHONE.deviceId()),
                new DeviceIdentity("com.example.app.", PHONE.deviceId()),
                new DeviceIdentity("com.example.app", "device-123"),
                new DeviceIdentity("com.example.app", "Device-123"),
                new DeviceIdentity("com.example.app", "device-123'"),
                new DeviceIdentity("com.example.app", "device_123"),
                new DeviceIdentity("com.example.app", "device%123"),
                new DeviceIdentity("com.example", ".appdevice-123"),
                new DeviceIdentity("x".repeat(128), "y".repeat(128)),
                new DeviceIdentity("x".repeat(128), "y".repeat(127)));
        for (int i = 0; i < devices.size(); i++) {
            expect(
                    Outcome.CREATED,
                    registry().register(devices.get(i), TestKeys.publicKey(100 + i), DeviceStatus.ACTIVE));
        }
        for (int i = 0; i < devices.size(); i++) {
            assertEquals(devices.get(i), found(devices.get(i)).identity());
            assertKeys(devices.get(i), Map.of(KeyState.CURRENT, TestKeys.publicKey(100 + i)));
        }
    }

    // Registration.

    @Test
    public void registeringTheSameKeyAgainChangesNothing() {
        register(PHONE, KEY_1);
        DeviceRecord before = found(PHONE);
        expect(Outcome.UNCHANGED, registry().register(PHONE, KEY_1, DeviceStatus.ACTIVE));
        expect(Outcome.UNCHANGED, registry().register(PHONE, KEY_1, DeviceStatus.PENDING));
        assertEquals(before, found(PHONE));
    }

    @Test
    public void registeringAnotherKeyIsAConflict() {
        register(PHONE, KEY_1);
        DeviceRecord before = found(PHONE);
        expect(Outcome.DEVICE_EXISTS, registry().register(PHONE, KEY_2, DeviceStatus.ACTIVE));
        assertEquals(before, found(PHONE));
        assertEquals(Optional.empty(), await(registry().findByKey(KEY_2)), "a refused key is nobody's");
    }

    @Test
    public void aDeviceIsNotRegisteredAsRevoked() {
        assertThrows(
                IllegalArgumentException.class,
                () -> throwing(() -> registry().register(PHONE, KEY_1, DeviceStatus.REVOKED)));
        assertEquals(Optional.empty(), await(keys().find(PHONE)));
    }

    @Test
    public void activationIsForPendingDevices() {
        expect(Outcome.UNKNOWN_DEVICE, registry().activate(PHONE));
        expect(Outcome.CREATED, registry().register(PHONE, KEY_1, DeviceStatus.PENDING));
        expect(Outcome.CHANGED, registry().activate(PHONE));
        assertEquals(DeviceStatus.ACTIVE, found(PHONE).status());
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_1));
        expect(Outcome.UNCHANGED, registry().activate(PHONE));
        expect(Outcome.CHANGED, registry().revoke(PHONE));
        expect(Outcome.DEVICE_REVOKED, registry().activate(PHONE));
    }

    // One key, one device, ever.

    @Test
    public void aKeyBelongsToOneDevice() {
        register(PHONE, KEY_1);
        expect(Outcome.KEY_IN_USE, registry().register(TABLET, KEY_1, DeviceStatus.ACTIVE));
        assertEquals(Optional.empty(), await(keys().find(TABLET)));
        register(TABLET, KEY_2);
        expect(Outcome.KEY_IN_USE, registry().rotate(TABLET, KEY_1, KEY_2));
        expect(Outcome.KEY_IN_USE, registry().replace(TABLET, KEY_1));
        DeviceIdentity otherApp = new DeviceIdentity("com.Example.app", PHONE.deviceId());
        expect(Outcome.KEY_IN_USE, registry().register(otherApp, KEY_1, DeviceStatus.ACTIVE));
        assertKeys(TABLET, Map.of(KeyState.CURRENT, KEY_2));
    }

    @Test
    public void aKeyStaysItsDevicesWhateverBecomesOfIt() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        expect(Outcome.KEY_IN_USE, registry().register(TABLET, KEY_2, DeviceStatus.ACTIVE), "provisional");
        expect(Outcome.CHANGED, registry().replace(PHONE, KEY_3));
        expect(Outcome.KEY_IN_USE, registry().register(TABLET, KEY_1, DeviceStatus.ACTIVE), "retired");
        expect(Outcome.KEY_IN_USE, registry().register(TABLET, KEY_2, DeviceStatus.ACTIVE), "burnt");
        expect(Outcome.CHANGED, registry().revoke(PHONE));
        clock.advance(Duration.ofDays(1000));
        for (DevicePublicKey key : List.of(KEY_1, KEY_2, KEY_3)) {
            expect(Outcome.KEY_IN_USE, registry().register(TABLET, key, DeviceStatus.ACTIVE), "of a revoked device");
        }
    }

    @Test
    public void aKeyIsFoundUnderItsDeviceWithItsState() {
        assertEquals(Optional.empty(), await(registry().findByKey(KEY_1)));
        register(PHONE, KEY_1);
        register(TABLET, KEY_4);
        assertOwner(KEY_1, PHONE, KeyState.CURRENT);
        rotate(PHONE, KEY_2, KEY_1);
        assertOwner(KEY_2, PHONE, KeyState.PROVISIONAL);
        confirm(PHONE, KEY_2);
        assertOwner(KEY_1, PHONE, KeyState.PREVIOUS);
        assertOwner(KEY_2, PHONE, KeyState.CURRENT);
        expect(Outcome.CHANGED, registry().invalidate(PHONE));
        assertOwner(KEY_1, PHONE, KeyState.RETIRED);
        assertOwner(KEY_2, PHONE, KeyState.INVALIDATED);
        expect(Outcome.CHANGED, registry().replace(PHONE, KEY_3));
        assertOwner(KEY_2, PHONE, KeyState.RETIRED);
        assertOwner(KEY_3, PHONE, KeyState.CURRENT);
        assertOwner(KEY_4, TABLET, KeyState.CURRENT);
    }

    void rotate(DeviceIdentity device, DevicePublicKey newKey, DevicePublicKey signedBy) {
        expect(Outcome.CHANGED, registry().rotate(device, newKey, signedBy));
    }

    void confirm(DeviceIdentity device, DevicePublicKey key) {
        assertTrue(await(keys().confirm(device, key, clock.instant())), "confirmed");
    }

    static DeviceRecord found(DeviceIdentity device, CompletionStage<RegistryResult> stage) {
        return await(stage).record().orElseThrow(() -> new AssertionError("no record of " + device));
    }

    DeviceKey key(DeviceIdentity device, KeyState state) {
        return found(device).key(state).orElseThrow(() -> new AssertionError("no key is " + state));
    }

    /** The keys that count for anything are exactly these; retired ones may be listed or not. */
    void assertKeys(DeviceIdentity device, Map<KeyState, DevicePublicKey> expected) {
        Map<KeyState, DevicePublicKey> listed = new EnumMap<>(KeyState.class);
        for (DeviceKey key : found(device).keys()) {
            if (key.state() != KeyState.RETIRED) {
                listed.put(key.state(), key.publicKey());
            }
        }
        assertEquals(expected.keySet(), listed.keySet(), "states");
        assertTrue(expected.equals(listed), "the keys are not those in these states: " + expected.keySet());
    }

    /** What is known of where the key lives is the store's business. */
    static void assertCurrent(DevicePublicKey expected, DeviceKey key) {
        assertEquals(DeviceKey.current(expected), key.withAttestation(KeyAttestation.UNKNOWN));
    }

    void assertOwner(DevicePublicKey key, DeviceIdentity device, KeyState state) {
        assertEquals(Optional.of(KeyOwner.of(device, state)), await(registry().findByKey(key)));
    }

    /** A stage that fails throws what it failed with, as a call that throws does. */
    private static void throwing(Callable<CompletionStage<RegistryResult>> call) throws Throwable {
        try {
            await(call.call());
        } catch (AssertionError failed) {
            throw failed.getCause() == null ? failed : failed.getCause();
        }
    }
}

package dev.countersign.tck;

import static dev.countersign.tck.Race.await;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
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
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.ErasedDevice;
import dev.countersign.api.store.StoreStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/**
 * What every key store that has a registry must do (protocol, Keys), and what every {@linkplain DeviceRegistryContract registry}
 * must. Extend it, return a fresh store from {@link #open}, and all tests are inherited; the store is closed after each. The
 * periods are those of {@link dev.countersign.api.registry.DeviceLifecycle#STANDARD}.
 */
public abstract class KeyStoreContract extends DeviceRegistryContract {
    private static final Duration GRACE = Duration.ofMinutes(5);
    private static final Duration DAY = Duration.ofDays(1);

    /** For subclasses; the store comes from {@link #open}. */
    protected KeyStoreContract() {}

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

    // Rotation.

    @Test
    public void aRotationIsProvisionalForADay() {
        register(PHONE, KEY_1);
        Instant start = clock.instant();
        expect(Outcome.CHANGED, registry().rotate(PHONE, KEY_2, KEY_1));
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_1, KeyState.PROVISIONAL, KEY_2));
        assertEnd(PHONE, KeyState.PROVISIONAL, start.plus(DAY));
        assertCurrent(KEY_1, key(PHONE, KeyState.CURRENT)); // without an end yet
    }

    @Test
    public void theSameRotationMayBeRepeated() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        DeviceRecord before = found(PHONE);
        clock.advance(DAY);
        expect(Outcome.UNCHANGED, registry().rotate(PHONE, KEY_2, KEY_1), "in its last second");
        assertEquals(before, found(PHONE), "and its end does not move");
    }

    @Test
    public void anotherRotationBurnsTheAbandonedKey() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        expect(Outcome.CHANGED, registry().rotate(PHONE, KEY_3, KEY_1));
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_1, KeyState.PROVISIONAL, KEY_3));
        assertOwner(KEY_2, PHONE, KeyState.RETIRED);
        expect(Outcome.KEY_USED_BEFORE, registry().rotate(PHONE, KEY_2, KEY_1));
        assertFalse(await(keys().confirm(PHONE, KEY_2, clock.instant())));
        expect(Outcome.KEY_USED_BEFORE, registry().replace(PHONE, KEY_2));
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_1, KeyState.PROVISIONAL, KEY_3));
    }

    @Test
    public void aProvisionalKeyThatWasNotUsedForADayIsBurnt() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        clock.advance(DAY.plusSeconds(1));
        expect(Outcome.KEY_USED_BEFORE, registry().rotate(PHONE, KEY_2, KEY_1));
        assertNotWaiting(PHONE, KEY_2);
        expect(Outcome.CHANGED, registry().rotate(PHONE, KEY_3, KEY_1));
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_1, KeyState.PROVISIONAL, KEY_3));
        assertOwner(KEY_2, PHONE, KeyState.RETIRED);
    }

    @Test
    public void aProvisionalKeyThatIsPastIsNotConfirmed() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        clock.advance(DAY.plusSeconds(1));
        assertFalse(await(keys().confirm(PHONE, KEY_2, clock.instant())));
        assertCurrent(KEY_1, key(PHONE, KeyState.CURRENT));
    }

    @Test
    public void aProvisionalKeyThatIsPastWasUsed() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        clock.advance(DAY);
        assertOwner(KEY_2, PHONE, KeyState.PROVISIONAL);
        clock.advance(Duration.ofSeconds(1));
        assertOwner(KEY_2, PHONE, KeyState.RETIRED);
        expect(Outcome.KEY_USED_BEFORE, registry().rotate(PHONE, KEY_2, KEY_1));
        expect(Outcome.KEY_USED_BEFORE, registry().register(PHONE, KEY_2, DeviceStatus.ACTIVE));
    }

    @Test
    public void onlyTheCurrentKeySignsRotations() {
        register(PHONE, KEY_1);
        expect(Outcome.KEY_NOT_ALLOWED, registry().rotate(PHONE, KEY_2, KEY_3), "a stranger's");
        rotate(PHONE, KEY_2, KEY_1);
        expect(Outcome.KEY_NOT_ALLOWED, registry().rotate(PHONE, KEY_3, KEY_2), "a provisional one");
        confirm(PHONE, KEY_2);
        expect(Outcome.KEY_NOT_ALLOWED, registry().rotate(PHONE, KEY_3, KEY_1), "the previous one");
        expect(Outcome.CHANGED, registry().rotate(PHONE, KEY_3, KEY_2));
        confirm(PHONE, KEY_3);
        expect(Outcome.KEY_NOT_ALLOWED, registry().rotate(PHONE, KEY_4, KEY_1), "a retired one");
        assertEquals(Optional.empty(), await(registry().findByKey(KEY_4)), "a refused key is nobody's");
    }

    @Test
    public void aDeviceDoesNotRotateToAKeyItHad() {
        register(PHONE, KEY_1);
        expect(Outcome.KEY_USED_BEFORE, registry().rotate(PHONE, KEY_1, KEY_1), "the current one");
        rotate(PHONE, KEY_2, KEY_1);
        confirm(PHONE, KEY_2);
        expect(Outcome.KEY_USED_BEFORE, registry().rotate(PHONE, KEY_1, KEY_2), "the previous one");
        rotate(PHONE, KEY_3, KEY_2);
        confirm(PHONE, KEY_3);
        expect(Outcome.KEY_USED_BEFORE, registry().rotate(PHONE, KEY_1, KEY_3), "a retired one");
    }

    @Test
    public void onlyAnActiveDeviceRotates() {
        expect(Outcome.UNKNOWN_DEVICE, registry().rotate(PHONE, KEY_2, KEY_1));
        expect(Outcome.CREATED, registry().register(PHONE, KEY_1, DeviceStatus.PENDING));
        expect(Outcome.DEVICE_PENDING, registry().rotate(PHONE, KEY_2, KEY_1));
        expect(Outcome.CHANGED, registry().revoke(PHONE));
        expect(Outcome.DEVICE_REVOKED, registry().rotate(PHONE, KEY_2, KEY_1));
        assertEquals(Optional.empty(), await(registry().findByKey(KEY_2)), "a refused key is nobody's");
    }

    // Confirmation.

    @Test
    public void theFirstAcceptedRequestMakesTheNewKeyCurrent() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        clock.advance(Duration.ofHours(3));
        Instant accepted = clock.instant();
        clock.advance(Duration.ofSeconds(5)); // the news of it travels
        assertTrue(await(keys().confirm(PHONE, KEY_2, accepted)));
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_2, KeyState.PREVIOUS, KEY_1));
        assertCurrent(KEY_2, key(PHONE, KeyState.CURRENT)); // without an end
        assertEnd(PHONE, KeyState.PREVIOUS, accepted.plus(GRACE));
    }

    @Test
    public void confirmingAgainChangesNothing() {
        register(PHONE, KEY_1);
        assertFalse(await(keys().confirm(PHONE, KEY_1, clock.instant())));
        rotate(PHONE, KEY_2, KEY_1);
        confirm(PHONE, KEY_2);
        DeviceRecord before = found(PHONE);
        clock.advanceSeconds(10);
        assertFalse(await(keys().confirm(PHONE, KEY_2, clock.instant())));
        assertFalse(await(keys().confirm(PHONE, KEY_1, clock.instant())), "a previous key does not come back");
        assertFalse(await(keys().confirm(PHONE, KEY_3, clock.instant())), "nor a stranger's");
        assertEquals(before, found(PHONE));
    }

    @Test
    public void nothingIsConfirmedForARevokedOrUnknownDevice() {
        assertFalse(await(keys().confirm(PHONE, KEY_1, clock.instant())));
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        expect(Outcome.CHANGED, registry().revoke(PHONE));
        assertFalse(await(keys().confirm(PHONE, KEY_2, clock.instant())));
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_1, KeyState.PROVISIONAL, KEY_2));
    }

    @Test
    public void aSecondRotationRetiresThePreviousKey() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        confirm(PHONE, KEY_2);
        rotate(PHONE, KEY_3, KEY_2);
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_2, KeyState.PROVISIONAL, KEY_3, KeyState.PREVIOUS, KEY_1));
        confirm(PHONE, KEY_3);
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_3, KeyState.PREVIOUS, KEY_2));
        assertOwner(KEY_1, PHONE, KeyState.RETIRED);
    }

    // Invalidation.

    @Test
    public void anInvalidatedKeyMaySignARotationForADay() {
        register(PHONE, KEY_1);
        Instant start = clock.instant();
        expect(Outcome.CHANGED, registry().invalidate(PHONE));
        assertKeys(PHONE, Map.of(KeyState.INVALIDATED, KEY_1));
        assertEnd(PHONE, KeyState.INVALIDATED, start.plus(DAY));
        clock.advance(DAY);
        expect(Outcome.CHANGED, registry().rotate(PHONE, KEY_2, KEY_1), "in its last second");
        assertKeys(PHONE, Map.of(KeyState.INVALIDATED, KEY_1, KeyState.PROVISIONAL, KEY_2));
        confirm(PHONE, KEY_2);
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_2));
        assertOwner(KEY_1, PHONE, KeyState.RETIRED);
    }

    @Test
    public void afterADayAnInvalidatedKeySignsNothing() {
        register(PHONE, KEY_1);
        expect(Outcome.CHANGED, registry().invalidate(PHONE));
        clock.advance(DAY.plusSeconds(1));
        expect(Outcome.KEY_NOT_ALLOWED, registry().rotate(PHONE, KEY_2, KEY_1));
        expect(Outcome.CHANGED, registry().replace(PHONE, KEY_2), "an attestation still helps");
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_2));
    }

    @Test
    public void invalidatingRetiresThePreviousKeyAndKeepsTheProvisionalOne() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        confirm(PHONE, KEY_2);
        rotate(PHONE, KEY_3, KEY_2);
        expect(Outcome.CHANGED, registry().invalidate(PHONE));
        assertKeys(PHONE, Map.of(KeyState.INVALIDATED, KEY_2, KeyState.PROVISIONAL, KEY_3));
        assertOwner(KEY_1, PHONE, KeyState.RETIRED);
        DeviceRecord before = found(PHONE);
        clock.advanceSeconds(60);
        expect(Outcome.UNCHANGED, registry().invalidate(PHONE));
        assertEquals(before, found(PHONE), "asking again does not move the end");
    }

    @Test
    public void onlyALivingDeviceIsInvalidated() {
        expect(Outcome.UNKNOWN_DEVICE, registry().invalidate(PHONE));
        register(PHONE, KEY_1);
        expect(Outcome.CHANGED, registry().revoke(PHONE));
        expect(Outcome.DEVICE_REVOKED, registry().invalidate(PHONE));
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_1));
    }

    // Replacement.

    @Test
    public void aReplacementRetiresEveryKeyAtOnce() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        confirm(PHONE, KEY_2);
        rotate(PHONE, KEY_3, KEY_2);
        expect(Outcome.CHANGED, registry().replace(PHONE, KEY_4));
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_4));
        for (DevicePublicKey key : List.of(KEY_1, KEY_2, KEY_3)) {
            assertOwner(key, PHONE, KeyState.RETIRED);
            expect(Outcome.KEY_USED_BEFORE, registry().replace(PHONE, key));
            assertFalse(await(keys().confirm(PHONE, key, clock.instant())));
        }
        expect(Outcome.UNCHANGED, registry().replace(PHONE, KEY_4));
    }

    @Test
    public void aReplacementKeepsTheStatusAndNeedsALivingDevice() {
        expect(Outcome.UNKNOWN_DEVICE, registry().replace(PHONE, KEY_2));
        expect(Outcome.CREATED, registry().register(PHONE, KEY_1, DeviceStatus.PENDING));
        expect(Outcome.CHANGED, registry().replace(PHONE, KEY_2));
        assertEquals(DeviceStatus.PENDING, found(PHONE).status());
        expect(Outcome.CHANGED, registry().revoke(PHONE));
        expect(Outcome.DEVICE_REVOKED, registry().replace(PHONE, KEY_3));
        assertEquals(Optional.empty(), await(registry().findByKey(KEY_3)), "a refused key is nobody's");
    }

    // Revocation.

    @Test
    public void aRevokedDeviceLivesAgainOnlyWithANewKey() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        expect(Outcome.CHANGED, registry().revoke(PHONE));
        expect(Outcome.UNCHANGED, registry().revoke(PHONE));
        expect(Outcome.KEY_USED_BEFORE, registry().register(PHONE, KEY_1, DeviceStatus.ACTIVE));
        expect(Outcome.KEY_USED_BEFORE, registry().register(PHONE, KEY_2, DeviceStatus.ACTIVE));
        assertEquals(DeviceStatus.REVOKED, found(PHONE).status());
        expect(Outcome.REINSTATED, registry().register(PHONE, KEY_3, DeviceStatus.PENDING));
        assertEquals(DeviceStatus.PENDING, found(PHONE).status());
        assertKeys(PHONE, Map.of(KeyState.CURRENT, KEY_3));
        assertOwner(KEY_1, PHONE, KeyState.RETIRED);
        assertOwner(KEY_2, PHONE, KeyState.RETIRED);
        expect(Outcome.UNKNOWN_DEVICE, registry().revoke(TABLET));
    }

    @Test
    public void revocationEndsARotation() {
        register(PHONE, KEY_1);
        rotate(PHONE, KEY_2, KEY_1);
        expect(Outcome.CHANGED, registry().revoke(PHONE));
        expect(Outcome.DEVICE_REVOKED, registry().rotate(PHONE, KEY_2, KEY_1), "repeated");
        expect(Outcome.DEVICE_REVOKED, registry().rotate(PHONE, KEY_3, KEY_1), "begun anew");
        expect(Outcome.REINSTATED, registry().register(PHONE, KEY_4, DeviceStatus.ACTIVE));
        expect(Outcome.KEY_NOT_ALLOWED, registry().rotate(PHONE, KEY_3, KEY_1), "signed by what was compromised");
    }

    // Erasure.

    @Test
    public void anErasedDeviceIsGone() {
        register(PHONE, KEY_1);
        register(TABLET, KEY_4);
        rotate(PHONE, KEY_2, KEY_1);
        erase(PHONE);
        assertEquals(Optional.empty(), await(keys().find(PHONE)));
        assertEquals(Optional.empty(), await(registry().findByKey(KEY_1)), "whose key it was is nobody's business");
        assertEquals(Optional.empty(), await(registry().findByKey(KEY_2)));
        assertFalse(await(keys().confirm(PHONE, KEY_2, clock.instant())));
        expect(Outcome.UNKNOWN_DEVICE, registry().rotate(PHONE, KEY_2, KEY_1));
        expect(Outcome.UNKNOWN_DEVICE, registry().replace(PHONE, KEY_3));
        expect(Outcome.UNKNOWN_DEVICE, registry().activate(PHONE));
        expect(Outcome.UNKNOWN_DEVICE, registry().invalidate(PHONE));
        expect(Outcome.UNKNOWN_DEVICE, registry().revoke(PHONE));
        assertKeys(TABLET, Map.of(KeyState.CURRENT, KEY_4));
        for (DeviceRecord record : changesSince(0).records()) {
            assertEquals(TABLET, record.identity(), "the feed has no record of it either");
        }
    }

    @Test
    public void aPendingAndARevokedDeviceAreErasedToo() {
        expect(Outcome.CREATED, registry().register(PHONE, KEY_1, DeviceStatus.PENDING));
        erase(PHONE);
        assertUsed(registry().register(PHONE, KEY_1, DeviceStatus.PENDING));
        register(TABLET, KEY_2);
        expect(Outcome.CHANGED, registry().revoke(TABLET));
        erase(TABLET);
        assertEquals(Optional.empty(), await(keys().find(TABLET)));
        assertUsed(registry().register(TABLET, KEY_2, DeviceStatus.ACTIVE));
    }

    @Test
    public void whatIsNotThereIsErasedAlready() {
        long cursor = await(keys().cursor());
        RegistryResult nothing = await(registry().erase(PHONE));
        assertEquals(RegistryResult.of(Outcome.UNCHANGED), nothing);
        assertEquals(cursor, await(keys().cursor()), "nothing changed");
        assertTrue(changesSince(cursor).erased().isEmpty());
        register(PHONE, KEY_1);
        erase(PHONE);
        cursor = await(keys().cursor());
        assertEquals(RegistryResult.of(Outcome.UNCHANGED), await(registry().erase(PHONE)));
        assertEquals(cursor, await(keys().cursor()), "and nothing changed by asking again");
    }

    @Test
    public void theKeysOfAnErasedDeviceStayUsed() {
        register(PHONE, KEY_1);
        expect(Outcome.CHANGED, registry().replace(PHONE, KEY_2)); // KEY_1 is retired
        rotate(PHONE, KEY_3, KEY_2);
        register(TABLET, KEY_4);
        erase(PHONE);
        clock.advance(Duration.ofDays(1000));
        for (DevicePublicKey key : List.of(KEY_1, KEY_2, KEY_3)) {
            expect(Outcome.KEY_IN_USE, registry().register(device(1), key, DeviceStatus.ACTIVE));
            expect(Outcome.KEY_IN_USE, registry().rotate(TABLET, key, KEY_4));
            expect(Outcome.KEY_IN_USE, registry().replace(TABLET, key));
            assertUsed(registry().register(PHONE, key, DeviceStatus.ACTIVE));
            assertEquals(Optional.empty(), await(registry().findByKey(key)));
        }
        assertEquals(Optional.empty(), await(keys().find(PHONE)));
        DevicePublicKey another = TestKeys.publicKey(5);
        register(PHONE, another);
        for (DevicePublicKey key : List.of(KEY_1, KEY_2, KEY_3)) {
            assertUsed(registry().register(PHONE, key, DeviceStatus.ACTIVE));
            assertUsed(registry().rotate(PHONE, key, another));
            assertUsed(registry().replace(PHONE, key));
        }
        assertKeys(PHONE, Map.of(KeyState.CURRENT, another));
    }

    @Test
    public void anErasureTravelsOnTheFeed() {
        register(PHONE, KEY_1);
        register(TABLET, KEY_2);
        long before = await(keys().cursor());
        long lastVersion = found(PHONE).version();
        erase(PHONE);
        DeviceChanges changes = changesSince(before);
        assertFalse(changes.isIncomplete());
        assertFalse(changes.isEmpty());
        assertEquals(List.of(), changes.records());
        assertErased(changes, PHONE);
        assertTrue(changes.erased().get(0).version() > lastVersion, "above every version of its records");
        assertTrue(changes.cursor() > before);
        assertTrue(changesSince(changes.cursor()).erased().isEmpty(), "once told is told");
        assertErased(changesSince(before), PHONE);
    }

    @Test
    public void aCursorFromAfterAnErasureIsNotToldOfIt() {
        register(PHONE, KEY_1);
        register(TABLET, KEY_2);
        long before = await(keys().cursor());
        erase(PHONE);
        long between = await(keys().cursor());
        assertTrue(between > before, "an erasure is a change");
        erase(TABLET);
        assertErased(changesSince(before), PHONE, TABLET);
        assertErased(changesSince(between), TABLET);
        DeviceChanges later = changesSince(await(keys().cursor()));
        assertTrue(later.isEmpty());
        assertFalse(later.isIncomplete());
    }

    @Test
    public void erasedAndRegisteredAnewBetweenTwoPollsBothAreTold() {
        register(PHONE, KEY_1);
        long before = await(keys().cursor());
        erase(PHONE);
        long between = await(keys().cursor());
        register(PHONE, KEY_2);
        DeviceChanges changes = changesSince(before);
        assertErased(changes, PHONE);
        assertTold(changes, PHONE);
        DeviceChanges later = changesSince(between);
        assertEquals(List.of(), later.erased(), "a cache that starts in between has nothing to forget");
        assertTold(later, PHONE);
        assertTrue(found(PHONE).version() > changes.erased().get(0).version(), "the later one has the higher version");
        erase(PHONE);
        DeviceChanges gone = changesSince(changes.cursor());
        assertErased(gone, PHONE);
        assertEquals(List.of(), gone.records());
        long highest = 0;
        for (ErasedDevice erased : changesSince(before).erased()) {
            assertEquals(PHONE, erased.identity());
            assertTrue(erased.version() > highest, "in their order");
            highest = erased.version();
        }
        assertTrue(highest > changes.cursor(), "the last erasure counts");
    }

    @Test
    public void anErasureIsToldForMoreThanADay() {
        register(PHONE, KEY_1);
        long before = await(keys().cursor());
        erase(PHONE);
        clock.advance(DAY.plus(Duration.ofHours(1)));
        register(TABLET, KEY_2);
        DeviceChanges changes = changesSince(before);
        assertErased(changes, PHONE);
        assertFalse(changes.isIncomplete());
    }

    @Test
    public void anErasureThatIsNoLongerToldIsNotPassedOverInSilence() {
        register(PHONE, KEY_1);
        long before = await(keys().cursor());
        erase(PHONE);
        long after = await(keys().cursor());
        clock.advance(Duration.ofDays(1000));
        register(TABLET, KEY_2);
        erase(TABLET);
        DeviceChanges changes = changesSince(before);
        boolean told =
                changes.erased().stream().anyMatch(erased -> erased.identity().equals(PHONE));
        assertTrue(told || changes.isIncomplete(), "neither told nor said to be left out");
        assertFalse(changesSince(after).isIncomplete(), "after it nothing was dropped");
        assertErased(changesSince(after), TABLET);
    }

    // Versions and the change feed.

    @Test
    public void everyChangeHasAHigherVersionThanTheOneBefore() {
        List<Long> versions = new ArrayList<>();
        register(PHONE, KEY_1);
        versions.add(found(PHONE).version());
        rotate(PHONE, KEY_2, KEY_1);
        versions.add(found(PHONE).version());
        confirm(PHONE, KEY_2);
        versions.add(found(PHONE).version());
        expect(Outcome.CHANGED, registry().invalidate(PHONE));
        versions.add(found(PHONE).version());
        expect(Outcome.CHANGED, registry().replace(PHONE, KEY_3));
        versions.add(found(PHONE).version());
        expect(Outcome.CHANGED, registry().revoke(PHONE));
        versions.add(found(PHONE).version());
        expect(Outcome.REINSTATED, registry().register(PHONE, KEY_4, DeviceStatus.ACTIVE));
        versions.add(found(PHONE).version());
        for (int i = 1; i < versions.size(); i++) {
            assertTrue(versions.get(i) > versions.get(i - 1), "versions " + versions);
        }
    }

    @Test
    public void theFeedTellsEveryChangeAfterItsCursor() {
        DeviceChanges start = await(keys().changesSince(0));
        assertTrue(start.cursor() >= 0);
        register(PHONE, KEY_1);
        register(TABLET, KEY_2);
        DeviceChanges first = await(keys().changesSince(start.cursor()));
        assertTold(first, PHONE, TABLET);
        expect(Outcome.CHANGED, registry().invalidate(PHONE));
        DeviceChanges second = await(keys().changesSince(first.cursor()));
        assertTold(second, PHONE);
        assertTold(await(keys().changesSince(start.cursor())), TABLET, PHONE);
        expect(Outcome.UNCHANGED, registry().invalidate(PHONE));
        for (DeviceRecord again : await(keys().changesSince(second.cursor())).records()) {
            assertEquals(found(again.identity()), again, "a change may be told twice, and then as it is now");
        }
    }

    @Test
    public void everyKindOfChangeTravelsOnTheFeed() {
        long cursor = await(keys().changesSince(0)).cursor();
        cursor = told(cursor, registry().register(PHONE, KEY_1, DeviceStatus.PENDING));
        cursor = told(cursor, registry().activate(PHONE));
        cursor = told(cursor, registry().rotate(PHONE, KEY_2, KEY_1));
        confirm(PHONE, KEY_2);
        DeviceChanges confirmed = await(keys().changesSince(cursor));
        assertTold(confirmed, PHONE);
        cursor = told(confirmed.cursor(), registry().invalidate(PHONE));
        cursor = told(cursor, registry().replace(PHONE, KEY_3));
        cursor = told(cursor, registry().revoke(PHONE));
        told(cursor, registry().register(PHONE, KEY_4, DeviceStatus.ACTIVE));
    }

    private long told(long cursor, CompletionStage<RegistryResult> change) {
        assertTrue(await(change).isChange());
        DeviceChanges changes = await(keys().changesSince(cursor));
        assertTold(changes, PHONE);
        return changes.cursor();
    }

    @Test
    public void theFeedStartsWithWhatIsAtHand() {
        register(PHONE, KEY_1);
        register(TABLET, KEY_2);
        assertTold(await(keys().changesSince(0)), PHONE, TABLET);
    }

    @Test
    public void theCursorOfNowIsWhereLaterChangesBegin() {
        long atFirst = await(keys().cursor());
        assertTrue(await(keys().changesSince(atFirst)).records().isEmpty());
        register(PHONE, KEY_1);
        register(TABLET, KEY_2);
        assertTold(await(keys().changesSince(atFirst)), PHONE, TABLET);
        long cursor = await(keys().cursor());
        assertTrue(await(keys().changesSince(cursor)).records().isEmpty(), "what was before is not told");
        expect(Outcome.CHANGED, registry().invalidate(TABLET));
        assertTold(await(keys().changesSince(cursor)), TABLET);
        assertTrue(await(keys().cursor()) > cursor);
    }

    @Test
    public void aCursorNeverGoesBack() {
        register(PHONE, KEY_1);
        long cursor = await(keys().changesSince(0)).cursor();
        assertTrue(await(keys().changesSince(cursor)).cursor() >= cursor);
        long ahead = cursor + 1_000_000;
        DeviceChanges beyond = await(keys().changesSince(ahead));
        assertTrue(beyond.cursor() >= ahead, "also one that is ahead of all changes");
        expect(Outcome.CHANGED, registry().invalidate(PHONE));
        clock.advanceSeconds(-1000);
        assertTrue(await(keys().changesSince(cursor)).cursor() >= cursor, "nor with the clock");
    }

    // Concurrency.

    @Test
    public void ofConcurrentRegistrationsOfOneKeyExactlyOneWins() {
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                DevicePublicKey key = TestKeys.publicKey(1000 + round);
                List<DeviceIdentity> devices = new ArrayList<>();
                List<Callable<Outcome>> calls = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    DeviceIdentity device = device(round * 10 + i);
                    devices.add(device);
                    calls.add(() -> await(registry().register(device, key, DeviceStatus.ACTIVE))
                            .outcome());
                }
                List<Outcome> outcomes = race.run(calls);
                assertEquals(1, Collections.frequency(outcomes, Outcome.CREATED), "round " + round + ": " + outcomes);
                assertEquals(
                        3, Collections.frequency(outcomes, Outcome.KEY_IN_USE), "round " + round + ": " + outcomes);
                for (int i = 0; i < devices.size(); i++) {
                    boolean won = outcomes.get(i) == Outcome.CREATED;
                    assertEquals(won, await(keys().find(devices.get(i))).isPresent(), "round " + round);
                    if (won) {
                        assertOwner(key, devices.get(i), KeyState.CURRENT);
                    }
                }
            }
        }
    }

    @Test
    public void ofConcurrentRegistrationsOfOneDeviceExactlyOneWins() {
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                DeviceIdentity device = device(round);
                List<Callable<Outcome>> calls = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    DevicePublicKey key = TestKeys.publicKey(1000 + round * 4 + i);
                    calls.add(() -> await(registry().register(device, key, DeviceStatus.ACTIVE))
                            .outcome());
                }
                List<Outcome> outcomes = race.run(calls);
                int winner = outcomes.indexOf(Outcome.CREATED);
                assertEquals(1, Collections.frequency(outcomes, Outcome.CREATED), "round " + round + ": " + outcomes);
                assertEquals(
                        3, Collections.frequency(outcomes, Outcome.DEVICE_EXISTS), "round " + round + ": " + outcomes);
                assertKeys(device, Map.of(KeyState.CURRENT, TestKeys.publicKey(1000 + round * 4 + winner)));
            }
        }
    }

    @Test
    public void ofConcurrentRepetitionsOfOneRegistrationOneCreatesAndNoneFails() {
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                DeviceIdentity device = device(round);
                DevicePublicKey key = TestKeys.publicKey(1000 + round);
                Callable<Outcome> call = () -> await(registry().register(device, key, DeviceStatus.ACTIVE))
                        .outcome();
                List<Outcome> outcomes = race.run(List.of(call, call, call, call));
                assertEquals(1, Collections.frequency(outcomes, Outcome.CREATED), "round " + round + ": " + outcomes);
                assertEquals(3, Collections.frequency(outcomes, Outcome.UNCHANGED), "round " + round + ": " + outcomes);
            }
        }
    }

    @Test
    public void concurrentRotationsLeaveOneProvisionalKeyAndBurnTheOthers() {
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                DeviceIdentity device = device(round);
                DevicePublicKey old = TestKeys.publicKey(1000 + round * 5);
                register(device, old);
                List<DevicePublicKey> named = new ArrayList<>();
                List<Callable<RegistryResult>> calls = new ArrayList<>();
                for (int i = 1; i <= 4; i++) {
                    DevicePublicKey key = TestKeys.publicKey(1000 + round * 5 + i);
                    named.add(key);
                    calls.add(() -> await(registry().rotate(device, key, old)));
                }
                long highest = 0;
                for (RegistryResult result : race.run(calls)) {
                    assertEquals(Outcome.CHANGED, result.outcome(), "round " + round);
                    highest = Math.max(highest, result.record().orElseThrow().version());
                }
                DeviceRecord record = found(device);
                assertEquals(highest, record.version(), "the last change is what is stored");
                DevicePublicKey winner =
                        record.key(KeyState.PROVISIONAL).orElseThrow().publicKey();
                for (DevicePublicKey key : named) {
                    assertOwner(key, device, key.equals(winner) ? KeyState.PROVISIONAL : KeyState.RETIRED);
                }
                assertKeys(device, Map.of(KeyState.CURRENT, old, KeyState.PROVISIONAL, winner));
            }
        }
    }

    @Test
    public void ofConcurrentConfirmationsOneChangesTheRecord() {
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                DeviceIdentity device = device(round);
                DevicePublicKey old = TestKeys.publicKey(1000 + round * 2);
                DevicePublicKey next = TestKeys.publicKey(1001 + round * 2);
                register(device, old);
                rotate(device, next, old);
                Callable<Boolean> call = () -> await(keys().confirm(device, next, clock.instant()));
                List<Boolean> answers = race.run(List.of(call, call, call, call));
                assertEquals(1, Collections.frequency(answers, true), "round " + round + ": " + answers);
                assertKeys(device, Map.of(KeyState.CURRENT, next, KeyState.PREVIOUS, old));
            }
        }
    }

    @Test
    public void ofConcurrentErasuresOneErases() {
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                DeviceIdentity device = device(round);
                register(device, TestKeys.publicKey(1000 + round));
                Callable<Outcome> call = () -> await(registry().erase(device)).outcome();
                List<Outcome> outcomes = race.run(List.of(call, call, call, call));
                assertEquals(1, Collections.frequency(outcomes, Outcome.ERASED), "round " + round + ": " + outcomes);
                assertEquals(3, Collections.frequency(outcomes, Outcome.UNCHANGED), "round " + round + ": " + outcomes);
            }
        }
    }

    @Test
    public void anErasureAmongOtherChangesLeavesNothingBehind() {
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                DeviceIdentity device = device(round);
                DeviceIdentity other = device(100_000 + round);
                DevicePublicKey first = TestKeys.publicKey(1000 + round * 3);
                DevicePublicKey second = TestKeys.publicKey(1001 + round * 3);
                DevicePublicKey third = TestKeys.publicKey(1002 + round * 3);
                register(device, first);
                rotate(device, second, first);
                List<Outcome> outcomes = race.run(List.of(
                        () -> await(registry().erase(device)).outcome(),
                        () -> await(keys().confirm(device, second, clock.instant()))
                                ? Outcome.CHANGED
                                : Outcome.UNCHANGED,
                        () -> await(registry().rotate(device, third, first)).outcome(),
                        () -> await(registry().revoke(device)).outcome()));
                assertEquals(Outcome.ERASED, outcomes.get(0), "round " + round + ": " + outcomes);
                assertEquals(Optional.empty(), await(keys().find(device)), "round " + round + ": " + outcomes);
                expect(Outcome.KEY_IN_USE, registry().register(other, first, DeviceStatus.ACTIVE));
                expect(Outcome.KEY_IN_USE, registry().register(other, second, DeviceStatus.ACTIVE));
                boolean named = outcomes.get(2) == Outcome.CHANGED;
                expect(
                        named ? Outcome.KEY_IN_USE : Outcome.CREATED,
                        registry().register(other, third, DeviceStatus.ACTIVE));
            }
        }
    }

    @Test
    public void anErasureBesideARegistrationIsBeforeOrAfterIt() {
        try (Race race = new Race()) {
            for (int round = 0; round < rounds(); round++) {
                DeviceIdentity device = device(round);
                DevicePublicKey old = TestKeys.publicKey(1000 + round * 2);
                DevicePublicKey next = TestKeys.publicKey(1001 + round * 2);
                register(device, old);
                long before = await(keys().cursor());
                List<Outcome> outcomes = race.run(List.of(
                        () -> await(registry().erase(device)).outcome(),
                        () -> await(registry().register(device, next, DeviceStatus.ACTIVE))
                                .outcome()));
                assertEquals(Outcome.ERASED, outcomes.get(0), "round " + round);
                DeviceChanges changes = changesSince(before);
                assertErased(changes, device);
                if (outcomes.get(1) == Outcome.CREATED) {
                    assertTold(changes, device);
                    assertKeys(device, Map.of(KeyState.CURRENT, next));
                } else {
                    assertEquals(Outcome.DEVICE_EXISTS, outcomes.get(1), "round " + round);
                    assertEquals(Optional.empty(), await(keys().find(device)), "round " + round);
                }
            }
        }
    }

    @Test
    public void aFeedThatIsReadWhileDevicesAreErasedMissesNothing() {
        int each = rounds();
        Map<DeviceIdentity, Long> told = toldWhile(each, number -> {
            register(device(number), TestKeys.publicKey(1000 + 2 * number));
            erase(device(number));
            if (number % each % 2 == 0) {
                register(device(number), TestKeys.publicKey(1001 + 2 * number));
            }
        });
        for (int i = 0; i < WRITERS * each; i++) {
            Long last = told.get(device(i));
            assertNotNull(last, "device " + i + " was never told");
            boolean isBack = i % each % 2 == 0;
            assertEquals(isBack, last > 0, "device " + i + ": the last that was told is what is true");
            if (isBack) {
                assertEquals(found(device(i)).version(), last, "device " + i);
            }
        }
    }

    @Test
    public void aFeedThatIsReadWhileDevicesChangeMissesNothing() {
        int each = rounds();
        Map<DeviceIdentity, Long> told = toldWhile(each, number -> {
            register(device(number), TestKeys.publicKey(1000 + number));
            expect(Outcome.CHANGED, registry().invalidate(device(number)));
        });
        for (int i = 0; i < WRITERS * each; i++) {
            assertEquals(found(device(i)).version(), told.get(device(i)), "device " + i);
        }
    }

    /** What the feed tells while writers change so many devices each, one after the other, and when they are done. */
    private Map<DeviceIdentity, Long> toldWhile(int each, IntConsumer change) {
        Map<DeviceIdentity, Long> told = new HashMap<>();
        try (Race race = new Race()) {
            List<Callable<Boolean>> calls = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                int first = w * each;
                calls.add(() -> {
                    for (int i = 0; i < each; i++) {
                        change.accept(first + i);
                    }
                    return true;
                });
            }
            // The reader goes on from where it was when the writers are done.
            long[] cursor = {0};
            calls.add(() -> {
                for (int i = 0; i < each; i++) {
                    cursor[0] = follow(cursor[0], told);
                }
                return true;
            });
            assertEquals(Collections.nCopies(WRITERS + 1, true), race.run(calls));
            follow(cursor[0], told);
        }
        return told;
    }

    /** A record may be told again. None is missed, and none lacks a change that came before its version. */
    @Test
    public void theFeedOfManyWritersMissesNothing() {
        FeedFlood flood = new FeedFlood(registry(), keys(), 8);
        FeedFlood.Result registered = flood.register(8 * rounds());
        assertEquals(0, registered.missed(), registered::toString);
        FeedFlood.Result crossed = flood.registerRotateAndRevoke(4 * rounds());
        assertEquals(0, crossed.missed(), crossed::toString);
    }

    /** A registry in memory that closing does not end goes on answering, and may say so. */
    @Test
    public void theStatusSaysNothingThatIsWrong() throws Exception {
        register(PHONE, KEY_1);
        assertEquals(PHONE, found(PHONE).identity());
        assertNotEquals(
                StoreStatus.Availability.UNAVAILABLE, keys().status().availability(), "a lookup was answered just now");
        TestStatus.check(keys().status());
        closeOwner();
        TestStatus.check(keys().status());
        if (keys().status().isAvailable()) {
            assertTrue(await(keys().find(PHONE)).isPresent(), "available, and yet it does not answer");
        }
    }

    @Test
    public void closingTwiceIsOneClosing() {
        register(PHONE, KEY_1);
        assertDoesNotThrow(this::closeOwner);
        assertDoesNotThrow(this::closeOwner);
    }

    private long follow(long cursor, Map<DeviceIdentity, Long> told) {
        DeviceChanges changes = await(keys().changesSince(cursor));
        assertTrue(changes.cursor() >= cursor, "the cursor went back");
        for (DeviceRecord record : changes.records()) {
            told.merge(record.identity(), record.version(), KeyStoreContract::later);
        }
        for (ErasedDevice erased : changes.erased()) {
            told.merge(erased.identity(), -erased.version(), KeyStoreContract::later);
        }
        return changes.cursor();
    }

    /** The later of two versions; that of an erasure is negative. */
    private static Long later(Long one, Long other) {
        return Math.abs(one) > Math.abs(other) ? one : other;
    }

    /** All there is after the cursor: an answer may be a part of it. */
    private DeviceChanges changesSince(long cursor) {
        List<DeviceRecord> records = new ArrayList<>();
        List<ErasedDevice> erased = new ArrayList<>();
        boolean isIncomplete = false;
        DeviceChanges page;
        long next = cursor;
        do {
            page = await(keys().changesSince(next));
            records.addAll(page.records());
            erased.addAll(page.erased());
            isIncomplete |= page.isIncomplete();
            next = page.cursor();
        } while (!page.isEmpty());
        DeviceChanges all = DeviceChanges.of(records, next).withErased(erased);
        return isIncomplete ? all.asIncomplete() : all;
    }

    /** Refused as a key that belongs or belonged to a device, whether or not the store can still tell to which one. */
    private static void assertUsed(CompletionStage<RegistryResult> stage) {
        Outcome outcome = await(stage).outcome();
        assertTrue(outcome == Outcome.KEY_USED_BEFORE || outcome == Outcome.KEY_IN_USE, "not refused: " + outcome);
    }

    /** These and no others, each once. */
    private static void assertErased(DeviceChanges changes, DeviceIdentity... devices) {
        assertEquals(
                List.of(devices),
                changes.erased().stream().map(ErasedDevice::identity).toList());
    }

    private void rotate(DeviceIdentity device, DevicePublicKey newKey, DevicePublicKey signedBy) {
        expect(Outcome.CHANGED, registry().rotate(device, newKey, signedBy));
    }

    private void confirm(DeviceIdentity device, DevicePublicKey key) {
        assertTrue(await(keys().confirm(device, key, clock.instant())), "confirmed");
    }

    private static DeviceRecord found(DeviceIdentity device, CompletionStage<RegistryResult> stage) {
        return await(stage).record().orElseThrow(() -> new AssertionError("no record of " + device));
    }

    private DeviceKey key(DeviceIdentity device, KeyState state) {
        return found(device).key(state).orElseThrow(() -> new AssertionError("no key is " + state));
    }

    /** The keys that count for anything are exactly these; retired ones may be listed or not. */
    private void assertKeys(DeviceIdentity device, Map<KeyState, DevicePublicKey> expected) {
        Map<KeyState, DevicePublicKey> listed = new EnumMap<>(KeyState.class);
        for (DeviceKey key : found(device).keys()) {
            if (key.state() != KeyState.RETIRED) {
                listed.put(key.state(), key.publicKey());
            }
        }
        assertEquals(expected.keySet(), listed.keySet(), "states");
        assertTrue(expected.equals(listed), "the keys are not those in these states: " + expected.keySet());
    }

    private void assertNotWaiting(DeviceIdentity device, DevicePublicKey key) {
        for (DeviceKey listed : found(device).keys()) {
            boolean waiting = listed.state() == KeyState.PROVISIONAL && !listed.isPast(clock.second());
            assertFalse(waiting && listed.publicKey().equals(key), "the key still waits for its first request");
        }
    }

    private void assertEnd(DeviceIdentity device, KeyState state, Instant expected) {
        Instant end = key(device, state).notAfter().orElseThrow(() -> new AssertionError("no end"));
        assertEquals(expected.getEpochSecond(), end.getEpochSecond(), "only whole seconds count");
    }

    /** What is known of where the key lives is the store's business. */
    private static void assertCurrent(DevicePublicKey expected, DeviceKey key) {
        assertEquals(DeviceKey.current(expected), key.withAttestation(KeyAttestation.UNKNOWN));
    }

    private void assertOwner(DevicePublicKey key, DeviceIdentity device, KeyState state) {
        assertEquals(Optional.of(KeyOwner.of(device, state)), await(registry().findByKey(key)));
    }

    private void assertTold(DeviceChanges changes, DeviceIdentity... devices) {
        Map<DeviceIdentity, DeviceRecord> told = new HashMap<>();
        for (DeviceRecord record : changes.records()) {
            told.put(record.identity(), record);
        }
        for (DeviceIdentity device : devices) {
            assertEquals(found(device), told.get(device), "the feed tells the device as it is now");
        }
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

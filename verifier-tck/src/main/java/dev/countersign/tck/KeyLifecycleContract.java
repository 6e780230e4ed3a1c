package dev.countersign.tck;

import static dev.countersign.tck.Race.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.RegistryResult.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A part of {@link KeyStoreContract}: what becomes of keys and devices (protocol, Keys). */
public abstract class KeyLifecycleContract extends RegistrationContract {
    KeyLifecycleContract() {}

    private static final Duration GRACE = Duration.ofMinutes(5);
    static final Duration DAY = Duration.ofDays(1);

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
}

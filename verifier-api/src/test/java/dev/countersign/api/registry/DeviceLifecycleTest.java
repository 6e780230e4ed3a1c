package dev.countersign.api.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyAttestation;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.wire.SlowP256;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DeviceLifecycleTest {
    private static final DeviceLifecycle LIFE = DeviceLifecycle.STANDARD;
    private static final DeviceIdentity DEVICE = new DeviceIdentity("app", "d-1");
    private static final DeviceIdentity OTHER = new DeviceIdentity("app", "d-2");
    private static final List<DevicePublicKey> KEYS = keys();
    private static final DevicePublicKey A = KEYS.get(0);
    private static final DevicePublicKey B = KEYS.get(1);
    private static final DevicePublicKey C = KEYS.get(2);
    private static final DevicePublicKey D = KEYS.get(3);
    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000L);
    private static final Instant DAY_LATER = NOW.plus(Duration.ofDays(1));
    private static final Instant FIVE_MINUTES_LATER = NOW.plusSeconds(300);

    @Test
    void theStandardPeriods() {
        assertEquals(Duration.ofMinutes(5), LIFE.previousKeyGrace());
        assertEquals(Duration.ofDays(1), LIFE.rotationLimit());
        DeviceLifecycle other = LIFE.withPreviousKeyGrace(Duration.ZERO).withRotationLimit(Duration.ofNanos(1));
        assertEquals(Duration.ZERO, other.previousKeyGrace());
        assertEquals(Duration.ofNanos(1), other.rotationLimit());
        assertThrows(IllegalArgumentException.class, () -> LIFE.withPreviousKeyGrace(Duration.ofNanos(-1)));
        assertThrows(IllegalArgumentException.class, () -> LIFE.withRotationLimit(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> LIFE.withRotationLimit(Duration.ofSeconds(-1)));
    }

    // register

    @Test
    void registerCreatesAnUnknownDevice() {
        for (DeviceStatus initial : List.of(DeviceStatus.ACTIVE, DeviceStatus.PENDING)) {
            DeviceRecord made = expect(Outcome.CREATED, LIFE.register(null, null, DEVICE, A, initial));
            assertEquals(DeviceRecord.of(DEVICE, initial, List.of(DeviceKey.current(A)), 0), made);
        }
        assertThrows(IllegalArgumentException.class, () -> LIFE.register(null, null, DEVICE, A, DeviceStatus.REVOKED));
    }

    @Test
    void registerTwiceChangesNothing() {
        for (DeviceStatus status : List.of(DeviceStatus.ACTIVE, DeviceStatus.PENDING)) {
            DeviceRecord record = record(status, DeviceKey.current(A));
            same(
                    Outcome.UNCHANGED,
                    record,
                    LIFE.register(record, mine(KeyState.CURRENT), DEVICE, A, DeviceStatus.ACTIVE));
        }
    }

    @Test
    void registerRefusesAnotherKeyOfALivingDevice() {
        DeviceRecord record = active(DeviceKey.current(A), provisional(B, DAY_LATER), previous(C, NOW));
        same(Outcome.DEVICE_EXISTS, record, LIFE.register(record, null, DEVICE, D, DeviceStatus.ACTIVE));
        same(
                Outcome.DEVICE_EXISTS,
                record,
                LIFE.register(record, mine(KeyState.PROVISIONAL), DEVICE, B, DeviceStatus.ACTIVE));
        same(
                Outcome.DEVICE_EXISTS,
                record,
                LIFE.register(record, mine(KeyState.PREVIOUS), DEVICE, C, DeviceStatus.ACTIVE));
        same(
                Outcome.KEY_USED_BEFORE,
                record,
                LIFE.register(record, mine(KeyState.RETIRED), DEVICE, D, DeviceStatus.ACTIVE));
        DeviceRecord invalidated = active(invalidated(A, DAY_LATER));
        same(
                Outcome.DEVICE_EXISTS,
                invalidated,
                LIFE.register(invalidated, mine(KeyState.INVALIDATED), DEVICE, A, DeviceStatus.ACTIVE));
    }

    @Test
    void aKeyBelongsToOneDeviceEver() {
        DeviceRecord record = active(DeviceKey.current(A));
        for (KeyState state : KeyState.values()) {
            KeyOwner theirs = KeyOwner.of(OTHER, state);
            assertEquals(
                    Optional.empty(),
                    LIFE.register(null, theirs, DEVICE, B, DeviceStatus.ACTIVE).record());
            same(Outcome.KEY_IN_USE, null, LIFE.register(null, theirs, DEVICE, B, DeviceStatus.ACTIVE));
            same(Outcome.KEY_IN_USE, record, LIFE.register(record, theirs, DEVICE, B, DeviceStatus.ACTIVE));
            same(Outcome.KEY_IN_USE, record, LIFE.rotate(record, theirs, B, A, NOW));
            same(Outcome.KEY_IN_USE, record, LIFE.replace(record, theirs, B));
            DeviceRecord revoked = record(DeviceStatus.REVOKED, DeviceKey.current(A));
            same(Outcome.KEY_IN_USE, revoked, LIFE.register(revoked, theirs, DEVICE, B, DeviceStatus.ACTIVE));
            same(Outcome.KEY_USED_BEFORE, null, LIFE.register(null, mine(state), DEVICE, B, DeviceStatus.ACTIVE));
        }
    }

    @Test
    void aRevokedDeviceLivesAgainOnlyThroughANewKey() {
        DeviceRecord revoked = record(DeviceStatus.REVOKED, DeviceKey.current(A), previous(B, NOW));
        for (KeyState state : KeyState.values()) {
            same(Outcome.KEY_USED_BEFORE, revoked, LIFE.register(revoked, mine(state), DEVICE, A, DeviceStatus.ACTIVE));
        }
        DeviceRecord alive = expect(Outcome.REINSTATED, LIFE.register(revoked, null, DEVICE, C, DeviceStatus.PENDING));
        assertEquals(record(DeviceStatus.PENDING, retired(A), retired(B), DeviceKey.current(C)), alive);
    }

    // activate

    @Test
    void activateMakesAPendingDeviceActive() {
        DeviceRecord pending = record(DeviceStatus.PENDING, DeviceKey.current(A));
        assertEquals(active(DeviceKey.current(A)), expect(Outcome.CHANGED, LIFE.activate(pending)));
        DeviceRecord active = active(DeviceKey.current(A));
        same(Outcome.UNCHANGED, active, LIFE.activate(active));
        DeviceRecord revoked = record(DeviceStatus.REVOKED, DeviceKey.current(A));
        same(Outcome.DEVICE_REVOKED, revoked, LIFE.activate(revoked));
        same(Outcome.UNKNOWN_DEVICE, null, LIFE.activate(null));
    }

    // rotate

    @Test
    void rotateNamesAProvisionalKeyForADay() {
        DeviceRecord record = active(DeviceKey.current(A));
        DeviceRecord rotated = expect(Outcome.CHANGED, LIFE.rotate(record, null, B, A, NOW));
        assertEquals(active(DeviceKey.current(A), provisional(B, DAY_LATER)), rotated);
        same(Outcome.UNCHANGED, rotated, LIFE.rotate(rotated, mine(KeyState.PROVISIONAL), B, A, DAY_LATER));
    }

    @Test
    void rotateToAnotherKeyBurnsTheAbandonedOne() {
        DeviceRecord rotated = active(DeviceKey.current(A), provisional(B, DAY_LATER));
        DeviceRecord again = expect(Outcome.CHANGED, LIFE.rotate(rotated, null, C, A, NOW));
        assertEquals(active(DeviceKey.current(A), retired(B), provisional(C, DAY_LATER)), again);
        same(Outcome.KEY_USED_BEFORE, again, LIFE.rotate(again, mine(KeyState.RETIRED), B, A, NOW));
    }

    @Test
    void aProvisionalKeyPastItsEndIsUsedUp() {
        DeviceRecord late = active(DeviceKey.current(A), provisional(B, NOW));
        same(Outcome.UNCHANGED, late, LIFE.rotate(late, mine(KeyState.PROVISIONAL), B, A, NOW));
        Instant after = NOW.plusSeconds(1);
        same(Outcome.KEY_USED_BEFORE, late, LIFE.rotate(late, mine(KeyState.PROVISIONAL), B, A, after));
        same(Outcome.KEY_NOT_ALLOWED, late, LIFE.confirm(late, B, after));
        assertTrue(LIFE.confirm(late, B, NOW).isChange());
    }

    @Test
    void onlyTheCurrentOrTheInvalidatedKeySignsRotations() {
        DeviceRecord record =
                active(DeviceKey.current(A), provisional(B, DAY_LATER), previous(C, DAY_LATER), retired(D));
        for (DevicePublicKey signer : List.of(B, C, D, KEYS.get(4))) {
            same(Outcome.KEY_NOT_ALLOWED, record, LIFE.rotate(record, null, KEYS.get(5), signer, NOW));
        }
        DeviceRecord invalidated = active(invalidated(A, DAY_LATER));
        assertEquals(
                active(invalidated(A, DAY_LATER), provisional(B, DAY_LATER.plus(Duration.ofDays(1)))),
                expect(Outcome.CHANGED, LIFE.rotate(invalidated, null, B, A, DAY_LATER)));
        same(Outcome.KEY_NOT_ALLOWED, invalidated, LIFE.rotate(invalidated, null, B, A, DAY_LATER.plusSeconds(1)));
    }

    @Test
    void aKeyDoesNotRotateToAKeyThatWasUsed() {
        DeviceRecord record = active(DeviceKey.current(A), previous(B, DAY_LATER));
        same(Outcome.KEY_USED_BEFORE, record, LIFE.rotate(record, mine(KeyState.CURRENT), A, A, NOW));
        same(Outcome.KEY_USED_BEFORE, record, LIFE.rotate(record, mine(KeyState.PREVIOUS), B, A, NOW));
        same(Outcome.KEY_USED_BEFORE, record, LIFE.rotate(record, mine(KeyState.RETIRED), C, A, NOW));
    }

    @Test
    void onlyActiveDevicesRotate() {
        DeviceRecord pending = record(DeviceStatus.PENDING, DeviceKey.current(A));
        DeviceRecord revoked = record(DeviceStatus.REVOKED, DeviceKey.current(A));
        same(Outcome.DEVICE_PENDING, pending, LIFE.rotate(pending, null, B, A, NOW));
        same(Outcome.DEVICE_REVOKED, revoked, LIFE.rotate(revoked, null, B, A, NOW));
        same(Outcome.UNKNOWN_DEVICE, null, LIFE.rotate(null, null, B, A, NOW));
    }

    // confirm

    @Test
    void theFirstAcceptedRequestMakesTheKeyCurrent() {
        DeviceRecord rotated = active(DeviceKey.current(A), provisional(B, DAY_LATER), previous(C, DAY_LATER));
        DeviceRecord confirmed = expect(Outcome.CHANGED, LIFE.confirm(rotated, B, NOW));
        assertEquals(active(previous(A, FIVE_MINUTES_LATER), DeviceKey.current(B), retired(C)), confirmed);
        same(Outcome.UNCHANGED, confirmed, LIFE.confirm(confirmed, B, NOW));
    }

    @Test
    void anInvalidatedKeyIsRetiredByTheFirstRequestOfItsSuccessor() {
        DeviceRecord rotated = active(invalidated(A, DAY_LATER), provisional(B, DAY_LATER));
        assertEquals(active(retired(A), DeviceKey.current(B)), expect(Outcome.CHANGED, LIFE.confirm(rotated, B, NOW)));
    }

    @Test
    void confirmKnowsProvisionalKeysOnly() {
        DeviceRecord record = active(invalidated(A, DAY_LATER), previous(B, DAY_LATER), retired(C));
        for (DevicePublicKey key : List.of(A, B, C, D)) {
            same(Outcome.KEY_NOT_ALLOWED, record, LIFE.confirm(record, key, NOW));
        }
        DeviceRecord revoked = record(DeviceStatus.REVOKED, DeviceKey.current(A), provisional(B, DAY_LATER));
        same(Outcome.DEVICE_REVOKED, revoked, LIFE.confirm(revoked, B, NOW));
        same(Outcome.UNKNOWN_DEVICE, null, LIFE.confirm(null, B, NOW));
    }

    // replace, invalidate, revoke

    @Test
    void replaceRetiresAllOldKeysAtOnce() {
        DeviceRecord record = active(DeviceKey.current(A), provisional(B, DAY_LATER), previous(C, DAY_LATER));
        assertEquals(
                active(retired(A), retired(B), retired(C), DeviceKey.current(D)),
                expect(Outcome.CHANGED, LIFE.replace(record, null, D)));
        same(Outcome.UNCHANGED, record, LIFE.replace(record, mine(KeyState.CURRENT), A));
        same(Outcome.KEY_USED_BEFORE, record, LIFE.replace(record, mine(KeyState.PROVISIONAL), B));
        same(Outcome.KEY_USED_BEFORE, record, LIFE.replace(record, mine(KeyState.RETIRED), D));
        DeviceRecord pending = record(DeviceStatus.PENDING, DeviceKey.current(A));
        assertEquals(
                record(DeviceStatus.PENDING, retired(A), DeviceKey.current(B)),
                expect(Outcome.CHANGED, LIFE.replace(pending, null, B)));
        DeviceRecord revoked = record(DeviceStatus.REVOKED, DeviceKey.current(A));
        same(Outcome.DEVICE_REVOKED, revoked, LIFE.replace(revoked, null, B));
        same(Outcome.UNKNOWN_DEVICE, null, LIFE.replace(null, null, B));
    }

    @Test
    void invalidateAsksForANewKeyWithinADay() {
        DeviceRecord record = active(DeviceKey.current(A), provisional(B, FIVE_MINUTES_LATER), previous(C, DAY_LATER));
        DeviceRecord asked = expect(Outcome.CHANGED, LIFE.invalidate(record, NOW));
        assertEquals(active(invalidated(A, DAY_LATER), provisional(B, FIVE_MINUTES_LATER), retired(C)), asked);
        same(Outcome.UNCHANGED, asked, LIFE.invalidate(asked, NOW.plusSeconds(9)));
        DeviceRecord revoked = record(DeviceStatus.REVOKED, DeviceKey.current(A));
        same(Outcome.DEVICE_REVOKED, revoked, LIFE.invalidate(revoked, NOW));
        same(Outcome.UNKNOWN_DEVICE, null, LIFE.invalidate(null, NOW));
    }

    @Test
    void revokeKeepsTheKeysForTellingTheDevice() {
        DeviceRecord record = active(DeviceKey.current(A), provisional(B, DAY_LATER));
        DeviceRecord revoked = expect(Outcome.CHANGED, LIFE.revoke(record));
        assertEquals(record(DeviceStatus.REVOKED, DeviceKey.current(A), provisional(B, DAY_LATER)), revoked);
        same(Outcome.UNCHANGED, revoked, LIFE.revoke(revoked));
        same(Outcome.UNKNOWN_DEVICE, null, LIFE.revoke(null));
    }

    @Test
    void eraseLeavesNoRecordWhateverThereWas() {
        for (DeviceStatus status : DeviceStatus.values()) {
            RegistryResult erased = LIFE.erase(record(status, DeviceKey.current(A), provisional(B, DAY_LATER)));
            assertEquals(RegistryResult.of(Outcome.ERASED), erased);
            assertTrue(erased.isSuccess() && erased.isChange());
        }
        RegistryResult nothing = LIFE.erase(null);
        same(Outcome.UNCHANGED, null, nothing);
        assertTrue(nothing.isSuccess() && !nothing.isChange());
    }

    @Test
    void outcomesSayWhetherTheyAreSuccessAndChange() {
        Set<Outcome> changes = Set.of(Outcome.CREATED, Outcome.REINSTATED, Outcome.CHANGED, Outcome.ERASED);
        for (Outcome outcome : Outcome.values()) {
            RegistryResult result = RegistryResult.of(outcome);
            assertEquals(changes.contains(outcome), result.isChange());
            assertEquals(changes.contains(outcome) || outcome == Outcome.UNCHANGED, result.isSuccess());
        }
    }

    // what is known of where a key lives

    @Test
    void aRotatedKeyHasItsAttestationFromTheKeyThatSigned() {
        Map<KeyAttestation, KeyAttestation> after = Map.of(
                KeyAttestation.ATTESTED, KeyAttestation.ROTATED_FROM_ATTESTED,
                KeyAttestation.ROTATED_FROM_ATTESTED, KeyAttestation.ROTATED_FROM_ATTESTED,
                KeyAttestation.UNATTESTED, KeyAttestation.UNATTESTED,
                KeyAttestation.UNKNOWN, KeyAttestation.UNKNOWN);
        assertEquals(Set.of(KeyAttestation.values()), after.keySet());
        for (KeyAttestation signers : KeyAttestation.values()) {
            DeviceRecord record = active(DeviceKey.current(A).withAttestation(signers));
            DeviceRecord rotated = expect(Outcome.CHANGED, LIFE.rotate(record, null, B, A, NOW));
            assertEquals(
                    after.get(signers),
                    rotated.key(KeyState.PROVISIONAL).orElseThrow().attestation());
            assertEquals(signers, rotated.key(KeyState.CURRENT).orElseThrow().attestation());
            DeviceRecord invalidated = expect(Outcome.CHANGED, LIFE.invalidate(record, NOW));
            assertEquals(
                    signers, invalidated.key(KeyState.INVALIDATED).orElseThrow().attestation());
            DeviceRecord confirmed = expect(Outcome.CHANGED, LIFE.confirm(rotated, B, NOW));
            assertEquals(
                    after.get(signers),
                    confirmed.key(KeyState.CURRENT).orElseThrow().attestation());
            assertEquals(signers, confirmed.key(KeyState.PREVIOUS).orElseThrow().attestation());
        }
    }

    @Test
    void aKeyThatNoRotationNamedHasNoAttestationOfAnother() {
        DeviceRecord record = active(DeviceKey.current(A).withAttestation(KeyAttestation.ATTESTED));
        DeviceRecord replaced = expect(Outcome.CHANGED, LIFE.replace(record, null, B));
        assertEquals(
                KeyAttestation.UNKNOWN,
                replaced.key(KeyState.CURRENT).orElseThrow().attestation());
        DeviceRecord revoked = expect(Outcome.CHANGED, LIFE.revoke(record));
        DeviceRecord reinstated =
                expect(Outcome.REINSTATED, LIFE.register(revoked, null, DEVICE, B, DeviceStatus.ACTIVE));
        assertEquals(
                KeyAttestation.UNKNOWN,
                reinstated.key(KeyState.CURRENT).orElseThrow().attestation());
    }

    // any sequence

    private enum Op {
        REGISTER,
        REGISTER_PENDING,
        ACTIVATE,
        ROTATE,
        CONFIRM,
        REPLACE,
        INVALIDATE,
        REVOKE
    }

    private record Step(Op op, boolean other, int key, int signer, int secondsLater) {}

    @Property(tries = 2000)
    void noSequenceBreaksTheRules(@ForAll("steps") @Size(max = 60) List<Step> steps, @ForAll boolean listRetired) {
        Map<DeviceIdentity, DeviceRecord> records = new HashMap<>();
        Map<DevicePublicKey, KeyOwner> owners = new HashMap<>();
        Instant now = NOW;
        for (Step step : steps) {
            now = now.plusSeconds(step.secondsLater);
            DeviceIdentity device = step.other ? OTHER : DEVICE;
            DevicePublicKey key = KEYS.get(step.key);
            DevicePublicKey signer = KEYS.get(step.signer);
            DeviceRecord before = records.get(device);
            KeyOwner owner = owners.get(key);
            RegistryResult result =
                    switch (step.op) {
                        case REGISTER -> LIFE.register(before, owner, device, key, DeviceStatus.ACTIVE);
                        case REGISTER_PENDING -> LIFE.register(before, owner, device, key, DeviceStatus.PENDING);
                        case ACTIVATE -> LIFE.activate(before);
                        case ROTATE -> LIFE.rotate(before, owner, key, signer, now);
                        case CONFIRM -> LIFE.confirm(before, key, now);
                        case REPLACE -> LIFE.replace(before, owner, key);
                        case INVALIDATE -> LIFE.invalidate(before, now);
                        case REVOKE -> LIFE.revoke(before);
                    };
            DeviceRecord after = result.record().orElse(null);
            if (!result.isChange()) {
                assertSame(before, after);
                continue;
            }
            assertNotNull(after);
            assertRules(step, before, owner, result.outcome(), after, owners, now);
            for (DeviceKey each : after.keys()) {
                owners.put(each.publicKey(), KeyOwner.of(device, each.state()));
            }
            List<DeviceKey> stored = new ArrayList<>(after.keys());
            if (!listRetired) {
                stored.removeIf(each -> each.state() == KeyState.RETIRED);
            }
            records.put(device, after.withKeys(stored).withVersion(after.version() + 1));
        }
    }

    private static void assertRules(
            Step step,
            @Nullable DeviceRecord before,
            @Nullable KeyOwner owner,
            Outcome outcome,
            DeviceRecord after,
            Map<DevicePublicKey, KeyOwner> owners,
            Instant now) {
        DeviceIdentity device = step.other ? OTHER : DEVICE;
        assertEquals(device, after.identity());
        Set<DevicePublicKey> listed = new HashSet<>();
        int usable = 0;
        for (DeviceKey key : after.keys()) {
            listed.add(key.publicKey());
            KeyOwner earlier = owners.get(key.publicKey());
            if (earlier != null) {
                assertEquals(device, earlier.device(), "a key belongs to one device, ever");
                assertTrue(
                        earlier.state() != KeyState.RETIRED || key.state() == KeyState.RETIRED,
                        "retired keys never return");
            }
            boolean ends = key.state() == KeyState.PROVISIONAL
                    || key.state() == KeyState.PREVIOUS
                    || key.state() == KeyState.INVALIDATED;
            assertEquals(ends, key.notAfter().isPresent());
            assertFalse(key.notAfter()
                    .filter(end -> end.isAfter(now.plus(Duration.ofDays(1))))
                    .isPresent());
            usable += key.state() == KeyState.RETIRED ? 0 : 1;
        }
        assertTrue(usable <= 3);
        boolean hasMain = after.key(KeyState.CURRENT).isPresent()
                || after.key(KeyState.INVALIDATED).isPresent();
        assertTrue(hasMain, "a device has a current or an invalidated key");
        if (before == null) {
            assertEquals(Outcome.CREATED, outcome);
            assertEquals(0, after.version());
            assertNull(owner);
            return;
        }
        assertEquals(before.version(), after.version(), "the registry numbers versions");
        for (DeviceKey key : before.keys()) {
            assertTrue(listed.contains(key.publicKey()), "what is retired is listed");
        }
        if (before.status() == DeviceStatus.REVOKED) {
            assertEquals(Outcome.REINSTATED, outcome);
            assertNull(owner, "only a key that was never used brings a device back");
            assertEquals(1, usable);
        }
        if (step.op == Op.ROTATE) {
            assertTrue(owners.get(KEYS.get(step.signer)) != null, "an unknown key signs nothing");
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Integer> key = Arbitraries.integers().between(0, KEYS.size() - 1);
        return Combinators.combine(
                        Arbitraries.of(Op.class),
                        Arbitraries.of(true, false, false, false),
                        key,
                        key,
                        Arbitraries.of(0, 0, 1, 100, 301, 86_400))
                .as(Step::new)
                .list();
    }

    private static DeviceRecord expect(Outcome outcome, RegistryResult result) {
        assertEquals(outcome, result.outcome());
        return result.record().orElseThrow(() -> new AssertionError("no record"));
    }

    private static void same(Outcome outcome, @Nullable DeviceRecord record, RegistryResult result) {
        assertEquals(outcome, result.outcome());
        assertSame(record, result.record().orElse(null));
        assertFalse(result.isChange());
    }

    private static KeyOwner mine(KeyState state) {
        return KeyOwner.of(DEVICE, state);
    }

    private static DeviceRecord active(DeviceKey... keys) {
        return record(DeviceStatus.ACTIVE, keys);
    }

    private static DeviceRecord record(DeviceStatus status, DeviceKey... keys) {
        return DeviceRecord.of(DEVICE, status, List.of(keys), 0);
    }

    private static DeviceKey provisional(DevicePublicKey key, Instant end) {
        return DeviceKey.of(key, KeyState.PROVISIONAL).withNotAfter(end);
    }

    private static DeviceKey previous(DevicePublicKey key, Instant end) {
        return DeviceKey.of(key, KeyState.PREVIOUS).withNotAfter(end);
    }

    private static DeviceKey invalidated(DevicePublicKey key, Instant end) {
        return DeviceKey.of(key, KeyState.INVALIDATED).withNotAfter(end);
    }

    private static DeviceKey retired(DevicePublicKey key) {
        return DeviceKey.of(key, KeyState.RETIRED);
    }

    private static List<DevicePublicKey> keys() {
        List<DevicePublicKey> keys = new ArrayList<>();
        for (int i = 1; i <= 8; i++) {
            keys.add(DevicePublicKey.ofPoint(SlowP256.point(i)));
        }
        return keys;
    }
}

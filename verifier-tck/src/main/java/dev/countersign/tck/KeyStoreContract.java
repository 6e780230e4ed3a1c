package dev.countersign.tck;

import static dev.countersign.tck.Race.await;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.ErasedDevice;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.testkit.TestKeys;
import dev.countersign.testkit.TestStatus;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/**
 * What every key store that has a registry must do (protocol, Keys), and what every {@linkplain DeviceRegistryContract
 * registry} must. Extend it, return a fresh store from {@link #open}, and all tests are inherited; the store is closed
 * after each. The periods are those of {@link dev.countersign.api.registry.DeviceLifecycle#STANDARD}.
 */
public abstract class KeyStoreContract extends DeviceErasureContract {
    /** For subclasses; the store comes from {@link #open}. */
    protected KeyStoreContract() {}

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
        assertInFeed(first, PHONE, TABLET);
        expect(Outcome.CHANGED, registry().invalidate(PHONE));
        DeviceChanges second = await(keys().changesSince(first.cursor()));
        assertInFeed(second, PHONE);
        assertInFeed(await(keys().changesSince(start.cursor())), TABLET, PHONE);
        expect(Outcome.UNCHANGED, registry().invalidate(PHONE));
        for (DeviceRecord again : await(keys().changesSince(second.cursor())).records()) {
            assertEquals(found(again.identity()), again, "a change may be in the feed twice, and then as it is now");
        }
    }

    @Test
    public void everyKindOfChangeTravelsOnTheFeed() {
        long cursor = await(keys().changesSince(0)).cursor();
        cursor = afterChange(cursor, registry().register(PHONE, KEY_1, DeviceStatus.PENDING));
        cursor = afterChange(cursor, registry().activate(PHONE));
        cursor = afterChange(cursor, registry().rotate(PHONE, KEY_2, KEY_1));
        confirm(PHONE, KEY_2);
        DeviceChanges confirmed = await(keys().changesSince(cursor));
        assertInFeed(confirmed, PHONE);
        cursor = afterChange(confirmed.cursor(), registry().invalidate(PHONE));
        cursor = afterChange(cursor, registry().replace(PHONE, KEY_3));
        cursor = afterChange(cursor, registry().revoke(PHONE));
        afterChange(cursor, registry().register(PHONE, KEY_4, DeviceStatus.ACTIVE));
    }

    @Test
    public void theFeedStartsWithWhatIsAtHand() {
        register(PHONE, KEY_1);
        register(TABLET, KEY_2);
        assertInFeed(await(keys().changesSince(0)), PHONE, TABLET);
    }

    @Test
    public void theCursorOfNowIsWhereLaterChangesBegin() {
        long atFirst = await(keys().cursor());
        assertTrue(await(keys().changesSince(atFirst)).records().isEmpty());
        register(PHONE, KEY_1);
        register(TABLET, KEY_2);
        assertInFeed(await(keys().changesSince(atFirst)), PHONE, TABLET);
        long cursor = await(keys().cursor());
        assertTrue(await(keys().changesSince(cursor)).records().isEmpty(), "what was before is not in the feed");
        expect(Outcome.CHANGED, registry().invalidate(TABLET));
        assertInFeed(await(keys().changesSince(cursor)), TABLET);
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
                    assertInFeed(changes, device);
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
        Map<DeviceIdentity, Long> seen = readWhile(each, number -> {
            register(device(number), TestKeys.publicKey(1000 + 2 * number));
            erase(device(number));
            if (number % each % 2 == 0) {
                register(device(number), TestKeys.publicKey(1001 + 2 * number));
            }
        });
        for (int i = 0; i < WRITERS * each; i++) {
            Long last = seen.get(device(i));
            assertNotNull(last, "device " + i + " was never in the feed");
            boolean isBack = i % each % 2 == 0;
            assertEquals(isBack, last > 0, "device " + i + ": the last that the feed had is what is true");
            if (isBack) {
                assertEquals(found(device(i)).version(), last, "device " + i);
            }
        }
    }

    @Test
    public void aFeedThatIsReadWhileDevicesChangeMissesNothing() {
        int each = rounds();
        Map<DeviceIdentity, Long> seen = readWhile(each, number -> {
            register(device(number), TestKeys.publicKey(1000 + number));
            expect(Outcome.CHANGED, registry().invalidate(device(number)));
        });
        for (int i = 0; i < WRITERS * each; i++) {
            assertEquals(found(device(i)).version(), seen.get(device(i)), "device " + i);
        }
    }

    /** What the feed tells while writers change so many devices each, one after the other, and when they are done. */
    private Map<DeviceIdentity, Long> readWhile(int each, IntConsumer change) {
        Map<DeviceIdentity, Long> seen = new HashMap<>();
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
                    cursor[0] = follow(cursor[0], seen);
                }
                return true;
            });
            assertEquals(Collections.nCopies(WRITERS + 1, true), race.run(calls));
            follow(cursor[0], seen);
        }
        return seen;
    }

    /** A record may come again. None is missed, and none lacks a change that came before its version. */
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

    private long follow(long cursor, Map<DeviceIdentity, Long> seen) {
        DeviceChanges changes = await(keys().changesSince(cursor));
        assertTrue(changes.cursor() >= cursor, "the cursor went back");
        for (DeviceRecord record : changes.records()) {
            seen.merge(record.identity(), record.version(), KeyStoreContract::later);
        }
        for (ErasedDevice erased : changes.erased()) {
            seen.merge(erased.identity(), -erased.version(), KeyStoreContract::later);
        }
        return changes.cursor();
    }
}

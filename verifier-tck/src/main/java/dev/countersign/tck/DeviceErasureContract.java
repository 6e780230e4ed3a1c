package dev.countersign.tck;

import static dev.countersign.tck.Race.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import dev.countersign.testkit.TestKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** A part of {@link KeyStoreContract}: devices that are erased, and what stays of them. */
public abstract class DeviceErasureContract extends KeyLifecycleContract {
    DeviceErasureContract() {}

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
        assertTrue(changesSince(changes.cursor()).erased().isEmpty(), "an erasure is in the feed once");
        assertErased(changesSince(before), PHONE);
    }

    @Test
    public void aCursorFromAfterAnErasureDoesNotGetIt() {
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
    public void erasedAndRegisteredAnewBetweenTwoPollsBothAreInTheFeed() {
        register(PHONE, KEY_1);
        long before = await(keys().cursor());
        erase(PHONE);
        long between = await(keys().cursor());
        register(PHONE, KEY_2);
        DeviceChanges changes = changesSince(before);
        assertErased(changes, PHONE);
        assertInFeed(changes, PHONE);
        DeviceChanges later = changesSince(between);
        assertEquals(List.of(), later.erased(), "a cache that starts in between has nothing to forget");
        assertInFeed(later, PHONE);
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
    public void anErasureStaysInTheFeedForMoreThanADay() {
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
    public void anErasureThatLeftTheFeedIsNotPassedOverInSilence() {
        register(PHONE, KEY_1);
        long before = await(keys().cursor());
        erase(PHONE);
        long after = await(keys().cursor());
        clock.advance(Duration.ofDays(1000));
        register(TABLET, KEY_2);
        erase(TABLET);
        DeviceChanges changes = changesSince(before);
        boolean inFeed =
                changes.erased().stream().anyMatch(erased -> erased.identity().equals(PHONE));
        assertTrue(inFeed || changes.isIncomplete(), "neither in the feed nor said to be left out");
        assertFalse(changesSince(after).isIncomplete(), "after it nothing was dropped");
        assertErased(changesSince(after), TABLET);
    }

    long afterChange(long cursor, CompletionStage<RegistryResult> change) {
        assertTrue(await(change).isChange());
        DeviceChanges changes = await(keys().changesSince(cursor));
        assertInFeed(changes, PHONE);
        return changes.cursor();
    }

    /** The later of two versions; that of an erasure is negative. */
    static Long later(Long one, Long other) {
        return Math.abs(one) > Math.abs(other) ? one : other;
    }

    /** All there is after the cursor: an answer may be a part of it. */
    DeviceChanges changesSince(long cursor) {
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
    static void assertErased(DeviceChanges changes, DeviceIdentity... devices) {
        assertEquals(
                List.of(devices),
                changes.erased().stream().map(ErasedDevice::identity).toList());
    }

    void assertInFeed(DeviceChanges changes, DeviceIdentity... devices) {
        Map<DeviceIdentity, DeviceRecord> inFeed = new HashMap<>();
        for (DeviceRecord record : changes.records()) {
            inFeed.put(record.identity(), record);
        }
        for (DeviceIdentity device : devices) {
            assertEquals(found(device), inFeed.get(device), "the feed has the device as it is now");
        }
    }
}

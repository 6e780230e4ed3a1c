package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.core.cache.CachedDevice;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Records that grow old, and a key store that does not answer. */
class KeyCacheOutageTest extends KeyCacheFixture {
    @Test
    void aRecordInUseIsReadAgainAndNobodyWaits() {
        KeyCache cache = cache();
        CachedDevice first = find(cache, DEVICE).join();
        time.pass(Duration.ofSeconds(269));
        assertSame(first, find(cache, DEVICE).join());
        assertEquals(1, store.finds.get());
        time.pass(Duration.ofSeconds(32));
        store.holdFinds = true;
        assertSame(first, find(cache, DEVICE).join());
        assertSame(first, find(cache, DEVICE).join());
        assertEquals(2, store.finds.get(), "one refresh under way");
        store.first().answer();
        CachedDevice second = find(cache, DEVICE).join();
        assertTrue(second.readAt() - first.readAt() > 0);
        assertEquals(1, cache.stats().refreshes());
        assertEquals(2, store.finds.get());
    }

    @Test
    void aRefreshThatFailsIsTriedAgainAfterASecond() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        time.pass(Duration.ofSeconds(301));
        store.findsFail = true;
        for (int i = 0; i < 5; i++) {
            found(cache, DEVICE);
        }
        assertEquals(2, store.finds.get());
        time.pass(SECOND);
        found(cache, DEVICE);
        assertEquals(3, store.finds.get());
    }

    @Test
    void refreshesLeaveRoomForReadsThatSomebodyWaitsFor() {
        KeyCache cache = cache(settings -> settings.maxConcurrentLoads(6));
        for (int i = 0; i < 4; i++) {
            put(device(i), i);
            found(cache, device(i));
        }
        time.pass(Duration.ofSeconds(301));
        store.holdFinds = true;
        for (int i = 0; i < 4; i++) {
            found(cache, device(i));
        }
        assertEquals(2, cache.keys().readsUnderWay(), "half of the share that is open to all, which has five");
        assertFalse(find(cache, DEVICE).isDone());
        assertEquals(3, cache.keys().readsUnderWay());
    }

    @Test
    void aRecordThatIsTooOldIsReadBeforeItIsUsed() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        time.pass(Duration.ofSeconds(601));
        store.holdFinds = true;
        CompletableFuture<CachedDevice> waiting = find(cache, DEVICE);
        assertFalse(waiting.isDone());
        store.first().fail();
        assertEquals(DeviceStatus.ACTIVE, statusOf(waiting), "the feed still says that it is true");
    }

    @Test
    void nodesDoNotReadInStep() {
        Set<Integer> jitters = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            DeviceRecord record = DeviceRecord.of(device(i), DeviceStatus.ACTIVE, List.of(), 1);
            int jitter = new CachedDevice(record, 0, true, ENGINE::prepare).jitter();
            assertTrue(jitter >= 0 && jitter < 256);
            jitters.add(jitter);
        }
        assertTrue(jitters.size() > 200, jitters.size() + " of 256");
    }

    @Test
    void inAnOutageKnownDevicesGoOnAtOnceAndOthersDoNot() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        store.isDown(true);
        time.pass(Duration.ofSeconds(10));
        int before = store.finds.get();
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
        assertTrue(find(cache, STRANGER).isCompletedExceptionally());
        assertEquals(2, store.finds.get() - before, "a probe each, one after the other");
        assertEquals(1, cache.stats().servedInOutage());
        time.pass(Duration.ofSeconds(290));
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
        time.pass(Duration.ofSeconds(1));
        assertTrue(find(cache, DEVICE).isCompletedExceptionally(), "five minutes after the last successful poll");
    }

    @Test
    void inAnOutageThatHangsNobodyWaitsAndOneProbeIsUnderWay() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        put(device(2), 2);
        found(cache, device(2));
        store.holdFeed = true;
        store.holdFinds = true;
        time.pass(Duration.ofMillis(2050));
        CompletableFuture<CachedDevice> first = find(cache, DEVICE);
        assertFalse(first.isDone(), "the feed is behind, and of reads nobody knows yet");
        time.pass(SECOND);
        assertEquals(DeviceStatus.ACTIVE, statusOf(first));
        int before = store.finds.get();
        for (int i = 0; i < 5; i++) {
            found(cache, DEVICE);
            found(cache, device(2));
            assertTrue(find(cache, device(3)).isDone());
        }
        assertEquals(1, store.finds.get() - before);
        assertEquals(2, cache.keys().readsUnderWay(), "the probe, and the first one has not been answered");
    }

    @Test
    void recoveryReadsNothingThatIsKnown() {
        KeyCache cache = cache();
        for (int i = 0; i < 50; i++) {
            put(device(i), i);
            found(cache, device(i));
        }
        store.isDown(true);
        time.pass(Duration.ofMinutes(20));
        assertTrue(find(cache, device(1)).isCompletedExceptionally());
        ignore(registry.revoke(device(3)));
        store.isDown(false);
        time.pass(SECOND);
        store.holdFinds = true;
        int before = store.finds.get();
        for (int i = 4; i < 9; i++) {
            assertFalse(find(cache, device(i)).isDone(), "older than ten minutes: these are read");
        }
        assertEquals(5, store.finds.get() - before);
        store.holdFinds = false;
        while (!store.held.isEmpty()) {
            store.first().answer();
        }
        assertEquals(DeviceStatus.REVOKED, found(cache, device(3)).status());
    }

    @Test
    void recoveryFromAShortOutageReadsNothingAtAll() {
        KeyCache cache = cache();
        for (int i = 0; i < 50; i++) {
            put(device(i), i);
            found(cache, device(i));
        }
        store.isDown(true);
        time.pass(Duration.ofMinutes(3));
        ignore(registry.revoke(device(3)));
        store.isDown(false);
        time.pass(SECOND);
        int before = store.finds.get();
        for (int i = 0; i < 50; i++) {
            assertEquals(
                    i == 3 ? DeviceStatus.REVOKED : DeviceStatus.ACTIVE,
                    found(cache, device(i)).status());
        }
        assertEquals(before, store.finds.get());
        assertEquals(0, cache.stats().servedInOutage());
    }

    @Test
    void aRevocationThatWasLearnedCountsInAnOutage() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        put(device(2), 2);
        found(cache, device(2));
        ignore(registry.revoke(DEVICE));
        time.pass(SECOND);
        store.isDown(true);
        time.pass(Duration.ofSeconds(10));
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
        cache.invalidate(device(2));
        assertTrue(find(cache, device(2)).isCompletedExceptionally(), "forgotten is not known");
    }

    @Test
    void aRecordThatIsTooOldServesInAnOutageAllTheSame() {
        KeyCache cache = cache(settings -> settings.outageTolerance(Duration.ofMinutes(30)));
        found(cache, DEVICE);
        store.isDown(true);
        time.pass(Duration.ofMinutes(20));
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
    }

    @Test
    void aBrokenFeedAloneShutsNobodyOut() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        store.feedFails = true;
        time.pass(Duration.ofMinutes(20));
        ignore(registry.revoke(DEVICE));
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status(), "the probe's answer, for it is here");
        put(device(2), 2);
        assertEquals(DeviceStatus.ACTIVE, found(cache, device(2)).status());
        assertEquals(0, cache.stats().servedInOutage());
    }

    @Test
    void aBrokenFeedServesNothingOldWhereReadsAreAnswered() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        store.feedFails = true;
        time.pass(Duration.ofMinutes(1));
        ignore(registry.revoke(DEVICE));
        store.holdFinds = true;
        CompletableFuture<CachedDevice> waiting = find(cache, DEVICE);
        assertFalse(waiting.isDone());
        store.first().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(waiting));
    }

    @Test
    void aDeviceThatCannotBeReadShutsOutNobody() {
        KeyCache cache = cache();
        store.findsFail = true;
        assertTrue(find(cache, STRANGER).isCompletedExceptionally());
        store.findsFail = false;
        store.holdFinds = true;
        CompletableFuture<CachedDevice> one = find(cache, DEVICE);
        CompletableFuture<CachedDevice> two = find(cache, device(1));
        assertFalse(one.isDone() || two.isDone(), "both are read: the feed is well");
    }

    @Test
    void aReadThatFailsBehindTheFeedIsNoOutage() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        store.pageSize = 1;
        store.holdFeed = true;
        crawl(5);
        store.holdFinds = true;
        CompletableFuture<CachedDevice> waiting = find(cache, DEVICE);
        CompletableFuture<CachedDevice> dropped = find(cache, DEVICE);
        assertFalse(waiting.isDone());
        store.last().fail();
        assertTrue(
                waiting.isCompletedExceptionally(), "the store answers others: there may be a revocation to be read");
        assertTrue(dropped.isCompletedExceptionally());
        assertEquals(0, cache.stats().servedInOutage());
        CompletableFuture<CachedDevice> invalidated = find(cache, DEVICE);
        cache.invalidate(DEVICE);
        store.last().fail();
        assertTrue(invalidated.isCompletedExceptionally(), "what was dropped is not served");
    }

    @Test
    void withoutToleranceNothingIsServedInAnOutage() {
        KeyCache cache = cache(settings -> settings.outageTolerance(Duration.ZERO));
        found(cache, DEVICE);
        store.isDown(true);
        time.pass(Duration.ofSeconds(2));
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status(), "the feed's word is two seconds old");
        time.pass(SECOND);
        assertTrue(find(cache, DEVICE).isCompletedExceptionally());
    }
}

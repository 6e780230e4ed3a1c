package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.core.cache.CachedDevice;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What the cache remembers, and one read for any number of requests. */
class KeyCacheReadsTest extends KeyCacheFixture {
    @Test
    void theStatusIsThatOfTheStoreUntilTheCacheIsClosed() {
        StoreStatus down = StoreStatus.unavailable(Instant.EPOCH, "down");
        store.status = down;
        KeyCache cache = cache();
        assertSame(down, cache.status());
        store.status = StoreStatus.available(Instant.EPOCH);
        assertTrue(cache.status().isAvailable());
        cache.close();
        assertFalse(cache.status().isAvailable());
        assertEquals("the key cache is closed", cache.status().reason());
        StoreStatus closed = cache.status();
        cache.close();
        assertSame(closed, cache.status(), "since it was closed first");
    }

    @Test
    void aDeviceIsReadOnceAndThenAtHand() {
        KeyCache cache = cache();
        CachedDevice first = find(cache, DEVICE).join();
        CachedDevice second = find(cache, DEVICE).join();
        assertSame(first, second);
        assertSame(find(cache, DEVICE), find(cache, DEVICE), "no new stage either");
        assertEquals(1, store.finds.get());
        KeyCacheStats stats = cache.stats();
        assertEquals(1, stats.misses());
        assertEquals(3, stats.hits());
        assertEquals(1, stats.loads());
        assertEquals(1, stats.estimatedDevices());
    }

    @Test
    void aRevocationOnAnotherNodeCountsAfterTheNextPoll() {
        KeyCache cache = cache();
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
        ignore(registry.revoke(DEVICE));
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
        time.pass(SECOND);
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
        assertEquals(1, store.finds.get(), "the feed told it");
    }

    @Test
    void anUnknownDeviceIsRememberedForASecond() {
        KeyCache cache = cache();
        assertNull(foundOrNot(cache, STRANGER));
        time.skip(Duration.ofMillis(999));
        assertNull(foundOrNot(cache, STRANGER));
        assertEquals(1, store.finds.get());
        time.skip(Duration.ofMillis(2));
        assertNull(foundOrNot(cache, STRANGER));
        assertEquals(2, store.finds.get());
        assertEquals(1, cache.stats().unknownHits());
        assertFalse(find(cache, STRANGER).isCompletedExceptionally());
    }

    @Test
    void simultaneousMissesShareOneRead() {
        KeyCache cache = cache();
        store.holdFinds = true;
        List<CompletableFuture<CachedDevice>> waiting = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            waiting.add(find(cache, DEVICE));
        }
        assertEquals(1, store.finds.get());
        assertEquals(9, cache.stats().coalesced());
        store.first().answer();
        for (CompletableFuture<CachedDevice> each : waiting) {
            assertSame(waiting.get(0).join(), each.join());
        }
    }

    /** The clock is read between the look at what is at hand and the read: there another lookup comes and goes. */
    @Test
    void aMissThatComesAsAReadEndsDoesNotReadAgain() {
        AtomicReference<Runnable> inBetween = new AtomicReference<>(() -> {});
        KeyCache cache = cache(settings -> settings.nanoTime(() -> {
            inBetween.getAndSet(() -> {}).run();
            return time.nanos();
        }));
        for (DeviceIdentity device : List.of(DEVICE, STRANGER)) {
            int before = store.finds.get();
            AtomicInteger others = new AtomicInteger();
            inBetween.set(() -> {
                foundOrNot(cache, device);
                others.incrementAndGet();
            });
            foundOrNot(cache, device);
            assertEquals(1, others.get());
            assertEquals(1, store.finds.get() - before);
        }
        assertEquals(0, cache.keys().readsUnderWay());
    }

    @Test
    void aReadThatFailsFailsForAllWhoWaitAndForNobodyElse() {
        KeyCache cache = cache();
        store.holdFinds = true;
        CompletableFuture<CachedDevice> one = find(cache, DEVICE);
        CompletableFuture<CachedDevice> two = find(cache, DEVICE);
        store.first().fail();
        assertTrue(one.isCompletedExceptionally() && two.isCompletedExceptionally());
        store.holdFinds = false;
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
        assertEquals(1, cache.stats().loadFailures());
    }

    @Test
    void aReadHasALimitAndWhatComesLaterChangesNothing() {
        KeyCache cache = cache();
        store.holdFinds = true;
        CompletableFuture<CachedDevice> slow = find(cache, DEVICE);
        time.pass(SECOND.minusNanos(1));
        assertFalse(slow.isDone());
        time.pass(Duration.ofNanos(1));
        assertTrue(slow.isCompletedExceptionally());
        assertEquals(1, cache.keys().readsUnderWay(), "it still has its place in the store's queue");
        store.first().answer();
        assertEquals(0, cache.keys().readsUnderWay());
        assertEquals(0, cache.stats().estimatedDevices());
        store.holdFinds = false;
        found(cache, DEVICE);
        assertEquals(2, store.finds.get());
    }

    @Test
    void theNumberOfReadsUnderWayIsBounded() {
        KeyCache cache = cache(settings -> settings.maxConcurrentLoads(3));
        store.holdFinds = true;
        CompletableFuture<CachedDevice> one = find(cache, DEVICE);
        CompletableFuture<CachedDevice> two = find(cache, STRANGER);
        assertTrue(find(cache, device(3)).isCompletedExceptionally(), "at once");
        assertFalse(find(cache, DEVICE).isDone(), "joining takes no room");
        assertEquals(2, store.finds.get());
        assertEquals(1, cache.stats().loadsRefused());
        store.first().answer();
        assertTrue(one.isDone() && !two.isDone());
        assertFalse(find(cache, device(3)).isDone(), "there is room again");
        assertEquals(2, cache.keys().readsUnderWay());
    }
}

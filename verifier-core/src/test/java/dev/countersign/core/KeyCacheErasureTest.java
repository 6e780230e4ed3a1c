package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.core.cache.CachedDevice;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Devices that are erased, and registered anew. */
class KeyCacheErasureTest extends KeyCacheFixture {
    @Test
    void anErasedDeviceIsForgottenAndWhoIsOnTheWayAsksAgain() {
        KeyCache cache = cache();
        CachedDevice before = find(cache, DEVICE).join();
        store.erase(DEVICE);
        assertNotNull(foundOrNot(cache, DEVICE));
        time.pass(SECOND);
        assertTrue(before.isSuperseded());
        assertNull(foundOrNot(cache, DEVICE));
        assertEquals(0, cache.stats().estimatedDevices());
        assertEquals(0, cache.stats().pollFailures());
    }

    @Test
    void aReadThatBeganBeforeAnErasureBringsNothing() {
        KeyCache cache = cache();
        time.pass(HALF);
        store.holdFinds = true;
        CompletableFuture<CachedDevice> waiting = find(cache, DEVICE);
        store.erase(DEVICE);
        time.pass(HALF);
        store.first().answer();
        assertNull(waiting.join().record());
        assertEquals(0, cache.stats().estimatedDevices());
    }

    @Test
    void aRereadThatBeganBeforeAnErasureBringsNothing() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        time.pass(HALF);
        CompletableFuture<CachedDevice> reread = heldRecheck(cache);
        store.erase(DEVICE);
        time.pass(HALF);
        store.first().answer();
        assertNull(reread.join().record());
        assertEquals(0, cache.stats().estimatedDevices());
    }

    @Test
    void erasedAndRegisteredAnewBetweenTwoPollsItIsTheNewOne() {
        KeyCache cache = cache();
        for (int i = 0; i < 2; i++) {
            found(cache, DEVICE);
            store.pageSize = 1 + i;
            store.erase(DEVICE);
            DeviceRecord anew = put(DEVICE, 2 + i);
            time.pass(SECOND);
            assertEquals(anew, found(cache, DEVICE));
        }
        time.pass(HALF);
        store.holdFinds = true;
        cache.invalidate(DEVICE);
        CompletableFuture<CachedDevice> waiting = find(cache, DEVICE);
        store.erase(DEVICE);
        DeviceRecord anew = put(DEVICE, 4);
        time.pass(HALF);
        store.first().answer();
        assertEquals(anew, waiting.join().record(), "the read of before counts no more");
    }

    @Test
    void incompleteAnswersMakeEverythingForgottenAndTheFeedBeginAnew() {
        AtomicInteger incomplete = new AtomicInteger();
        HeldKeyStore purged = new HeldKeyStore(registry) {
            @Override
            public CompletionStage<DeviceChanges> changesSince(long from) {
                pages.incrementAndGet();
                lastCursor = from;
                return incomplete.getAndDecrement() > 0
                        ? CompletableFuture.completedFuture(
                                DeviceChanges.of(List.of(), from).asIncomplete())
                        : CompletableFuture.completedFuture(DeviceChanges.of(List.of(), from));
            }
        };
        KeyCache cache =
                KeyCache.builder(purged).timer(time).nanoTime(time::nanos).build();
        built = cache;
        CachedDevice before = find(cache, DEVICE).join();
        put(STRANGER, 2);
        incomplete.set(1);
        time.pass(SECOND);
        assertTrue(before.isSuperseded());
        assertEquals(0, cache.stats().estimatedDevices());
        assertEquals(0, cache.stats().pollFailures());
        assertEquals(registry.cursor().toCompletableFuture().join(), purged.lastCursor);
        assertEquals(Optional.of(Duration.ZERO), cache.stats().feedLag());
        incomplete.set(Integer.MAX_VALUE);
        int pages = purged.pages.get();
        time.pass(SECOND);
        assertEquals(2, purged.pages.get() - pages, "once anew, and then it has failed");
        assertEquals(1, cache.stats().pollFailures());
    }
}

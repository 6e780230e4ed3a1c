package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.DeviceIdentity;
import dev.countersign.api.DeviceRecord;
import dev.countersign.api.DeviceStatus;
import dev.countersign.tck.InMemoryDeviceRegistry;
import dev.countersign.tck.MutableClock;
import dev.countersign.tck.TestKeys;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the cache remembers and forgets, in every order in which reads, the feed and the application can come. */
class KeyCacheTest {
    private static final DeviceIdentity DEVICE = new DeviceIdentity("com.acme.app", "device-1");
    private static final DeviceIdentity STRANGER = new DeviceIdentity("com.acme.app", "nobody");
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final ManualTime time = new ManualTime();
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(MutableClock.atSecond(1_800_000_000L));
    private final HeldKeyStore store = new HeldKeyStore(registry);
    private @Nullable KeyCache built;

    KeyCacheTest() {
        put(DEVICE, 1);
    }

    @AfterEach
    void nothingIsLeft() {
        KeyCache cache = built;
        if (cache != null) {
            cache.close();
            assertEquals(0, cache.keys().loadsUnderWay());
            assertEquals(0, time.waiting(), "a closed cache leaves nothing on the timer");
        }
        time.shutdownNow();
    }

    private KeyCache cache() {
        return cache(settings -> settings);
    }

    private KeyCache cache(UnaryOperator<KeyCacheBuilder> change) {
        KeyCache cache = change.apply(KeyCache.builder(store).timer(time).nanoTime(time::nanos))
                .build();
        built = cache;
        return cache;
    }

    private DeviceRecord put(DeviceIdentity device, long key) {
        return registry.put(DeviceRecord.active(device, TestKeys.publicKey(key), 0));
    }

    private static CompletableFuture<DeviceEntry> find(KeyCache cache, DeviceIdentity device) {
        return cache.keys().find(device).toCompletableFuture();
    }

    private static DeviceRecord found(KeyCache cache, DeviceIdentity device) {
        DeviceRecord record = foundOrNot(cache, device);
        assertNotNull(record);
        return record;
    }

    private static @Nullable DeviceRecord foundOrNot(KeyCache cache, DeviceIdentity device) {
        CompletableFuture<DeviceEntry> found = find(cache, device);
        assertTrue(found.isDone(), "inline");
        return found.join().record();
    }

    // ---- hits and misses ----

    @Test
    void aDeviceIsReadOnceAndThenAtHand() {
        KeyCache cache = cache();
        DeviceEntry first = find(cache, DEVICE).join();
        DeviceEntry second = find(cache, DEVICE).join();
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
        assertNotNull(registry.revoke(DEVICE));
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
}

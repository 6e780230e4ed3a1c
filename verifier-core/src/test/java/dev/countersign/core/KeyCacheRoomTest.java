package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.core.cache.CachedDevice;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import dev.countersign.testkit.TestKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What the cache may take, and its settings. */
class KeyCacheRoomTest extends KeyCacheFixture {
    @Test
    void strangersPushOutNobody() {
        KeyCache cache = cache(settings -> settings.maximumBytes(1 << 20).maximumUnknown(100));
        for (int i = 0; i < 20; i++) {
            put(device(i), i);
            found(cache, device(i));
        }
        long bytes = cache.stats().estimatedBytes();
        for (int i = 0; i < 20_000; i++) {
            assertNull(foundOrNot(cache, new DeviceIdentity("hostile", "x" + i)));
        }
        int reads = store.finds.get();
        for (int i = 0; i < 20; i++) {
            found(cache, device(i));
        }
        assertEquals(reads, store.finds.get());
        assertEquals(bytes, cache.stats().estimatedBytes());
        assertEquals(0, cache.stats().evictions());
        assertTrue(cache.keys().unknownDevices() <= 100, cache.keys().unknownDevices() + " are remembered");
    }

    @Test
    void recordsAreBoundedByTheirWeightAndTheEvictedAreMarked() {
        KeyCache cache = cache(settings -> settings.maximumBytes(1 << 20));
        DeviceRecord record = DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 1);
        List<CachedDevice> entries = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            registry.put(DeviceRecord.of(device(i), DeviceStatus.ACTIVE, record.keys(), 0));
            entries.add(find(cache, device(i)).join());
        }
        KeyCacheStats stats = cache.stats();
        assertTrue(stats.estimatedBytes() <= 1 << 20, stats.toString());
        assertTrue(stats.estimatedBytes() > (1 << 20) * 9 / 10, stats.toString());
        assertEquals(5_001, stats.evictions() + stats.estimatedDevices() + 1, stats.toString());
        assertEquals(
                stats.evictions(),
                entries.stream().filter(CachedDevice::isSuperseded).count());
    }

    @Test
    void anEntryThatGrewIsWeighedAgain() {
        AtomicInteger bytes = new AtomicInteger(100);
        EcdsaP256Engine growing = new EcdsaP256Engine() {
            @Override
            public PreparedKey prepare(DevicePublicKey key) {
                return new PreparedKey() {
                    @Override
                    public DevicePublicKey publicKey() {
                        return key;
                    }

                    @Override
                    public int approximateBytes() {
                        return bytes.get();
                    }
                };
            }

            @Override
            public boolean verify(PreparedKey key, byte[] digest, byte[] signature) {
                return false;
            }

            @Override
            public String name() {
                return "growing";
            }
        };
        KeyCache cache = cache(settings -> settings.engine(growing));
        DeviceRecord record = found(cache, DEVICE);
        long empty = cache.stats().estimatedBytes();
        assertEquals(
                bytes.get(),
                find(cache, DEVICE).join().prepared(record.keys().get(0)).approximateBytes());
        found(cache, DEVICE);
        assertEquals(empty + 100, cache.stats().estimatedBytes());
        bytes.set(16_000);
        found(cache, DEVICE);
        assertEquals(empty + 16_000, cache.stats().estimatedBytes());
    }

    @Test
    void anEvictionDuringAReadLosesNothing() {
        KeyCache cache = cache(settings -> settings.maximumBytes(1 << 20));
        found(cache, DEVICE);
        time.pass(HALF);
        CompletableFuture<CachedDevice> reread = heldRecheck(cache);
        store.holdFinds = false;
        CachedDevice before = find(cache, DEVICE).join();
        DeviceRecord record = DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 1);
        for (int i = 0; !before.isSuperseded() && i < 100_000; i++) {
            registry.put(DeviceRecord.of(device(i), DeviceStatus.ACTIVE, record.keys(), 0));
            for (int use = 0; use < 20; use++) {
                found(cache, device(i));
            }
        }
        assertTrue(before.isSuperseded(), "evicted");
        ignore(registry.revoke(DEVICE));
        time.pass(HALF);
        store.first().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(reread), "the feed told the read, there being no entry");
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
    }

    @Test
    void whatIsOutOfRangeOrContradictsItselfIsRefusedAndNamed() {
        refused("pollInterval", b -> b.pollInterval(Duration.ZERO));
        refused("pollInterval", b -> b.pollInterval(Duration.ofMinutes(2)));
        refused("pollTimeLimit", b -> b.pollTimeLimit(Duration.ZERO));
        refused("maxFeedLag", b -> b.maxFeedLag(SECOND));
        refused("maxFeedLag", b -> b.maxFeedLag(Duration.ofMinutes(2)));
        refused("rememberUnknown", b -> b.rememberUnknown(Duration.ofSeconds(3)));
        refused("outageTolerance", b -> b.outageTolerance(Duration.ofDays(2)));
        refused("refreshAfter", b -> b.refreshAfter(Duration.ZERO));
        refused("expireAfter", b -> b.expireAfter(Duration.ofMinutes(5)));
        refused("expireAfter", b -> b.expireAfter(Duration.ofDays(2)));
        refused("loadTimeLimit", b -> b.loadTimeLimit(Duration.ZERO));
        refused("maximumBytes", b -> b.maximumBytes((1 << 20) - 1));
        refused("maximumUnknown", b -> b.maximumUnknown(-1));
        refused("maxConcurrentLoads", b -> b.maxConcurrentLoads(1));
        refused("rechecksPerSecond", b -> b.rechecksPerSecond(0));
        assertEquals(0, store.cursors.get(), "and nothing was begun");
    }

    private void refused(String setting, UnaryOperator<KeyCacheBuilder> change) {
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> change.apply(KeyCache.builder(store)).build())
                .getMessage();
        assertNotNull(message);
        assertTrue(message.startsWith(setting + " must"), message);
    }

    @Test
    void theEdgesOfTheRangesAreTaken() {
        for (UnaryOperator<KeyCacheBuilder> change : List.<UnaryOperator<KeyCacheBuilder>>of(
                b -> b.pollInterval(Duration.ofMillis(1))
                        .maxFeedLag(Duration.ofMillis(2))
                        .rememberUnknown(Duration.ZERO),
                b -> b.maximumUnknown(0).rememberUnknown(Duration.ofSeconds(2)),
                b -> b.outageTolerance(Duration.ofDays(1)),
                b -> b.refreshAfter(SECOND).expireAfter(SECOND.plusNanos(1)),
                b -> b.maxConcurrentLoads(2).rechecksPerSecond(1).maximumBytes(1 << 20))) {
            try (KeyCache cache = change.apply(
                            KeyCache.builder(store).timer(time).nanoTime(time::nanos))
                    .build()) {
                found(cache, DEVICE);
                assertNull(foundOrNot(cache, STRANGER));
                assertNull(foundOrNot(cache, STRANGER));
            }
        }
    }

    @Test
    void nothingTellsAKeyOrAWholeId() {
        KeyCache cache = cache();
        CachedDevice entry = find(cache, DEVICE).join();
        assertEquals("KeyCache[open]", cache.toString());
        assertEquals("CachedDevice[version " + versionOf(entry) + "]", entry.toString());
        assertEquals(
                "CachedDevice[no such device]", find(cache, STRANGER).join().toString());
    }
}

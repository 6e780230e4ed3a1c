package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.core.cache.CachedDevice;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** A key cache over a store whose answers are held back, by a clock that moves only in steps. */
abstract class KeyCacheFixture {
    static final DeviceIdentity DEVICE = new DeviceIdentity("com.acme.app", "device-1");
    static final DeviceIdentity STRANGER = new DeviceIdentity("com.acme.app", "nobody");
    static final Duration SECOND = Duration.ofSeconds(1);
    static final Duration HALF = Duration.ofMillis(500);
    static final EcdsaP256Engine ENGINE = EcdsaP256Engine.bouncyCastle();

    final ManualTime time = new ManualTime();
    final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(MutableClock.atSecond(1_800_000_000L));
    final HeldKeyStore store = new HeldKeyStore(registry);

    @Nullable KeyCache built;

    int crawled;

    KeyCacheFixture() {
        put(DEVICE, 1);
    }

    @AfterEach
    void nothingIsLeft() {
        KeyCache cache = built;
        if (cache != null) {
            cache.close();
            assertEquals(0, cache.keys().readsUnderWay());
            assertEquals(0, time.waiting(), "a closed cache leaves nothing on the timer");
        }
        time.shutdownNow();
    }

    KeyCache cache() {
        return cache(settings -> settings);
    }

    KeyCache cache(UnaryOperator<KeyCacheBuilder> change) {
        KeyCache cache = change.apply(KeyCache.builder(store).timer(time).nanoTime(time::nanos))
                .build();
        built = cache;
        return cache;
    }

    DeviceRecord put(DeviceIdentity device, long key) {
        return registry.put(DeviceRecord.active(device, TestKeys.publicKey(key), 0));
    }

    static CompletableFuture<CachedDevice> find(KeyCache cache, DeviceIdentity device) {
        return cache.keys().find(device).toCompletableFuture();
    }

    static DeviceRecord found(KeyCache cache, DeviceIdentity device) {
        DeviceRecord record = foundOrNot(cache, device);
        assertNotNull(record);
        return record;
    }

    static @Nullable DeviceRecord foundOrNot(KeyCache cache, DeviceIdentity device) {
        CompletableFuture<CachedDevice> found = find(cache, device);
        assertTrue(found.isDone(), "inline");
        return found.join().record();
    }

    static DeviceStatus statusOf(CompletableFuture<CachedDevice> answered) {
        assertTrue(answered.isDone());
        DeviceRecord record = answered.join().record();
        assertNotNull(record);
        return record.status();
    }

    static long versionOf(CachedDevice entry) {
        DeviceRecord record = entry.record();
        assertNotNull(record);
        return record.version();
    }

    static DeviceIdentity device(int number) {
        return new DeviceIdentity("com.acme.app", "device-" + number + "-of-many");
    }

    /** The device's record after a revocation that was committed just now. */
    DeviceRecord revoked() {
        DeviceRecord record =
                registry.revoke(DEVICE).toCompletableFuture().join().record().orElseThrow();
        assertNotNull(record);
        return record;
    }

    static void ignore(CompletionStage<RegistryResult> change) {
        assertTrue(change.toCompletableFuture().join().isSuccess());
    }

    /** A recheck by a request that begins now, read and held. */
    CompletableFuture<CachedDevice> heldRecheck(KeyCache cache) {
        time.skip(Duration.ofNanos(1));
        store.holdFinds = true;
        return cache.keys()
                .recheck(DEVICE, find(cache, DEVICE).join(), time.nanos())
                .toCompletableFuture();
    }

    /** Polls for that many pages, each 0.9 s long, without an end. */
    void crawl(int pages) {
        for (int i = 0; i < pages; i++) {
            registry.put(DeviceRecord.of(device(1000 + crawled++), DeviceStatus.ACTIVE, List.of(), 0));
            time.pass(Duration.ofMillis(900));
            if (!store.held.isEmpty()) {
                store.first().answer();
            }
        }
    }
}

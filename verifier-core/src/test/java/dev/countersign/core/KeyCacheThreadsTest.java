package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.cache.CachedDevice;
import dev.countersign.testkit.TestKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Many threads at one cache. */
class KeyCacheThreadsTest extends KeyCacheFixture {
    @Test
    void manyThreadsMissTogetherAndReadOnce() throws Exception {
        int threads = 8;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        ExecutorService database = Executors.newFixedThreadPool(2);
        AtomicInteger reads = new AtomicInteger();
        HeldKeyStore slow = new HeldKeyStore(registry) {
            @Override
            public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
                reads.incrementAndGet();
                return CompletableFuture.supplyAsync(
                        () -> registry.find(claimed).toCompletableFuture().join(), database);
            }
        };
        try (KeyCache cache = KeyCache.builder(slow).build()) {
            for (int round = 0; round < 300; round++) {
                DeviceIdentity device = device(round);
                registry.put(DeviceRecord.active(device, TestKeys.publicKey(1), 0));
                CyclicBarrier together = new CyclicBarrier(threads);
                List<Future<CachedDevice>> results = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    results.add(pool.submit(() -> {
                        together.await(30, TimeUnit.SECONDS);
                        return find(cache, device).get(30, TimeUnit.SECONDS);
                    }));
                }
                for (Future<CachedDevice> result : results) {
                    assertNotNull(result.get(60, TimeUnit.SECONDS).record());
                }
                assertEquals(round + 1, reads.get());
            }
        } finally {
            pool.shutdownNow();
            database.shutdownNow();
        }
    }

    /** Writers, readers, a feed and invalidations at once: whatever is read is as new as what was told before. */
    @Test
    void noVersionIsEverOlderThanOneThatWasSeenBefore() throws Exception {
        int threads = 4;
        ExecutorService pool = Executors.newFixedThreadPool(threads + 1);
        ExecutorService database = Executors.newFixedThreadPool(2);
        HeldKeyStore busy = new HeldKeyStore(registry) {
            @Override
            public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
                CompletionStage<Optional<DeviceRecord>> read = registry.find(claimed);
                return CompletableFuture.supplyAsync(
                        () -> read.toCompletableFuture().join(), database);
            }
        };
        AtomicBoolean done = new AtomicBoolean();
        DeviceRecord again = DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 0);
        try (KeyCache cache = KeyCache.builder(busy)
                .pollInterval(Duration.ofMillis(1))
                .maxFeedLag(Duration.ofSeconds(60))
                .refreshAfter(SECOND)
                .build()) {
            List<Future<Long>> readers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int reader = i;
                readers.add(pool.submit(() -> {
                    long seen = 0;
                    for (long n = 0; !done.get(); n++) {
                        DeviceRecord record =
                                find(cache, DEVICE).get(30, TimeUnit.SECONDS).record();
                        assertNotNull(record);
                        assertTrue(record.version() >= seen, record.version() + " after " + seen);
                        seen = record.version();
                        if (reader == 0 && n % 50 == 0) {
                            cache.invalidate(DEVICE);
                        }
                    }
                    return seen;
                }));
            }
            long last = 0;
            for (int i = 0; i < 20_000; i++) {
                last = registry.put(again).version();
                if (i % 7 == 0) {
                    cache.update(
                            registry.find(DEVICE).toCompletableFuture().join().orElseThrow());
                }
            }
            done.set(true);
            for (Future<Long> reader : readers) {
                assertTrue(reader.get(60, TimeUnit.SECONDS) <= last);
            }
            cache.invalidate(DEVICE);
            assertEquals(last, versionOf(find(cache, DEVICE).get(30, TimeUnit.SECONDS)));
        } finally {
            done.set(true);
            pool.shutdownNow();
            database.shutdownNow();
        }
    }

    @Test
    void aClosedCacheLeavesNoThread() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        KeyCache cache = KeyCache.builder(store).build();
        found(cache, DEVICE);
        List<Thread> own = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread) && thread.getName().startsWith("countersign-key-"))
                .toList();
        assertEquals(
                List.of("countersign-key-feed"),
                own.stream().map(Thread::getName).toList(),
                "and one for time limits, where there is any");
        assertTrue(own.get(0).isDaemon());
        cache.close();
        cache.close();
        own.get(0).join(30_000);
        assertFalse(own.get(0).isAlive());
    }
}

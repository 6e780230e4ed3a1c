package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.cache.CachedDevice;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Requests that come together and are all about to be rejected by a record that is out of date: the reading before the
 * rejection is one for all of them, and each is judged by what it brings.
 */
@Timeout(60)
class RecheckRacesTest {
    private static final DeviceIdentity DEVICE = new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE);
    private static final int CALLS_OF_THE_CLOCK = 8;
    private static final int ROUNDS = 500;
    private static final int THREADS = 3;

    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(MutableClock.atSecond(1_800_000_000L));
    private final ManualTime time = new ManualTime();
    private volatile Runnable atTheClock = () -> {};
    private final KeyCache cache = KeyCache.builder(registry)
            .timer(time)
            .nanoTime(() -> {
                atTheClock.run();
                return time.nanos();
            })
            .rechecksPerSecond(1_000_000)
            .build();

    RecheckRacesTest() {
        time.pass(Duration.ofSeconds(1));
    }

    @AfterEach
    void close() {
        cache.close();
        time.shutdownNow();
    }

    /** The clock is asked here and there on the way to a read: a second request comes at each of these moments. */
    @Test
    void aRequestThatComesWhileAnotherBeginsToReadIsJudgedByThatReading() {
        for (int call = 1; call <= CALLS_OF_THE_CLOCK; call++) {
            CachedDevice outdated = outdated();
            long begunAt = time.nanos();
            int[] left = {call};
            List<CompletionStage<CachedDevice>> answers = new ArrayList<>();
            atTheClock = () -> {
                if (--left[0] == 0) {
                    answers.add(cache.keys().recheck(DEVICE, outdated, begunAt));
                }
            };
            answers.add(cache.keys().recheck(DEVICE, outdated, begunAt));
            atTheClock = () -> {};
            for (CompletionStage<CachedDevice> answer : answers) {
                assertEquals(versionOf(outdated) + 1, versionOf(answer), "call " + call);
            }
        }
    }

    @Test
    void requestsThatComeTogetherAreAllJudgedByTheNewRecord() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            CyclicBarrier barrier = new CyclicBarrier(THREADS);
            for (int round = 0; round < ROUNDS; round++) {
                CachedDevice outdated = outdated();
                long begunAt = time.nanos();
                Callable<CachedDevice> request = () -> {
                    barrier.await(20, TimeUnit.SECONDS);
                    return cache.keys()
                            .recheck(DEVICE, outdated, begunAt)
                            .toCompletableFuture()
                            .get(20, TimeUnit.SECONDS);
                };
                List<Future<CachedDevice>> answers = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    answers.add(threads.submit(request));
                }
                for (Future<CachedDevice> answer : answers) {
                    assertEquals(
                            versionOf(outdated) + 1, versionOf(answer.get(20, TimeUnit.SECONDS)), "round " + round);
                }
            }
        } finally {
            threads.shutdownNow();
            assertTrue(threads.awaitTermination(20, TimeUnit.SECONDS));
        }
    }

    /** What the cache remembers of a device that has changed since; the feed has not told yet. */
    private CachedDevice outdated() {
        registry.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 0));
        cache.invalidate(DEVICE);
        time.skip(Duration.ofNanos(1));
        CachedDevice entry = cache.keys().find(DEVICE).toCompletableFuture().join();
        registry.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(2), 0));
        time.skip(Duration.ofNanos(1));
        return entry;
    }

    private static long versionOf(CompletionStage<CachedDevice> answer) {
        CompletableFuture<CachedDevice> future = answer.toCompletableFuture();
        assertTrue(future.isDone(), "the store answers at once");
        return versionOf(future.join());
    }

    private static long versionOf(CachedDevice entry) {
        return Objects.requireNonNull(entry.record()).version();
    }
}

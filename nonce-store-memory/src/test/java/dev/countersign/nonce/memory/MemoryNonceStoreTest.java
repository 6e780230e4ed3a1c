package dev.countersign.nonce.memory;

import static dev.countersign.nonce.memory.Claims.KEPT;
import static dev.countersign.nonce.memory.Claims.START;
import static dev.countersign.nonce.memory.Claims.device;
import static dev.countersign.nonce.memory.Claims.request;
import static dev.countersign.nonce.memory.Claims.result;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.testkit.MutableClock;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MemoryNonceStoreTest {
    private final MutableClock clock = MutableClock.atSecond(START);

    // Replays and the gauge.

    @Test
    void tenThousandReplaysWithSwappedNoncesStoreNothing() {
        try (MemoryNonceStore store = quiet().build()) {
            assertEquals(ClaimResult.CLAIMED, result(store, Claims.of(device(0), 1, 2, START, START)));
            long bytes = store.bytes();
            for (int i = 0; i < 10_000; i++) {
                assertEquals(
                        ClaimResult.SIGNATURE_REPLAYED, result(store, Claims.of(device(0), 10 + i, 2, START, START)));
            }
            assertEquals(1, store.liveClaims());
            assertEquals(2, store.tokens());
            assertEquals(bytes, store.bytes());
        }
    }

    @Test
    void theGaugeCountsRequests() {
        try (MemoryNonceStore store = quiet().build()) {
            assertEquals(0, store.liveClaims());
            for (int i = 0; i < 100; i++) {
                assertEquals(ClaimResult.CLAIMED, result(store, request(i, START)));
                assertEquals(i + 1, store.liveClaims());
            }
            assertEquals(200, store.tokens());
        }
    }

    @Test
    void everyAnswerIsCompleteAndMadeOnce() {
        try (MemoryNonceStore store = quiet().build()) {
            assertSame(store.claim(request(1, START)), store.claim(request(2, START)));
            assertTrue(store.claim(request(3, START)).toCompletableFuture().isDone());
            assertFalse(store.isShared());
        }
    }

    @Test
    @SuppressWarnings("NullAway") // on purpose: a caller that is not checked
    void aMissingClaimIsAMistake() {
        try (MemoryNonceStore store = quiet().build()) {
            assertThrows(NullPointerException.class, () -> store.claim(null));
        }
    }

    // The start.

    @Test
    void theStartIsGuardedByDefault() {
        clock.set(Instant.ofEpochSecond(START, 999_000_000));
        try (MemoryNonceStore store = MemoryNonceStore.builder().clock(clock).build()) {
            assertEquals(START, store.watchingSince());
            assertEquals(ClaimResult.NOT_WATCHING_YET, result(store, request(1, START)));
            assertEquals(ClaimResult.CLAIMED, result(store, request(1, START + 1)));
        }
    }

    @Test
    void theStrictStartWaits() {
        try (MemoryNonceStore store = MemoryNonceStore.builder()
                .clock(clock)
                .watchingDelay(Duration.ofSeconds(299, 1))
                .build()) {
            assertEquals(START + 300, store.watchingSince(), "rounded up");
            assertEquals(
                    ClaimResult.NOT_WATCHING_YET, result(store, Claims.of(device(0), 1, 2, START + 300, START + 300)));
            assertEquals(ClaimResult.CLAIMED, result(store, Claims.of(device(0), 1, 2, START + 301, START + 300)));
        }
    }

    @Test
    void anAlwaysWatchingStoreSaysSo() {
        try (MemoryNonceStore store = quiet().build()) {
            assertEquals(NonceStore.ALWAYS, store.watchingSince());
        }
    }

    // Leaving.

    @Test
    void nothingRemainsOfExpiredClaims() {
        try (MemoryNonceStore store = quiet().build()) {
            for (int i = 0; i < 50_000; i++) {
                assertEquals(
                        ClaimResult.CLAIMED,
                        result(store, Claims.of(device(i % 1000), 2L * i, 2L * i + 1, START, START)));
            }
            assertEquals(1000, store.devices());
            long peak = store.bytes();
            clock.setSecond(START + KEPT);
            store.purgeExpired();
            assertEquals(50_000, store.liveClaims(), "the last second");
            clock.setSecond(START + KEPT + 1);
            store.purgeExpired();
            assertEquals(0, store.liveClaims());
            assertEquals(0, store.tokens());
            assertEquals(0, store.devices());
            assertTrue(store.bytes() < peak / 10, "one chunk for each stripe is kept: " + store.bytes());
        }
    }

    @Test
    void claimsAloneKeepTheStoreSmall() {
        try (MemoryNonceStore store = quiet().build()) {
            int perSecond = 20;
            for (int second = 0; second < 3000; second++) {
                clock.setSecond(START + second);
                for (int i = 0; i < perSecond; i++) {
                    assertEquals(
                            ClaimResult.CLAIMED, result(store, request((long) second * perSecond + i, START + second)));
                }
            }
            long live = perSecond * (KEPT + 1);
            assertTrue(
                    store.liveClaims() < live + live / 20,
                    store.liveClaims() + " requests are in the store, " + live + " of them live");
        }
    }

    @Test
    void aClaimDoesABoundedPieceOfThePurge() {
        try (MemoryNonceStore store = quiet().build()) {
            for (int i = 0; i < 50_000; i++) {
                assertEquals(
                        ClaimResult.CLAIMED,
                        result(store, Claims.of(device(i % 100), 2L * i, 2L * i + 1, START, START)));
            }
            clock.setSecond(START + 1000);
            long before = store.tokens();
            assertEquals(ClaimResult.CLAIMED, result(store, request(90_000, START + 1000)));
            long removed = before + 2 - store.tokens();
            assertTrue(removed > 0 && removed <= 16, removed + " tokens were removed by one claim");
        }
    }

    @Test
    void aFullStoreLooksForWhatExpiredOnceASecond() {
        try (MemoryNonceStore store =
                quiet().capacity(10_000).quotaPerDevice(10_000).build()) {
            for (int i = 0; i < 10_000; i++) {
                assertEquals(ClaimResult.CLAIMED, result(store, request(i, START)));
            }
            assertEquals(ClaimResult.FULL, result(store, request(20_000, START)));
            clock.setSecond(START + KEPT + 1);
            long before = store.tokens();
            assertEquals(ClaimResult.CLAIMED, result(store, request(20_000, clock.second())));
            long removed = before + 2 - store.tokens();
            assertTrue(removed <= 16 + 4096 + 256 + 16, removed + " tokens were removed by one claim");
        }
    }

    @Test
    void anIdleStoreEmptiesItselfAndItsThreadEndsWithIt() throws Exception {
        Thread purge;
        try (MemoryNonceStore store = MemoryNonceStore.builder()
                .clock(clock)
                .alwaysWatching()
                .purgeInterval(Duration.ofMillis(1))
                .build()) {
            for (int i = 0; i < 1000; i++) {
                assertEquals(ClaimResult.CLAIMED, result(store, request(i, START)));
            }
            Thread found = purgeThread();
            assertNotNull(found, "no purge thread");
            assertTrue(found.isDaemon());
            purge = found;
            clock.setSecond(START + KEPT + 1);
            long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (store.liveClaims() > 0 && System.nanoTime() - patience < 0) {
                Thread.onSpinWait();
            }
            assertEquals(0, store.liveClaims());
        }
        purge.join(TimeUnit.SECONDS.toMillis(60));
        assertFalse(purge.isAlive(), "the purge thread outlived its store");
    }

    @Test
    void theBackgroundPurgeRunsOnTheSchedulerThatWasHandedIn() {
        AtomicReference<@Nullable Runnable> task = new AtomicReference<>();
        AtomicReference<@Nullable FutureTask<?>> scheduled = new AtomicReference<>();
        MemoryNonceStore store = MemoryNonceStore.builder()
                .clock(clock)
                .alwaysWatching()
                .purgeInterval(Duration.ofMillis(2500))
                .scheduler(recording(task, scheduled, 2500))
                .build();
        assertEquals(ClaimResult.CLAIMED, result(store, request(1, START)));
        clock.setSecond(START + KEPT + 1);
        Runnable purge = task.get();
        assertNotNull(purge);
        purge.run();
        assertEquals(0, store.liveClaims());
        store.close();
        FutureTask<?> future = scheduled.get();
        assertNotNull(future);
        assertTrue(future.isCancelled(), "and stops with the store");
    }

    @Test
    void aSchedulerThatWasHandedInIsNotShutDown() {
        ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
        try {
            MemoryNonceStore.builder().clock(clock).scheduler(scheduler).build().close();
            assertFalse(scheduler.isShutdown());
        } finally {
            scheduler.shutdownNow();
        }
    }

    @Test
    void aClockThatFailsDoesNotEndTheBackgroundPurge() {
        AtomicBoolean broken = new AtomicBoolean();
        MutableClock failing = MutableClock.atSecond(START);
        failing.beforeReading(() -> {
            if (broken.get()) {
                throw new IllegalStateException("no time");
            }
        });
        AtomicReference<@Nullable Runnable> task = new AtomicReference<>();
        try (MemoryNonceStore store = MemoryNonceStore.builder()
                .clock(failing)
                .alwaysWatching()
                .scheduler(recording(task, new AtomicReference<>(), 1000))
                .build()) {
            assertEquals(ClaimResult.CLAIMED, result(store, request(1, START)));
            Runnable purge = task.get();
            assertNotNull(purge);
            broken.set(true);
            purge.run();
            assertThrows(IllegalStateException.class, () -> result(store, request(2, START)));
            assertEquals(1, store.liveClaims());
            broken.set(false);
            failing.setSecond(START + KEPT + 1);
            purge.run();
            assertEquals(0, store.liveClaims());
        }
    }

    @Test
    void aClosedStoreFails() {
        MemoryNonceStore store = quiet().build();
        store.close();
        CompletionException failure = assertThrows(CompletionException.class, () -> result(store, request(1, START)));
        assertInstanceOf(IllegalStateException.class, failure.getCause());
        assertEquals(0, store.liveClaims());
    }

    // Settings.

    @Test
    void settingsOutOfRangeAreRefused() {
        MemoryNonceStore.Builder builder = MemoryNonceStore.builder();
        assertThrows(IllegalArgumentException.class, () -> builder.quotaPerDevice(0));
        assertThrows(IllegalArgumentException.class, () -> builder.capacity(0));
        assertThrows(IllegalArgumentException.class, () -> builder.capacity((1L << 36) + 1));
        assertThrows(IllegalArgumentException.class, () -> builder.purgeInterval(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> builder.purgeInterval(Duration.ofNanos(-1)));
        assertThrows(IllegalArgumentException.class, () -> builder.purgeInterval(Duration.ofDays(2)));
        assertThrows(IllegalArgumentException.class, () -> builder.watchingDelay(Duration.ofNanos(-1)));
        assertThrows(IllegalArgumentException.class, () -> builder.watchingDelay(Duration.ofDays(2)));
    }

    @Test
    void settingsThatContradictEachOtherAreRefused() {
        MemoryNonceStore.Builder strict =
                MemoryNonceStore.builder().alwaysWatching().watchingDelay(Duration.ofSeconds(1));
        assertThrows(IllegalStateException.class, strict::build);
        ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
        try {
            MemoryNonceStore.Builder off =
                    MemoryNonceStore.builder().noBackgroundPurge().scheduler(scheduler);
            assertThrows(IllegalStateException.class, off::build);
        } finally {
            scheduler.shutdownNow();
        }
    }

    @Test
    void aDeviceHasRoomForTheDocumentedNumberOfRequests() {
        try (MemoryNonceStore store = quiet().build()) {
            for (int i = 0; i < 8192; i++) {
                assertEquals(ClaimResult.CLAIMED, result(store, request(i, START)));
            }
            assertEquals(ClaimResult.FULL, result(store, request(9000, START)));
            assertEquals(ClaimResult.CLAIMED, result(store, Claims.of(device(1), 50_000, 50_001, START, START)));
        }
    }

    private MemoryNonceStore.Builder quiet() {
        return MemoryNonceStore.builder().clock(clock).alwaysWatching().noBackgroundPurge();
    }

    private static @Nullable Thread purgeThread() {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().equals("countersign-nonce-purge")) {
                return thread;
            }
        }
        return null;
    }

    /** A scheduler that keeps what it is given and never runs it. */
    private static ScheduledExecutorService recording(
            AtomicReference<@Nullable Runnable> task,
            AtomicReference<@Nullable FutureTask<?>> scheduled,
            long expectedMillis) {
        return (ScheduledExecutorService) Proxy.newProxyInstance(
                MemoryNonceStoreTest.class.getClassLoader(),
                new Class<?>[] {ScheduledExecutorService.class},
                (proxy, method, arguments) -> {
                    assertEquals("scheduleWithFixedDelay", method.getName());
                    Duration delay = Duration.of((long) arguments[2], ((TimeUnit) arguments[3]).toChronoUnit());
                    assertEquals(Duration.ofMillis(expectedMillis), delay);
                    NeverRun future = new NeverRun((Runnable) arguments[0]);
                    task.set((Runnable) arguments[0]);
                    scheduled.set(future);
                    return future;
                });
    }

    private static final class NeverRun extends FutureTask<Boolean> implements ScheduledFuture<Boolean> {
        NeverRun(Runnable task) {
            super(task, true);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return 0;
        }

        @Override
        public int compareTo(java.util.concurrent.Delayed other) {
            return 0;
        }
    }
}

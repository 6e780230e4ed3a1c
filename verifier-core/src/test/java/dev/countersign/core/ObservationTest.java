package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.StoreFailure;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.VerificationListener;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.StoreOverloadedException;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What those who watch a verifier are given, and on which thread. */
class ObservationTest {
    private static final long NOW = 1_800_000_000L;
    private static final long KEY = 1;
    private static final int LEAST_LOADS = 2;
    private static final DeviceIdentity DEVICE = new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE);

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final ScriptedKeyStore keys = new ScriptedKeyStore(registry);
    private final ObviousNonceStore nonces = new ObviousNonceStore();
    private final AtomicLong nanos = new AtomicLong();
    private final List<VerificationEvent> events = new ArrayList<>();
    private final List<StoreFailure> failures = new ArrayList<>();

    ObservationTest() {
        registry.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(KEY), 1));
    }

    private final class Notes implements VerificationListener {
        @Override
        public void onVerdict(VerificationEvent event) {
            events.add(event);
        }

        @Override
        public void onStoreFailure(StoreFailure failure) {
            failures.add(failure);
        }
    }

    private VerifierBuilder settings() {
        return CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                .clock(clock)
                .nanoTime(nanos::get)
                .name("api")
                .addListener(new Notes());
    }

    private static Rejected rejected(CountersignVerifier verifier, Draft draft) {
        return assertInstanceOf(Rejected.class, verifier.verify(draft.head(), draft.body()));
    }

    @Test
    void aVerdictItsEventAndItsRequestHaveOneId() {
        try (CountersignVerifier verifier = settings().build()) {
            Draft draft = good(KEY, NOW, nonce(1));
            Accepted accepted = assertInstanceOf(Accepted.class, verifier.verify(draft.head(), draft.body()));
            assertTrue(accepted.verificationId().matches("[0-9a-f]{16}"), accepted.verificationId());
            assertEquals(accepted.verificationId(), accepted.request().verificationId());
            assertEquals(accepted.verificationId(), events.get(0).verificationId());
            assertEquals("api", events.get(0).verifierName());
            assertEquals(Optional.empty(), events.get(0).reason());
            assertEquals("", events.get(0).detail());
            Rejected replayed = rejected(verifier, draft);
            assertEquals(replayed.verificationId(), events.get(1).verificationId());
            assertNotEquals(accepted.verificationId(), replayed.verificationId());
        }
    }

    @Test
    void aRejectionSaysWhichPartOfTheHeadItIsAndRepeatsNoneOfIt() {
        try (CountersignVerifier verifier = settings().maxBodyBytes(1).build()) {
            Draft good = good(KEY, NOW, nonce(1));
            for (String name : SignedRequests.NAMES) {
                assertEquals(
                        name + " is missing",
                        rejected(verifier, good.without(name)).detail());
                String malformed =
                        rejected(verifier, good.with(name, "s3cret\u00E9,")).detail();
                assertEquals(name + " is empty, repeated or not in its form", malformed);
            }
            assertEquals(
                    "the method is not in its form",
                    rejected(verifier, good.withMethod("gEt")).detail());
            assertEquals(
                    "the request target is not in its form",
                    rejected(verifier, good.withTarget("*")).detail());
            assertEquals("more than maxBodyBytes, 1", rejected(verifier, good).detail());
            assertEquals(
                    "with the head",
                    rejected(verifier, good(KEY, NOW - 301, nonce(1))).detail());
            for (VerificationEvent event : events) {
                assertFalse(event.detail().contains("s3cret"), event.detail());
                assertTrue(event.reason().isPresent());
            }
        }
    }

    @Test
    void aStoreThatFailsIsNamedWithWhatItThrew() {
        Exception down = new IllegalStateException("connection reset");
        try (CountersignVerifier verifier = settings().build()) {
            keys.script = () -> CompletableFuture.failedFuture(down);
            Rejected byKeys = rejected(verifier, good(KEY, NOW, nonce(1)));
            assertEquals("key store failed", byKeys.detail());
            assertSame(down, byKeys.cause().orElseThrow());
            keys.script = null;
            nonces.script = () -> CompletableFuture.failedFuture(new StoreOverloadedException("full"));
            Rejected byNonces = rejected(verifier, good(KEY, NOW, nonce(2)));
            assertEquals("nonce store refused the call: too many wait", byNonces.detail());
            assertInstanceOf(StoreOverloadedException.class, byNonces.cause().orElseThrow());
            assertEquals(byNonces.detail(), events.get(1).detail());
            assertEquals(byNonces.cause(), events.get(1).cause());
            assertEquals(
                    List.of(StoreFailure.Store.KEYS, StoreFailure.Store.NONCES),
                    failures.stream().map(StoreFailure::store).toList());
            assertSame(down, failures.get(0).cause().orElseThrow());
            assertEquals("failed", failures.get(0).detail());
            assertEquals("api", failures.get(0).verifierName());
        }
    }

    @Test
    void failuresOfAStoreAreReportedOnceASecond() {
        nonces.script = () -> CompletableFuture.failedFuture(new IllegalStateException("down"));
        try (CountersignVerifier verifier = settings().build()) {
            for (int request = 1; request <= 5; request++) {
                rejected(verifier, good(KEY, NOW, nonce(request)));
            }
            assertEquals(1, failures.size());
            assertEquals(0, failures.get(0).leftOut());
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(1) - 1);
            rejected(verifier, good(KEY, NOW, nonce(6)));
            assertEquals(1, failures.size());
            nanos.incrementAndGet();
            rejected(verifier, good(KEY, NOW, nonce(7)));
            assertEquals(2, failures.size());
            assertEquals(5, failures.get(1).leftOut());
            assertEquals(7, events.size(), "each verdict");
        }
    }

    @Test
    void listenersAreCalledInTheirOrderAndOneThatThrowsKeepsNoneFromIt() {
        List<String> called = new ArrayList<>();
        nonces.script = () -> CompletableFuture.completedFuture(ClaimResult.NONCE_REPLAYED);
        try (CountersignVerifier verifier = settings()
                .addListener(event -> {
                    called.add("first");
                    throw new IllegalStateException("a listener's");
                })
                .addListener(event -> called.add("second"))
                .build()) {
            assertEquals(
                    RejectionReason.NONCE_REPLAY,
                    rejected(verifier, good(KEY, NOW, nonce(1))).reason());
            assertEquals(List.of("first", "second"), called);
            assertEquals(1, events.size());
            assertEquals(1, verifier.listenerFailures());
        }
    }

    /** The store's threads do nothing of a verification: a slow listener or appender stops no store. */
    @Test
    @Timeout(60)
    void aCallerThatWaitsWorksOnItsOwnThread() throws Exception {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        CompletableFuture<Optional<DeviceRecord>> found = new CompletableFuture<>();
        CompletableFuture<ClaimResult> claimed = new CompletableFuture<>();
        keys.script = () -> found;
        nonces.script = () -> {
            threads.add(Thread.currentThread());
            return claimed;
        };
        Optional<DeviceRecord> record =
                registry.find(DEVICE).toCompletableFuture().join();
        Thread caller = Thread.currentThread();
        Thread stores = new Thread(() -> {
            awaitParked(caller);
            found.complete(record);
            while (threads.isEmpty()) {
                Thread.onSpinWait();
            }
            awaitParked(caller);
            claimed.complete(ClaimResult.CLAIMED);
        });
        try (CountersignVerifier verifier = CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                .clock(clock)
                .addListener(event -> threads.add(Thread.currentThread()))
                .addListener(new Notes())
                .build()) {
            stores.start();
            Draft draft = good(KEY, NOW, nonce(1));
            assertInstanceOf(Accepted.class, verifier.verify(draft.head(), ByteBuffer.wrap(draft.body()), "who"));
            assertEquals(Set.of(caller), threads);
            assertEquals(Optional.of("who"), events.get(0).attachment());
        } finally {
            stores.join();
        }
    }

    /** The task that is awaited needs a thread of the pool to which the caller belongs. */
    @Test
    @Timeout(60)
    void aCallerOfAPoolLetsThePoolGoOn() throws Exception {
        ForkJoinPool pool = new ForkJoinPool(1);
        Optional<DeviceRecord> record =
                registry.find(DEVICE).toCompletableFuture().join();
        keys.script = () -> CompletableFuture.supplyAsync(() -> record, pool);
        Draft draft = good(KEY, NOW, nonce(1));
        try (CountersignVerifier verifier = CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                .clock(clock)
                .build()) {
            assertInstanceOf(
                    Accepted.class,
                    pool.submit(() -> verifier.verify(draft.head(), draft.body()))
                            .get(30, TimeUnit.SECONDS));
        } finally {
            pool.shutdownNow();
        }
    }

    /** A flood of strangers says nothing about the store, and leaves out none of its failures. */
    @Test
    void whereTheStoreWasNotAskedNothingIsReportedOfIt() {
        ManualTimer timer = new ManualTimer();
        keys.script = CompletableFuture::new;
        try (KeyCache cache = KeyCache.builder(keys)
                        .maxConcurrentLoads(LEAST_LOADS)
                        .timer(timer)
                        .nanoTime(nanos::get)
                        .build();
                CountersignVerifier verifier = CountersignVerifier.builder(cache, nonces)
                        .clock(clock)
                        .timer(timer)
                        .addListener(new Notes())
                        .build()) {
            for (int stranger = 0; stranger < 2 * LEAST_LOADS; stranger++) {
                Draft draft = good(KEY, NOW, nonce(stranger + 1)).with(SignedHeaders.DEVICE_ID, nonce(1000 + stranger));
                var ignored = verifier.verifyAsync(draft.head(), ByteBuffer.wrap(draft.body()), Caller.inline());
            }
            assertFalse(events.isEmpty(), "some found no place");
            for (VerificationEvent event : events) {
                assertTrue(event.detail().startsWith("key store is not asked"), event.detail());
            }
            assertEquals(List.of(), failures);
        } finally {
            timer.shutdownNow();
        }
    }

    private static void awaitParked(Thread caller) {
        while (caller.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aNameIsOneThatMetricsAndLogsTake() {
        for (String name : List.of("", "a b", "x".repeat(65), "\u00E9", "a/b")) {
            String message = String.valueOf(assertThrows(
                            IllegalArgumentException.class,
                            () -> settings().name(name).build())
                    .getMessage());
            assertTrue(message.startsWith("name must have"), message);
        }
        settings().name("A-Z_a.z-09").build().close();
    }
}

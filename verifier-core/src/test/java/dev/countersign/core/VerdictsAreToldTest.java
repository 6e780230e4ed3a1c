package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.verifier.ForVerifiers;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whoever waits for a verdict gets it: whatever fails while it is told, and whoever else has the stage. */
class VerdictsAreToldTest {
    private static final long NOW = 1_800_000_000L;
    private static final DeviceIdentity DEVICE = new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE);
    private static final Duration LIMIT_AND_GRACE = Duration.ofSeconds(3);

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final ScriptedKeyStore keys = new ScriptedKeyStore(registry);
    private final ManualTime time = new ManualTime();
    private ObviousNonceStore nonces = new ObviousNonceStore();

    VerdictsAreToldTest() {
        registry.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 1));
    }

    @AfterEach
    void end() {
        assertEquals(0, time.waiting());
        time.shutdownNow();
    }

    private VerifierBuilder settings() {
        return CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                .clock(clock)
                .timer(time)
                .nanoTime(time::nanos);
    }

    private static CompletableFuture<Verdict> started(CountersignVerifier by, Draft draft, Executor executor) {
        return by.verifyAsync(draft.head(), ByteBuffer.wrap(draft.body()), Caller.on(executor))
                .toCompletableFuture();
    }

    private static @Nullable RejectionReason reasonOf(CompletableFuture<Verdict> verdict) {
        assertTrue(verdict.isDone(), "decided");
        return verdict.join() instanceof Rejected rejected ? rejected.reason() : null;
    }

    /** Fails at one call. */
    private static final class FailsOnce {
        private final int at;
        private final Error fault;
        private final AtomicInteger calls = new AtomicInteger();

        FailsOnce(int at, Error fault) {
            this.at = at;
            this.fault = fault;
        }

        void call() {
            if (calls.incrementAndGet() == at) {
                throw fault;
            }
        }
    }

    private static List<Error> faults() {
        return List.of(new OutOfMemoryError("a test's"), new StackOverflowError("a test's"), new Error("a test's"));
    }

    private static List<Draft> drafts() {
        return List.of(
                good(1, NOW, nonce(1)),
                good(1, NOW, nonce(1)).without(SignedHeaders.APP_ID),
                good(2, NOW, nonce(1)),
                good(1, NOW - 301, nonce(1)),
                good(1, NOW, nonce(1)).with(SignedHeaders.APP_ID, "unknown"));
    }

    /** The first reading is the caller's: without it there is no verification that could wait. */
    @Test
    void whereverTheMonotonicClockFailsThereIsAVerdict() {
        for (Error fault : faults()) {
            for (Draft draft : drafts()) {
                int most = 2;
                for (int at = 2; at <= most; at++) {
                    FailsOnce fails = new FailsOnce(at, fault);
                    nonces = new ObviousNonceStore();
                    AtomicInteger told = new AtomicInteger();
                    CountersignVerifier verifier = settings()
                            .nanoTime(() -> {
                                fails.call();
                                return time.nanos();
                            })
                            .addListener(event -> told.incrementAndGet())
                            .build();
                    CompletableFuture<Verdict> verdict = started(verifier, draft, Runnable::run);
                    assertTrue(verdict.isDone(), fault + " at reading " + at);
                    if (fails.calls.get() >= at) {
                        most = at + 1;
                        assertEquals(1, verifier.internalFaults(), "at reading " + at);
                    }
                    assertTrue(told.get() <= 1);
                    assertTrue(at < 100, "readings come to an end");
                }
            }
        }
    }

    @Test
    void whereverTheClockFailsThereIsAVerdict() {
        for (Error fault : faults()) {
            for (Draft draft : drafts()) {
                int most = 1;
                for (int at = 1; at <= most; at++) {
                    FailsOnce fails = new FailsOnce(at, fault);
                    nonces = new ObviousNonceStore();
                    CountersignVerifier verifier =
                            settings().clock(failing(fails)).build();
                    CompletableFuture<Verdict> verdict = started(verifier, draft, Runnable::run);
                    assertTrue(verdict.isDone(), fault + " at reading " + at);
                    if (fails.calls.get() >= at) {
                        most = at + 1;
                        assertEquals(RejectionReason.INTERNAL, reasonOf(verdict), "at reading " + at);
                    }
                    assertTrue(at < 100, "readings come to an end");
                }
            }
        }
    }

    private static Clock failing(FailsOnce fails) {
        MutableClock failing = MutableClock.atSecond(NOW);
        failing.beforeReading(fails::call);
        return failing;
    }

    @Test
    void anErrorInTheEventDoesNotChangeTheVerdict() {
        for (Error fault : faults()) {
            boolean[] claimed = {false};
            int[] readings = {0};
            nonces = new ObviousNonceStore();
            CountersignVerifier verifier = settings()
                    .nanoTime(() -> {
                        // After the claim: the stage's end, how long it took, and then the event's.
                        if (claimed[0] && ++readings[0] == 3) {
                            throw fault;
                        }
                        return time.nanos();
                    })
                    .addListener(event -> {})
                    .build();
            nonces.script = () -> {
                claimed[0] = true;
                readings[0] = -1; // until the limit was reckoned
                return CompletableFuture.completedFuture(ClaimResult.CLAIMED);
            };
            CompletableFuture<Verdict> verdict = started(verifier, good(1, NOW, nonce(1)), Runnable::run);
            assertTrue(verdict.join().isAccepted(), "it was claimed");
            assertEquals(1, verifier.internalFaults());
            assertSame(fault, verifier.lastInternalFault());
        }
    }

    @Test
    void theBlockingCallComesBackWhateverFailsWhileTheVerdictIsTold() throws Exception {
        for (Error fault : faults()) {
            for (Draft draft : drafts()) {
                boolean[] told = {false};
                nonces = new ObviousNonceStore();
                CountersignVerifier verifier = settings()
                        .addListener(event -> {
                            told[0] = true;
                            throw fault;
                        })
                        .build();
                CompletableFuture<Verdict> verdict =
                        CompletableFuture.supplyAsync(() -> verifier.verify(draft.head(), draft.body()), task -> {
                            Thread thread = new Thread(task, "caller");
                            thread.setDaemon(true);
                            thread.start();
                        });
                assertNotNull(verdict.get(60, TimeUnit.SECONDS));
                assertTrue(told[0]);
                assertEquals(1, verifier.listenerFailures());
            }
        }
    }

    @Test
    void aListenerThatOverflowsTheStackChangesNothing() {
        CountersignVerifier verifier =
                settings().addListener(event -> withoutEnd(0)).build();
        assertTrue(
                started(verifier, good(1, NOW, nonce(1)), Runnable::run).join().isAccepted());
        assertEquals(1, verifier.listenerFailures());
        assertEquals(0, verifier.internalFaults());
    }

    @SuppressWarnings("InfiniteRecursion") // on purpose
    private static int withoutEnd(int depth) {
        return withoutEnd(depth + 1) + 1;
    }

    // ---- the stage ----

    @Test
    void nobodyCompletesTheVerdictForOthers() {
        CompletableFuture<ClaimResult> claim = new CompletableFuture<>();
        nonces.script = () -> claim;
        CountersignVerifier verifier = settings().build();
        Draft draft = good(1, NOW, nonce(1));
        Verification verification = verifier.begin(draft.head(), Caller.inline());
        verification.update(ByteBuffer.wrap(draft.body()));
        CompletionStage<Verdict> stage = verification.finish();
        assertSame(stage, verification.finish());
        CompletableFuture<Verdict> mine = stage.toCompletableFuture();
        Verdict forged = Rejected.builder(RejectionReason.CANCELLED, 0, ForVerifiers.ONLY)
                .retryAfterSeconds(1)
                .build();
        assertTrue(verification.finish().toCompletableFuture().complete(forged));
        assertTrue(verification.completion().toCompletableFuture().cancel(true));
        assertTrue(stage.toCompletableFuture().completeExceptionally(new IllegalStateException()));
        stage.toCompletableFuture().obtrudeValue(forged);
        if (stage instanceof CompletableFuture<Verdict> future) {
            assertThrows(UnsupportedOperationException.class, () -> future.complete(forged));
            assertThrows(UnsupportedOperationException.class, () -> future.obtrudeValue(forged));
            assertThrows(UnsupportedOperationException.class, () -> future.cancel(true));
        }
        assertFalse(mine.isDone());
        claim.complete(ClaimResult.CLAIMED);
        assertTrue(mine.join().isAccepted());
        verification.finish().toCompletableFuture().obtrudeValue(forged);
        assertTrue(verification.finish().toCompletableFuture().join().isAccepted());
        assertTrue(verification.completion().toCompletableFuture().join().isAccepted());
        time.pass(Duration.ofSeconds(1));
    }

    @Test
    void whoCancelsAFutureCancelsNotTheVerification() {
        CompletableFuture<ClaimResult> claim = new CompletableFuture<>();
        nonces.script = () -> claim;
        CompletableFuture<Verdict> verdict = started(settings().build(), good(1, NOW, nonce(1)), Runnable::run);
        assertTrue(verdict.cancel(true));
        assertThrows(CancellationException.class, verdict::join);
        claim.complete(ClaimResult.CLAIMED);
    }

    // ---- executors ----

    @Test
    void anExecutorThatForgetsItsTasksEndsAfterTheLimit() {
        CountersignVerifier verifier = settings().build();
        CompletableFuture<Optional<DeviceRecord>> lookup = new CompletableFuture<>();
        keys.script = () -> lookup;
        CompletableFuture<Verdict> answered = started(verifier, good(1, NOW, nonce(1)), task -> {});
        lookup.complete(registry.find(DEVICE).toCompletableFuture().join());
        keys.script = CompletableFuture::new;
        CompletableFuture<Verdict> unanswered = started(verifier, good(1, NOW, nonce(2)), task -> {});
        keys.script = null;
        CompletableFuture<ClaimResult> claim = new CompletableFuture<>();
        nonces.script = () -> claim;
        CompletableFuture<Verdict> claiming = started(verifier, good(1, NOW, nonce(3)), task -> {});
        claim.complete(ClaimResult.CLAIMED);
        List<CompletableFuture<Verdict>> all = List.of(answered, unanswered, claiming);
        time.pass(LIMIT_AND_GRACE.minusNanos(1));
        all.forEach(verdict -> assertFalse(verdict.isDone()));
        time.pass(Duration.ofNanos(1));
        all.forEach(verdict -> assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(verdict)));
        assertEquals(0, verifier.waiting());
        assertEquals(0, verifier.internalFaults());
    }

    @Test
    void soDoesTheConfirmationOfAKey() {
        registry.put(DeviceRecord.of(
                DEVICE,
                DeviceStatus.ACTIVE,
                List.of(DeviceKey.of(TestKeys.publicKey(2), KeyState.PROVISIONAL)
                        .withNotAfter(Instant.ofEpochSecond(NOW + 60))),
                2));
        CompletableFuture<Boolean> confirmation = new CompletableFuture<>();
        keys.confirmScript = () -> confirmation;
        CompletableFuture<Verdict> verdict = started(settings().build(), good(2, NOW, nonce(1)), task -> {});
        confirmation.complete(true);
        time.pass(LIMIT_AND_GRACE);
        assertEquals(
                RejectionReason.STORE_UNAVAILABLE, reasonOf(verdict), "nothing is handed on from the timer's thread");
    }

    @Test
    void whatAnExecutorRunsTooLateOrTwiceChangesNothing() {
        Deque<Runnable> tasks = new ArrayDeque<>();
        CountersignVerifier verifier = settings().build();
        CompletableFuture<Optional<DeviceRecord>> lookup = new CompletableFuture<>();
        keys.script = () -> lookup;
        CompletableFuture<Verdict> late = started(verifier, good(1, NOW, nonce(1)), tasks::add);
        CompletableFuture<Verdict> twice = started(verifier, good(1, NOW, nonce(2)), task -> {
            task.run();
            task.run();
        });
        lookup.complete(registry.find(DEVICE).toCompletableFuture().join());
        assertTrue(twice.join().isAccepted());
        assertEquals(1, nonces.claims.size());
        time.pass(Duration.ofMillis(2999));
        assertFalse(late.isDone(), "an executor that is late has a second more than the store");
        time.pass(Duration.ofMillis(1));
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(late));
        tasks.remove().run();
        assertEquals(1, nonces.claims.size());
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(late));
    }

    @Test
    void closingEndsWhatAnExecutorForgot() {
        CountersignVerifier verifier = settings().build();
        keys.script = CompletableFuture::new;
        CompletableFuture<Verdict> verdict = started(verifier, good(1, NOW, nonce(1)), task -> {});
        verifier.close();
        assertFalse(verdict.isDone());
        time.pass(Duration.ofSeconds(1));
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(verdict));
    }

    /** Its own timer is shut down by closing, and goes on for what is owed. */
    @Test
    void soItDoesWithATimerOfItsOwn() throws Exception {
        CountersignVerifier own = CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                .clock(clock)
                .build();
        keys.script = CompletableFuture::new;
        CompletableFuture<Verdict> verdict = started(own, good(1, NOW, nonce(1)), task -> {});
        own.close();
        Verdict ended = verdict.get(60, java.util.concurrent.TimeUnit.SECONDS);
        assertNotNull(ended);
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(verdict));
    }
}

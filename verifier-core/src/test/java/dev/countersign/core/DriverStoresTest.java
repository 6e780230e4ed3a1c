package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.testkit.ForwardingNonceStore;
import dev.countersign.testkit.TestKeys;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Stores that are slow, fail, or answer nonsense. */
class DriverStoresTest extends DriverFixture {
    @Test
    void aStoreThatFailsInAnyWayIsUnavailable() {
        CompletableFuture<Optional<DeviceRecord>> failed = new CompletableFuture<>();
        failed.completeExceptionally(new IllegalStateException("down"));
        CompletableFuture<Optional<DeviceRecord>> cancelled = new CompletableFuture<>();
        assertTrue(cancelled.cancel(false));
        for (Supplier<CompletionStage<Optional<DeviceRecord>>> script : keyFaults(failed, cancelled)) {
            keys.script = script;
            assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(verifier, good(KEY, NOW, nonce(1))));
        }
        keys.script = null;
        CompletableFuture<ClaimResult> failedClaim = new CompletableFuture<>();
        failedClaim.completeExceptionally(new Error("down"));
        for (Supplier<CompletionStage<ClaimResult>> script : claimFaults(failedClaim)) {
            nonces.script = script;
            Rejected rejected = assertInstanceOf(Rejected.class, verdictOf(verifier, good(KEY, NOW, nonce(1))));
            assertEquals(RejectionReason.STORE_UNAVAILABLE, rejected.reason());
            assertEquals(503, rejected.answer().status());
            assertTrue(rejected.retryAfter().orElseThrow().toSeconds() >= 1);
        }
    }

    @SuppressWarnings("NullAway") // stores of others may answer null all the same
    private static List<Supplier<CompletionStage<Optional<DeviceRecord>>>> keyFaults(
            CompletableFuture<Optional<DeviceRecord>> failed, CompletableFuture<Optional<DeviceRecord>> cancelled) {
        return List.of(() -> failed, () -> cancelled, () -> null, () -> CompletableFuture.completedFuture(null), () -> {
            throw new StackOverflowError();
        });
    }

    @SuppressWarnings("NullAway") // stores of others may answer null all the same
    private static List<Supplier<CompletionStage<ClaimResult>>> claimFaults(CompletableFuture<ClaimResult> failed) {
        return List.of(() -> failed, () -> null, () -> CompletableFuture.completedFuture(null), () -> {
            throw new IllegalStateException("down");
        });
    }

    @Test
    void everyResultOfAClaimHasItsReason() {
        nonces.script = () -> CompletableFuture.completedFuture(ClaimResult.FULL);
        assertEquals(RejectionReason.STORE_FULL, reasonOf(verifier, good(KEY, NOW, nonce(1))));
        nonces.script = () -> CompletableFuture.completedFuture(ClaimResult.NONCE_REPLAYED);
        assertEquals(RejectionReason.NONCE_REPLAY, reasonOf(verifier, good(KEY, NOW, nonce(1))));
        nonces.script = () -> CompletableFuture.completedFuture(ClaimResult.SIGNATURE_REPLAYED);
        assertEquals(RejectionReason.SIGNATURE_REPLAY, reasonOf(verifier, good(KEY, NOW, nonce(1))));
        nonces.script = null;
        nonces.watchingSince = NOW;
        Rejected rejected = assertInstanceOf(Rejected.class, verdictOf(verifier, good(KEY, NOW, nonce(1))));
        assertEquals(RejectionReason.NOT_WATCHING_YET, rejected.reason());
        assertEquals(
                1, rejected.retryAfter().orElseThrow().toSeconds(), "the store is watching from the next second on");
        Rejected behind = assertInstanceOf(Rejected.class, verdictOf(verifier, good(KEY, NOW - 200, nonce(1))));
        assertEquals(201, behind.retryAfter().orElseThrow().toSeconds(), "by the clock of a client that is behind");
        assertNull(reasonOf(verifier, good(KEY, NOW + 1, nonce(1))));
    }

    @Test
    @SuppressWarnings("NullAway") // stores of others may answer null all the same
    void retryAfterFitsTheReason() {
        keys.script = () -> null;
        assertEquals(2, retryAfter(verifier, 1));
        keys.script = null;
        nonces.script = () -> CompletableFuture.completedFuture(ClaimResult.FULL);
        assertEquals(10, retryAfter(verifier, 2));
        nonces.script = () -> CompletableFuture.completedFuture(ClaimResult.NOT_WATCHING_YET);
        nonces.watchingSince = NOW + 100;
        assertEquals(101, retryAfter(verifier, 3));
        nonces.watchingSince = Long.MAX_VALUE;
        assertEquals(3600, retryAfter(verifier, 4));
        nonces.watchingSince = NOW - 1;
        assertEquals(2, retryAfter(verifier, 5));
        nonces.watchingSince = NonceStore.ALWAYS;
        assertEquals(2, retryAfter(verifier, 6));
        put(DeviceStatus.PENDING, DeviceKey.current(TestKeys.publicKey(KEY)));
        assertEquals(60, retryAfter(verifier, 7));
    }

    @Test
    void aStoreThatCannotSaySinceWhenItWatchesDoesNotChangeTheReason() {
        nonces.script = () -> CompletableFuture.completedFuture(ClaimResult.NOT_WATCHING_YET);
        NonceStore silent = new ForwardingNonceStore(nonces) {
            @Override
            public long watchingSince() {
                throw new IllegalStateException("down");
            }
        };
        CountersignVerifier over = CountersignVerifier.builder(KeySource.uncached(keys), silent)
                .clock(clock)
                .build();
        Rejected rejected = assertInstanceOf(Rejected.class, verdictOf(over, good(KEY, NOW, nonce(1))));
        assertEquals(RejectionReason.NOT_WATCHING_YET, rejected.reason());
        assertEquals(2, rejected.retryAfter().orElseThrow().toSeconds());
    }

    private static long retryAfter(CountersignVerifier by, int nonce) {
        Rejected rejected = assertInstanceOf(Rejected.class, verdictOf(by, good(KEY, NOW, nonce(nonce))));
        assertEquals(
                Long.toString(rejected.retryAfter().orElseThrow().toSeconds()),
                rejected.answer().headers().get("Retry-After"));
        return rejected.retryAfter().orElseThrow().toSeconds();
    }

    @Test
    @SuppressWarnings("unchecked") // a proxy knows no type arguments
    void aForeignStageThatThrowsIsUnavailable() {
        keys.script = () -> (CompletionStage<Optional<DeviceRecord>>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {CompletionStage.class}, (proxy, method, arguments) -> {
                    throw new UnsupportedOperationException(method.getName());
                });
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(start(good(KEY, NOW, nonce(1)))));
    }

    @Test
    void theLimitOfAClaimRunsFromTheReadingThatDatesIt() {
        CompletableFuture<ClaimResult> claim = new CompletableFuture<>();
        nonces.script = () -> {
            nanos.addAndGet(Duration.ofMillis(500).toNanos());
            return claim;
        };
        CompletableFuture<Verdict> verdict = start(good(KEY, NOW, nonce(1)));
        assertEquals(List.of(Duration.ofMillis(1500).toNanos()), timer.armed());
        claim.complete(ClaimResult.CLAIMED);
        assertNull(reasonOf(verdict));
    }

    @Test
    void aWaitThatIsOverIsForgotten() {
        for (int i = 0; i < 3; i++) {
            CompletableFuture<Optional<DeviceRecord>> lookup = new CompletableFuture<>();
            keys.script = () -> lookup;
            CompletableFuture<Verdict> verdict = start(good(KEY, NOW, nonce(i)));
            assertEquals(1, verifier.waiting());
            if (i == 0) {
                timer.fire();
            } else {
                lookup.complete(Optional.empty());
            }
            assertTrue(verdict.isDone());
            assertEquals(0, verifier.waiting());
        }
    }

    /** What {@code CompletableFuture.completedStage} returns is a future that throws when it is asked whether it is done. */
    @Test
    void aMinimalStageIsAnAnswerLikeAnother() {
        CountersignVerifier early = settings().answerUnknownDevicesEarly().build();
        Optional<DeviceRecord> record =
                registry.find(DEVICE).toCompletableFuture().join();
        keys.script = () -> CompletableFuture.completedStage(record);
        nonces.script = () -> CompletableFuture.completedStage(ClaimResult.CLAIMED);
        Draft draft = good(KEY, NOW, nonce(1));
        assertNull(rejectionOf(early.begin(draft.head(), Caller.inline())));
        assertNull(reasonOf(start(draft)), "inline, without a limit");
        nonces.script = () -> CompletableFuture.failedStage(new IllegalStateException("down"));
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(start(draft)));
        CompletableFuture<Optional<DeviceRecord>> later = new CompletableFuture<>();
        keys.script = later::minimalCompletionStage;
        CompletableFuture<Verdict> waiting = start(draft);
        assertFalse(waiting.isDone());
        later.complete(Optional.empty());
        assertEquals(RejectionReason.UNKNOWN_DEVICE, reasonOf(waiting));
        assertEquals(RejectionReason.UNKNOWN_DEVICE, rejectionOf(early.begin(draft.head(), Caller.inline())));
        assertEquals(0, early.internalFaults());
    }

    /** As where the system has no more threads for it. */
    @Test
    void withoutATimerThereIsNoWaiting() {
        ManualTimer broken = new ManualTimer() {
            @Override
            public synchronized ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
                throw new OutOfMemoryError("unable to create native thread");
            }
        };
        CountersignVerifier untimed = settings().timer(broken).build();
        keys.script = CompletableFuture::new;
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(untimed, good(KEY, NOW, nonce(1))));
        assertEquals(0, untimed.internalFaults());
        broken.shutdownNow();
    }

    @Test
    void anAnswerThatComesLaterGoesOnOnTheCallersExecutor() {
        CompletableFuture<Optional<DeviceRecord>> lookup = new CompletableFuture<>();
        CompletableFuture<ClaimResult> claim = new CompletableFuture<>();
        keys.script = () -> lookup;
        nonces.script = () -> claim;
        Deque<Runnable> loop = new ArrayDeque<>();
        Draft draft = good(KEY, NOW, nonce(1));
        CompletableFuture<Verdict> verdict = verifier.verifyAsync(
                        draft.head(),
                        ByteBuffer.wrap(draft.body()),
                        Caller.on(loop::add).withAttachment("who"))
                .toCompletableFuture();
        assertEquals(List.of(Duration.ofSeconds(2).toNanos()), timer.armed());
        lookup.complete(registry.find(DEVICE).toCompletableFuture().join());
        assertEquals(1, loop.size());
        assertEquals(List.of(), nonces.claims);
        loop.remove().run();
        assertEquals(1, nonces.claims.size());
        claim.complete(ClaimResult.CLAIMED);
        assertFalse(verdict.isDone());
        loop.remove().run();
        assertInstanceOf(Accepted.class, verdict.join());
        assertEquals(Optional.of("who"), events.get(0).attachment());
        assertTrue(loop.isEmpty());
    }

    @Test
    void aStoreThatNeverAnswersIsUnavailableAfterItsLimit() {
        keys.script = CompletableFuture::new;
        CompletableFuture<Verdict> lookup = start(good(KEY, NOW, nonce(1)));
        assertFalse(lookup.isDone());
        timer.fire();
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(lookup));
        keys.script = null;
        CompletableFuture<ClaimResult> claim = new CompletableFuture<>();
        nonces.script = () -> claim;
        CompletableFuture<Verdict> claiming = start(good(KEY, NOW, nonce(1)));
        assertFalse(claiming.isDone());
        timer.fire();
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(claiming));
        claim.complete(ClaimResult.CLAIMED);
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(claiming), "what comes late changes nothing");
        assertEquals(2, events.size());
    }

    @Test
    void aClaimThatIsAnsweredLateIsUnavailableWhateverItSays() {
        nonces.script = () -> {
            nanos.addAndGet(Duration.ofSeconds(2).toNanos() + 1);
            return CompletableFuture.completedFuture(ClaimResult.CLAIMED);
        };
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(verifier, good(KEY, NOW, nonce(1))));
        nonces.script = () -> {
            nanos.addAndGet(Duration.ofSeconds(2).toNanos());
            return CompletableFuture.completedFuture(ClaimResult.CLAIMED);
        };
        assertNull(reasonOf(verifier, good(KEY, NOW, nonce(2))));
    }

    @Test
    void theLimitOfALookupRunsFromItsStart() {
        keys.script = CompletableFuture::new;
        Draft draft = good(KEY, NOW, nonce(1));
        Verification verification = verifier.begin(draft.head(), Caller.inline());
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(verification.finish()));
        assertEquals(List.of(), limits());
    }

    @Test
    void anExecutorThatRefusesEndsTheVerificationWithoutAClaim() {
        CompletableFuture<Optional<DeviceRecord>> lookup = new CompletableFuture<>();
        keys.script = () -> lookup;
        Draft draft = good(KEY, NOW, nonce(1));
        CompletableFuture<Verdict> verdict = verifier.verifyAsync(
                        draft.head(), ByteBuffer.wrap(draft.body()), Caller.on(task -> {
                            throw new RejectedExecutionException();
                        }))
                .toCompletableFuture();
        lookup.complete(registry.find(DEVICE).toCompletableFuture().join());
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(verdict));
        assertEquals(List.of(), nonces.claims);
    }
}

package dev.countersign.core;

import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.StoreOverloadedException;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.testkit.ForwardingNonceStore;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Fail-open, as far as it goes: reads, by an explicit setting, while the nonce store says that it is down; and it shows. */
class ReadsWithoutNonceStoreTest {
    private static final long NOW = 1_800_000_000L;
    private static final DeviceIdentity DEVICE = new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE);
    private static final List<String> READS = List.of("GET", "HEAD", "OPTIONS", "TRACE");
    private static final List<String> WRITES = List.of("POST", "PUT", "PATCH", "DELETE", "PROPFIND", "GETX");

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final ScriptedKeyStore keys = new ScriptedKeyStore(new InMemoryDeviceRegistry(clock));
    private final ObviousNonceStore nonces = new ObviousNonceStore();
    private final ManualTime time = new ManualTime();
    private final List<VerificationEvent> events = new ArrayList<>();
    private final CountersignVerifier open =
            settings().acceptReadsWithoutNonceStore().build();

    ReadsWithoutNonceStoreTest() {
        keys.script = () ->
                CompletableFuture.completedFuture(Optional.of(DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 1)));
        nonces.down = true;
    }

    @AfterEach
    void noFaultOfOurOwn() {
        assertEquals(0, open.internalFaults());
        time.shutdownNow();
    }

    private VerifierBuilder settings() {
        return CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                .clock(clock)
                .timer(time)
                .nanoTime(time::nanos)
                .addListener(events::add);
    }

    private static Draft request(String method, int nonce) {
        return SignedRequests.signed(1, method, "/v1/x", "/v1/x", NOW, nonce(nonce), new byte[0]);
    }

    private static CompletableFuture<Verdict> started(CountersignVerifier by, Draft draft) {
        return by.verifyAsync(draft.head(), ByteBuffer.wrap(draft.body()), Caller.inline())
                .toCompletableFuture();
    }

    private static @Nullable RejectionReason reasonOf(CompletableFuture<Verdict> verdict) {
        assertTrue(verdict.isDone(), "decided");
        return verdict.join() instanceof Rejected rejected ? rejected.reason() : null;
    }

    private boolean lastWasUnchecked() {
        return events.get(events.size() - 1).isReplayUnchecked();
    }

    /** All the ways in which a claim fails in time. */
    @SuppressWarnings("NullAway") // stores of others may answer null all the same
    private List<Supplier<CompletionStage<ClaimResult>>> unavailable() {
        return List.of(
                () -> CompletableFuture.failedFuture(new IllegalStateException("down")),
                () -> CompletableFuture.failedStage(new Error("down")),
                () -> null,
                () -> CompletableFuture.completedFuture(null),
                () -> {
                    throw new IllegalStateException("down");
                });
    }

    @Test
    void readsPassAndAreMarkedAndWritesDoNot() {
        for (Supplier<CompletionStage<ClaimResult>> script : unavailable()) {
            nonces.script = script;
            for (String method : READS) {
                assertNull(reasonOf(started(open, request(method, 1))), method);
                assertTrue(lastWasUnchecked(), method);
            }
            for (String method : WRITES) {
                assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(started(open, request(method, 1))), method);
                assertFalse(lastWasUnchecked(), method);
            }
        }
    }

    @Test
    void aClaimThatFailsWhileTheStoreDoesNotSayThatItIsDownIsNoOutage() {
        nonces.down = false;
        for (Supplier<CompletionStage<ClaimResult>> script : unavailable()) {
            nonces.script = script;
            for (String method : READS) {
                assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(started(open, request(method, 1))), method);
                assertFalse(lastWasUnchecked(), method);
            }
        }
    }

    /** One copy after the other over a store that refuses what is more than its permits: the claim of the first is held. */
    @Test
    void copiesThatAreRefusedForOverloadAreNotAccepted() {
        nonces.down = false;
        int copies = 2_000;
        int permits = 8;
        List<CompletableFuture<ClaimResult>> underWay = new ArrayList<>();
        nonces.script = () -> {
            if (underWay.size() == permits) {
                return CompletableFuture.failedFuture(new IllegalStateException("too many claims in flight"));
            }
            CompletableFuture<ClaimResult> claim = new CompletableFuture<>();
            underWay.add(claim);
            return claim;
        };
        Draft captured = request("GET", 1);
        List<CompletableFuture<Verdict>> verdicts = new ArrayList<>();
        for (int i = 0; i < copies; i++) {
            verdicts.add(started(open, captured));
        }
        for (int i = 0; i < permits; i++) {
            underWay.get(i).complete(i == 0 ? ClaimResult.CLAIMED : ClaimResult.NONCE_REPLAYED);
        }
        List<@Nullable RejectionReason> reasons = new ArrayList<>();
        verdicts.forEach(verdict -> reasons.add(reasonOf(verdict)));
        assertEquals(1, reasons.stream().filter(reason -> reason == null).count(), "accepted");
        assertEquals(
                permits - 1,
                reasons.stream()
                        .filter(reason -> reason == RejectionReason.NONCE_REPLAY)
                        .count());
        assertEquals(
                copies - permits,
                reasons.stream()
                        .filter(reason -> reason == RejectionReason.STORE_UNAVAILABLE)
                        .count());
        assertEquals(
                0, events.stream().filter(VerificationEvent::isReplayUnchecked).count());
    }

    /** Whatever the store says of itself: the claim may have been stored. */
    @Test
    void aLateClaimIsNoOutage() {
        nonces.script = CompletableFuture::new;
        CompletableFuture<Verdict> read = started(open, request("GET", 1));
        CompletableFuture<Verdict> write = started(open, request("POST", 2));
        time.pass(Duration.ofMillis(1999));
        assertFalse(read.isDone() || write.isDone());
        time.pass(Duration.ofMillis(1));
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(read));
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(write));
        for (ClaimResult result : ClaimResult.values()) {
            nonces.script = () -> {
                time.skip(Duration.ofMillis(2001));
                return CompletableFuture.completedFuture(result);
            };
            assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(started(open, request("GET", 1))));
            assertFalse(lastWasUnchecked());
        }
    }

    /** The store may be back by then, and another copy may have been claimed. */
    @Test
    void aClaimThatIsRefusedIsNoOutageEvenOfAStoreThatSaysItIsDown() {
        nonces.down = true;
        for (RuntimeException refusal :
                List.of(new StoreOverloadedException("full"), new RejectedExecutionException("full"))) {
            nonces.script = () -> CompletableFuture.failedFuture(refusal);
            assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(started(open, request("GET", 1))));
            assertFalse(lastWasUnchecked());
        }
    }

    /** The claim is under way, and may be stored. */
    @Test
    void aClaimThatNobodyCanWaitForIsNoOutageEvenOfAStoreThatSaysItIsDown() {
        nonces.down = true;
        nonces.script = CompletableFuture::new;
        ScheduledExecutorService shutDown = new ScheduledThreadPoolExecutor(1);
        shutDown.shutdownNow();
        try (CountersignVerifier verifier = CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                .clock(clock)
                .timer(shutDown)
                .acceptReadsWithoutNonceStore()
                .build()) {
            assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(started(verifier, request("GET", 1))));
        }
    }

    @Test
    void theStoreIsAskedWhenTheClaimHasFailed() {
        CompletableFuture<ClaimResult> backMeanwhile = new CompletableFuture<>();
        nonces.script = () -> backMeanwhile;
        CompletableFuture<Verdict> first = started(open, request("GET", 1));
        nonces.down = false;
        backMeanwhile.completeExceptionally(new IllegalStateException("refused"));
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(first), "it ends with the store's word");
        CompletableFuture<ClaimResult> goneMeanwhile = new CompletableFuture<>();
        nonces.script = () -> goneMeanwhile;
        CompletableFuture<Verdict> second = started(open, request("GET", 2));
        nonces.down = true;
        goneMeanwhile.completeExceptionally(new IllegalStateException("connection lost"));
        assertNull(reasonOf(second));
        assertTrue(lastWasUnchecked());
    }

    @Test
    void aStoreThatCannotSayIsNotKnownToBeDown() {
        nonces.script = () -> CompletableFuture.failedFuture(new IllegalStateException("down"));
        CountersignVerifier asked = CountersignVerifier.builder(
                        KeySource.uncached(keys), new ForwardingNonceStore(nonces) {
                            @Override
                            public boolean isDown() {
                                throw new AssertionError("cannot say");
                            }
                        })
                .clock(clock)
                .acceptReadsWithoutNonceStore()
                .build();
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(started(asked, request("GET", 1))));
        assertEquals(0, asked.internalFaults());
    }

    /** What the store said is lost with the task; it may have been that this is a copy. */
    @Test
    void anExecutorThatDoesNotGoOnIsNoOutage() {
        Executor refuses = task -> {
            throw new RejectedExecutionException();
        };
        for (Executor executor : List.of(refuses, task -> {})) {
            CompletableFuture<ClaimResult> claim = new CompletableFuture<>();
            nonces.script = () -> claim;
            Draft draft = request("GET", 1);
            CompletableFuture<Verdict> verdict = open.verifyAsync(
                            draft.head(), ByteBuffer.wrap(draft.body()), Caller.on(executor))
                    .toCompletableFuture();
            claim.completeExceptionally(new IllegalStateException("down"));
            time.pass(Duration.ofSeconds(3));
            assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(verdict));
        }
    }

    @Test
    void whatTheStoreSaysCountsForReadsToo() {
        for (ClaimResult result : ClaimResult.values()) {
            nonces.script = () -> CompletableFuture.completedFuture(result);
            RejectionReason reason = reasonOf(started(open, request("GET", 1)));
            assertEquals(result == ClaimResult.CLAIMED, reason == null, result.name());
            assertFalse(lastWasUnchecked(), "the store has answered");
        }
    }

    @Test
    void offUnlessSet() {
        CountersignVerifier closed = settings().build();
        for (Supplier<CompletionStage<ClaimResult>> script : unavailable()) {
            nonces.script = script;
            assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(started(closed, request("GET", 1))));
        }
    }

    @Test
    void whatComesBeforeTheClaimIsCheckedAllTheSame() {
        nonces.script = () -> CompletableFuture.failedFuture(new IllegalStateException("down"));
        Draft good = request("GET", 1);
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(started(open, good.withTarget("/v1/y"))));
        assertFalse(lastWasUnchecked());
        clock.advanceSeconds(301);
        assertEquals(RejectionReason.CLOCK_SKEW, reasonOf(started(open, good)));
        clock.setSecond(NOW);
        keys.script = () -> CompletableFuture.failedFuture(new IllegalStateException("down"));
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(started(open, good)), "nobody knows the key");
    }

    @Test
    void aClosedVerifierIsNoReasonToPass() {
        nonces.script = CompletableFuture::new;
        CompletableFuture<Verdict> read = started(open, request("GET", 1));
        open.close();
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(read));
    }

    @Test
    void aRotationIsConfirmedByAReadThatPassed() {
        DeviceKey key = DeviceKey.of(TestKeys.publicKey(1), KeyState.PROVISIONAL)
                .withNotAfter(Instant.ofEpochSecond(NOW + 100));
        keys.script = () -> CompletableFuture.completedFuture(
                Optional.of(DeviceRecord.of(DEVICE, DeviceStatus.ACTIVE, List.of(key), 1)));
        nonces.script = () -> CompletableFuture.failedFuture(new IllegalStateException("down"));
        assertNull(reasonOf(started(open, request("GET", 1))));
        assertEquals(1, keys.confirmations.get());
    }

    @Test
    void whereNoProtectionIsAskedForNothingIsMarked() {
        CountersignVerifier writesOnly =
                settings().replayProtectionOnWritesOnly().build();
        nonces.script = () -> CompletableFuture.failedFuture(new IllegalStateException("down"));
        assertNull(reasonOf(started(writesOnly, request("GET", 1))));
        assertFalse(lastWasUnchecked());
    }
}

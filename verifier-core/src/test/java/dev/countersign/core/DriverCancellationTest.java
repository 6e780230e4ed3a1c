package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Requests that are given up, and a verifier that is closed. */
class DriverCancellationTest extends DriverFixture {
    @Test
    void cancelledBeforeTheClaimNothingIsStored() {
        CompletableFuture<Optional<DeviceRecord>> lookup = new CompletableFuture<>();
        keys.script = () -> lookup;
        Draft draft = good(KEY, NOW, nonce(1));
        Verification verification = verifier.begin(draft.head(), Caller.inline());
        verification.update(ByteBuffer.wrap(draft.body()));
        CompletableFuture<Verdict> verdict = verification.finish().toCompletableFuture();
        verification.cancel();
        assertEquals(RejectionReason.CANCELLED, reasonOf(verdict));
        lookup.complete(registry.find(DEVICE).toCompletableFuture().join());
        assertEquals(List.of(), nonces.claims);
        verification.cancel();
        assertEquals(1, events.size());

        Verification early = verifier.begin(draft.head(), Caller.inline());
        early.cancel();
        assertEquals(RejectionReason.CANCELLED, rejectionOf(early));
        early.update(ByteBuffer.wrap(draft.body()));
        assertEquals(RejectionReason.CANCELLED, reasonOf(early.finish()));
        assertEquals(List.of(), nonces.claims);
    }

    @Test
    void anAdapterSaysWhyItGivesUpAndWhatIsWrongWithTheSetUp() {
        Draft draft = good(KEY, NOW, nonce(1));
        Verification full = verifier.begin(draft.head(), Caller.inline());
        full.cancel("no room for the body");
        assertEquals("no room for the body", full.rejection().orElseThrow().detail());
        assertEquals(RejectionReason.CANCELLED, rejectionOf(full));

        Verification misplaced = verifier.begin(draft.head(), Caller.inline());
        Throwable fault = new IllegalStateException("the body was read");
        misplaced.fail(fault);
        misplaced.cancel();
        Rejected rejected = misplaced.rejection().orElseThrow();
        assertEquals(RejectionReason.INTERNAL, rejected.reason());
        assertEquals(Optional.of(fault), rejected.cause());
        assertEquals(2, events.size());
        assertEquals(Optional.of(fault), events.get(1).cause());
        assertEquals(null, verifier.lastInternalFault()); // not one of the verifier's own
        assertEquals(List.of(), nonces.claims);
        Verification again = verifier.begin(draft.head(), Caller.inline());
        again.update(ByteBuffer.wrap(draft.body()));
        assertInstanceOf(Accepted.class, again.finish().toCompletableFuture().join());
        again.fail(fault);
        assertEquals(Optional.empty(), again.rejection());
    }

    @Test
    void cancelledWhileTheSignatureIsCheckedNothingIsStored() {
        List<Verification> checked = new ArrayList<>();
        EcdsaP256Engine real = EcdsaP256Engine.bouncyCastle();
        EcdsaP256Engine cancels = new EcdsaP256Engine() {
            @Override
            public PreparedKey prepare(DevicePublicKey key) {
                return real.prepare(key);
            }

            @Override
            public boolean verify(PreparedKey key, byte[] digest, byte[] signature) {
                checked.get(0).cancel();
                return real.verify(key, digest, signature);
            }

            @Override
            public String name() {
                return "cancels";
            }
        };
        CountersignVerifier verifies = settings().engine(cancels).build();
        Draft draft = good(KEY, NOW, nonce(1));
        Verification verification = verifies.begin(draft.head(), Caller.inline());
        checked.add(verification);
        verification.update(ByteBuffer.wrap(draft.body()));
        assertEquals(RejectionReason.CANCELLED, reasonOf(verification.finish()));
        assertEquals(List.of(), nonces.claims);
        assertEquals(1, events.size());
    }

    @Test
    void cancelledAfterTheClaimWasSentTheVerdictStands() {
        CompletableFuture<ClaimResult> claim = new CompletableFuture<>();
        nonces.script = () -> claim;
        Draft draft = good(KEY, NOW, nonce(1));
        Verification verification = verifier.begin(draft.head(), Caller.inline());
        verification.update(ByteBuffer.wrap(draft.body()));
        CompletableFuture<Verdict> verdict = verification.finish().toCompletableFuture();
        verification.cancel();
        assertFalse(verdict.isDone());
        claim.complete(ClaimResult.CLAIMED);
        assertInstanceOf(Accepted.class, verdict.join());
    }

    @Test
    void aClosedVerifierRejectsAndLeavesNobodyWaiting() {
        keys.script = CompletableFuture::new;
        CompletableFuture<Verdict> waiting = start(good(KEY, NOW, nonce(1)));
        verifier.close();
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(waiting));
        assertEquals(RejectionReason.CANCELLED, reasonOf(verifier, good(KEY, NOW, nonce(2))));
        verifier.close();
        assertFalse(timer.isShutdown(), "the timer is the caller's");
    }

    @Test
    void whoStartsToWaitWhileTheVerifierIsClosedDoesNotWait() {
        keys.script = () -> {
            verifier.close();
            return new CompletableFuture<>();
        };
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(start(good(KEY, NOW, nonce(1)))));
        assertEquals(0, verifier.waiting());
    }

    @Test
    void withATimerOfItsOwnAClosedVerifierLeavesNoThread() throws InterruptedException {
        List<Thread> before = limitThreads();
        CountersignVerifier own = CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                .clock(clock)
                .build();
        keys.script = CompletableFuture::new;
        Draft draft = good(KEY, NOW, nonce(1));
        CompletableFuture<Verdict> waiting = own.verifyAsync(
                        draft.head(), ByteBuffer.wrap(draft.body()), Caller.inline())
                .toCompletableFuture();
        List<Thread> threads = new ArrayList<>(limitThreads());
        threads.removeAll(before);
        assertEquals(1, threads.size());
        assertTrue(threads.get(0).isDaemon());
        own.close();
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(waiting));
        threads.get(0).join(10_000);
        assertFalse(threads.get(0).isAlive());
        CompletableFuture<Verdict> after = own.verifyAsync(draft.head(), ByteBuffer.wrap(draft.body()), Caller.inline())
                .toCompletableFuture();
        assertEquals(RejectionReason.CANCELLED, reasonOf(after));
    }

    /** Or each request that had to wait would stay in memory for the rest of its limit. */
    @Test
    void aDisarmedLimitLeavesTheTimerAtOnce() {
        ScheduledThreadPoolExecutor own = Timers.newTimer("countersign-time-limits");
        assertTrue(own.schedule(() -> {}, 1, TimeUnit.HOURS).cancel(false));
        assertTrue(own.getQueue().isEmpty());
        own.shutdownNow();
    }

    private static List<Thread> limitThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("countersign-time-limits"))
                .toList();
    }

    @Test
    void anInterruptedThreadStaysInterrupted() {
        CompletableFuture<Optional<DeviceRecord>> lookup = new CompletableFuture<>();
        keys.script = () -> lookup;
        Draft draft = good(KEY, NOW, nonce(1));
        Thread.currentThread().interrupt();
        Verdict verdict = verifier.verify(draft.head(), draft.body());
        assertTrue(Thread.interrupted());
        assertEquals(
                RejectionReason.CANCELLED,
                assertInstanceOf(Rejected.class, verdict).reason());
        lookup.complete(registry.find(DEVICE).toCompletableFuture().join());
        assertEquals(List.of(), nonces.claims, "nobody is there any more");
    }
}

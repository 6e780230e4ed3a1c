package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Answers, cancelling, closing and the end of a limit, all at once: one verdict, told once, and it is kept to. */
class RacesTest {
    private static final long NOW = 1_800_000_000L;
    private static final int ROUNDS = 300;
    private static final DeviceIdentity DEVICE = new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE);
    private static final DeviceRecord RECORD = DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 1);

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final ScriptedKeyStore keys = new ScriptedKeyStore(new InMemoryDeviceRegistry(clock));
    private final ExecutorService threads = Executors.newFixedThreadPool(3);
    private final AtomicInteger told = new AtomicInteger();

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    @Test
    void aCancelledRequestIsNotStoredAndAStoredOneIsNotCancelled() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            ObviousNonceStore nonces = new ObviousNonceStore();
            ManualTimer timer = new ManualTimer();
            CountersignVerifier verifier = verifier(nonces, timer);
            CompletableFuture<Optional<DeviceRecord>> lookup = new CompletableFuture<>();
            keys.script = () -> lookup;
            Verification verification = begun(verifier, round);
            CompletableFuture<Verdict> verdict = verification.finish().toCompletableFuture();
            atOnce(() -> lookup.complete(Optional.of(RECORD)), verification::cancel);
            RejectionReason reason = reasonOf(verdict);
            assertTrue(reason == null || reason == RejectionReason.CANCELLED, "round " + round + ": " + reason);
            assertEquals(reason == null ? 1 : 0, nonces.claims.size(), "round " + round);
            ended(verifier, timer, round);
        }
    }

    @Test
    void theVerdictComesWhenAnswerLimitAndCloseComeTogether() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            ObviousNonceStore nonces = new ObviousNonceStore();
            ManualTimer timer = new ManualTimer();
            CountersignVerifier verifier = verifier(nonces, timer);
            CompletableFuture<Optional<DeviceRecord>> lookup = new CompletableFuture<>();
            keys.script = () -> lookup;
            Verification verification = begun(verifier, round);
            List<CompletableFuture<Verdict>> verdict = new ArrayList<>();
            Runnable last = round % 2 == 0 ? timer::fire : () -> lookup.complete(Optional.of(RECORD));
            atOnce(() -> verdict.add(verification.finish().toCompletableFuture()), verifier::close, last);
            RejectionReason reason = reasonOf(verdict.get(0));
            // Closed while its body was still on its way, or while it waited for the record.
            boolean closed = reason == RejectionReason.CANCELLED || reason == RejectionReason.STORE_UNAVAILABLE;
            assertTrue(
                    reason == null ? nonces.claims.size() == 1 : closed && nonces.claims.isEmpty(),
                    "round " + round + ": " + reason);
            ended(verifier, timer, round);
        }
    }

    private CountersignVerifier verifier(ObviousNonceStore nonces, ManualTimer timer) {
        return CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                .clock(clock)
                .timer(timer)
                .addListener(event -> told.incrementAndGet())
                .build();
    }

    private static Verification begun(CountersignVerifier verifier, int round) {
        Draft draft = SignedRequests.good(1, NOW, SignedRequests.nonce(round));
        Verification verification = verifier.begin(draft.head(), Caller.inline());
        verification.update(ByteBuffer.wrap(draft.body()));
        return verification;
    }

    private void ended(CountersignVerifier verifier, ManualTimer timer, int round) {
        assertEquals(round + 1, told.get(), "told once a round");
        assertEquals(0, verifier.internalFaults());
        // A cancelled verification may still be waiting for the record; nothing else is.
        timer.fire();
        assertEquals(0, verifier.waiting());
        timer.shutdownNow();
    }

    private void atOnce(Runnable... parts) throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        List<Future<?>> running = new ArrayList<>();
        for (Runnable part : parts) {
            running.add(threads.submit(() -> {
                start.await();
                part.run();
                return null;
            }));
        }
        start.countDown();
        for (Future<?> one : running) {
            one.get(30, TimeUnit.SECONDS);
        }
    }

    private static @Nullable RejectionReason reasonOf(CompletableFuture<Verdict> verdict) throws Exception {
        return verdict.get(30, TimeUnit.SECONDS) instanceof Rejected rejected ? rejected.reason() : null;
    }
}

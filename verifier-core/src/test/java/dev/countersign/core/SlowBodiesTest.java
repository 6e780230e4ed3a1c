package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A body that trickles, or does not come at all: the verification ends itself, once, and leaves nothing behind. */
class SlowBodiesTest {
    private static final long NOW = 1_800_000_000L;
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final int MANY = 10_000;
    private static final int ROUNDS = 300;

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final ObviousNonceStore nonces = new ObviousNonceStore();
    private final ManualTime time = new ManualTime();
    private final List<VerificationEvent> events = Collections.synchronizedList(new ArrayList<>());
    private final CountersignVerifier verifier = settings().build();

    SlowBodiesTest() {
        registry.put(DeviceRecord.active(
                new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE), TestKeys.publicKey(1), 1));
    }

    private VerifierBuilder settings() {
        return CountersignVerifier.builder(KeySource.uncached(registry), nonces)
                .clock(clock)
                .timer(time)
                .nanoTime(time::nanos)
                .addListener(events::add);
    }

    @AfterEach
    void noFaultOfOurOwn() {
        assertEquals(0, verifier.internalFaults());
        time.shutdownNow();
    }

    private Verification begun(Draft draft) {
        return verifier.begin(draft.head(), Caller.inline());
    }

    /** Both clocks together, second by second. */
    private void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            clock.advanceSeconds(1);
            time.pass(SECOND);
        }
    }

    private static @Nullable RejectionReason reasonOf(@Nullable Verdict verdict) {
        return verdict instanceof Rejected rejected ? rejected.reason() : null;
    }

    @Test
    void aBodyThatDoesNotComeEndsWithTheLastSecondOfItsTimestamp() {
        Verification silent = begun(good(1, NOW - 290, nonce(1)));
        CompletableFuture<Verdict> completion = silent.completion().toCompletableFuture();
        pass(10);
        assertEquals(Optional.empty(), silent.rejection(), "fresh for 300 s");
        assertFalse(completion.isDone());
        pass(1);
        Rejected rejected = silent.rejection().orElseThrow();
        assertEquals(RejectionReason.CLOCK_SKEW, reasonOf(rejected));
        assertEquals(NOW + 11, rejected.serverTime().getEpochSecond());
        assertSame(rejected, silent.verdict().orElseThrow());
        assertSame(rejected, completion.join(), "who waits for bytes is told");
        assertSame(rejected, silent.finish().toCompletableFuture().join());
        assertEquals(1, events.size());
        assertEquals(0, verifier.openBodies());
        pass(1);
        assertEquals(0, time.waiting(), "no task is left where there is no body");
        assertEquals(List.of(), nonces.claims);
    }

    @Test
    void bytesOfAStaleRequestEndItAtOnceAndAreNotKept() {
        Draft draft = good(1, NOW - 300, nonce(1));
        Verification trickling = begun(draft);
        trickling.update(ByteBuffer.wrap(draft.body(), 0, 1));
        assertEquals(Optional.empty(), trickling.rejection());
        clock.advanceSeconds(1);
        ByteBuffer chunk = ByteBuffer.allocate(100);
        trickling.update(chunk);
        assertFalse(chunk.hasRemaining(), "consumed whole");
        assertEquals(RejectionReason.CLOCK_SKEW, reasonOf(trickling.rejection().orElseThrow()));
        assertEquals(0, verifier.openBodies());
        trickling.update(ByteBuffer.allocate(100));
        assertEquals(
                RejectionReason.CLOCK_SKEW,
                reasonOf(trickling.finish().toCompletableFuture().join()));
        assertEquals(1, events.size());
    }

    @Test
    void itIsTheClockThatCountsHoweverItSteps() {
        Verification stays = begun(good(1, NOW - 299, nonce(1)));
        time.pass(Duration.ofSeconds(30)); // while the clock stands
        assertEquals(Optional.empty(), stays.rejection());
        clock.setSecond(NOW - 1000);
        time.pass(SECOND);
        assertEquals(Optional.empty(), stays.rejection(), "a timestamp that is ahead may become fresh");
        clock.setSecond(NOW + 2);
        time.pass(SECOND);
        assertEquals(RejectionReason.CLOCK_SKEW, reasonOf(stays.rejection().orElseThrow()));
    }

    @Test
    void aBodyAsAWholeHasALimit() {
        Draft draft = good(1, NOW, nonce(1));
        Verification silent = begun(draft);
        Verification trickling = begun(draft.with("X-Synheart-Nonce", nonce(2)));
        for (int i = 0; i < 60; i++) {
            pass(1);
            trickling.update(ByteBuffer.allocate(1));
        }
        assertEquals(Optional.empty(), silent.rejection());
        assertEquals(Optional.empty(), trickling.rejection());
        time.skip(Duration.ofNanos(1)); // no look is due
        trickling.update(ByteBuffer.allocate(1));
        Rejected rejected = trickling.rejection().orElseThrow();
        assertEquals(RejectionReason.CANCELLED, reasonOf(rejected));
        assertEquals(503, rejected == null ? 0 : rejected.answer().status());
        assertTrue(rejected.retryAfter().orElseThrow().toSeconds() >= 1);
        pass(1);
        assertEquals(RejectionReason.CANCELLED, reasonOf(silent.rejection().orElseThrow()));
        assertEquals(0, verifier.openBodies());
    }

    @Test
    void theLimitOfABodyIsASetting() {
        CountersignVerifier patient =
                settings().bodyTimeLimit(Duration.ofSeconds(100)).build();
        Draft draft = good(1, NOW, nonce(1));
        Verification slow = patient.begin(draft.head(), Caller.inline());
        pass(100);
        slow.update(ByteBuffer.wrap(draft.body()));
        assertNull(reasonOf(slow.finish().toCompletableFuture().join()));
    }

    @Test
    void afterTheBodyItIsTheStoresLimitsThatCount() {
        Draft draft = good(1, NOW, nonce(1));
        Verification waiting = begun(draft);
        waiting.update(ByteBuffer.wrap(draft.body()));
        CompletableFuture<ClaimResult> claim = new CompletableFuture<>();
        nonces.script = () -> claim;
        CompletableFuture<Verdict> verdict = waiting.finish().toCompletableFuture();
        assertEquals(0, verifier.openBodies());
        clock.advanceSeconds(400);
        time.pass(SECOND);
        assertFalse(verdict.isDone());
        claim.complete(ClaimResult.CLAIMED);
        assertTrue(verdict.join().isAccepted());
    }

    @Test
    void aClosedVerifierEndsThemAll() {
        Verification open = begun(good(1, NOW, nonce(1)));
        verifier.close();
        assertEquals(RejectionReason.CANCELLED, reasonOf(open.rejection().orElseThrow()));
        assertEquals(0, verifier.openBodies());
        assertEquals(0, time.waiting());
        assertEquals(
                RejectionReason.CANCELLED,
                reasonOf(begun(good(1, NOW, nonce(2))).rejection().orElseThrow()));
    }

    /** A clock that fails now and then ends nothing by itself, and stops the look at the others no more than itself. */
    @Test
    void aClockThatFailsDoesNotStopTheWatch() {
        boolean[] fails = {false};
        CountersignVerifier shaky = settings()
                .nanoTime(() -> {
                    if (fails[0]) {
                        throw new IllegalStateException("no time");
                    }
                    return time.nanos();
                })
                .build();
        Verification open = shaky.begin(good(1, NOW - 300, nonce(1)).head(), Caller.inline());
        fails[0] = true;
        time.pass(SECOND);
        assertEquals(1, shaky.internalFaults());
        fails[0] = false;
        clock.advanceSeconds(1);
        time.pass(SECOND);
        assertEquals(RejectionReason.CLOCK_SKEW, reasonOf(open.rejection().orElseThrow()));
    }

    // ---- what it costs ----

    private static final class CountingTimer extends ManualTimer {
        private final AtomicInteger schedules = new AtomicInteger();

        @Override
        public synchronized ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            schedules.incrementAndGet();
            return super.schedule(command, delay, unit);
        }
    }

    @Test
    void quickRequestsArmNothingOfTheirOwn() {
        CountingTimer counting = new CountingTimer();
        CountersignVerifier quick = settings().timer(counting).build();
        Draft draft = good(1, NOW, nonce(1));
        for (int i = 0; i < MANY; i++) {
            assertFalse(
                    quick.verify(draft.without("X-App-ID").head(), draft.body()).isAccepted());
        }
        assertTrue(quick.verify(draft.head(), draft.body()).isAccepted());
        assertEquals(0, counting.schedules.get(), "the body was at hand");
        for (int i = 0; i < MANY; i++) {
            quick.begin(draft.head(), Caller.inline()).cancel();
        }
        assertEquals(1, counting.schedules.get(), "one look for all of them");
        assertEquals(0, quick.openBodies());
        counting.fire();
        assertEquals(1, counting.schedules.get());
        counting.shutdownNow();
    }

    @Test
    void oneTaskLooksAfterAnyNumberOfBodiesAndGoesWithThem() throws Exception {
        ScheduledThreadPoolExecutor real = Timers.newTimer("slow-bodies-test");
        CountersignVerifier many = settings().timer(real).build();
        Draft draft = good(1, NOW, nonce(1));
        List<Verification> open = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            open.add(many.begin(draft.head(), Caller.inline()));
        }
        assertEquals(MANY, many.openBodies());
        assertTrue(real.getQueue().size() <= 1, "one task, in the queue or running");
        clock.advanceSeconds(301);
        for (Verification each : open) {
            each.completion().toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
        for (Verification each : open) {
            assertEquals(RejectionReason.CLOCK_SKEW, reasonOf(each.verdict().orElseThrow()));
        }
        many.close();
        assertEquals(0, many.openBodies());
        assertEquals(0, real.getQueue().size());
        assertEquals(MANY, events.size());
        real.shutdownNow();
    }

    // ---- races ----

    @Test
    void theEndOfTheTimestampAndTheEndOfTheBodyComeTogether() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        for (int round = 0; round < ROUNDS; round++) {
            clock.setSecond(NOW);
            ManualTimer timer = new ManualTimer();
            CountersignVerifier raced = settings().timer(timer).build();
            Draft draft = good(1, NOW - 300, nonce(round));
            Verification verification = raced.begin(draft.head(), Caller.inline());
            events.clear();
            nonces.claims.clear();
            CyclicBarrier start = new CyclicBarrier(2);
            Future<?> watch = threads.submit(() -> {
                start.await();
                clock.setSecond(NOW + 1);
                timer.fire();
                return null;
            });
            Future<Verdict> body = threads.submit(() -> {
                start.await();
                for (int i = 0; i < draft.body().length; i++) {
                    verification.update(ByteBuffer.wrap(draft.body(), i, 1));
                }
                return verification.finish().toCompletableFuture().get(60, TimeUnit.SECONDS);
            });
            watch.get(60, TimeUnit.SECONDS);
            Verdict verdict = body.get(60, TimeUnit.SECONDS);
            String where = "round " + round + ": " + verdict;
            RejectionReason reason = reasonOf(verdict);
            assertTrue(reason == null || reason == RejectionReason.CLOCK_SKEW, where);
            assertEquals(reason == null ? 1 : 0, nonces.claims.size(), where);
            assertSame(verdict, verification.verdict().orElseThrow(), where);
            assertEquals(1, events.size(), where);
            assertEquals(Optional.ofNullable(reason), events.get(0).reason(), where);
            assertEquals(0, raced.openBodies(), where);
            assertEquals(0, raced.internalFaults(), where);
            timer.shutdownNow();
        }
        threads.shutdownNow();
    }
}

package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** No request is ever accepted twice: over time stepped in every direction, withheld bodies, purges and restarts. */
class NoSecondAcceptanceTest {
    private static final long NOW = 1_800_000_000L;
    private static final long KEY = 1;
    private static int acceptedInAll;
    private static int replaysInAll;

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final List<MemoryNonceStore> stores = new ArrayList<>();

    NoSecondAcceptanceTest() {
        registry.put(DeviceRecord.active(
                new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE), TestKeys.publicKey(KEY), 1));
    }

    @AfterEach
    void close() {
        stores.forEach(MemoryNonceStore::close);
    }

    private MemoryNonceStore store(boolean first, boolean strict) {
        MemoryNonceStore.Builder builder =
                MemoryNonceStore.builder().clock(clock).noBackgroundPurge();
        if (first) {
            builder.alwaysWatching();
        } else if (strict) {
            builder.watchingDelay(Duration.ofMinutes(5));
        }
        MemoryNonceStore store = builder.build();
        stores.add(store);
        return store;
    }

    private CountersignVerifier verifier(MemoryNonceStore store) {
        return CountersignVerifier.builder(KeySource.uncached(registry), store)
                .clock(clock)
                .timer(new ManualTimer()) // nothing but the steps ends a body
                .build();
    }

    /**
     * A few requests, each sent again and again, some under other nonces and some with the body withheld, while the
     * clock steps both ways and the store is purged. A restart is one of the steps where no request was dated further
     * ahead than the new store waits.
     */
    @Property(tries = 1500)
    void noStepOfTheClockMakesARequestAcceptableAgain(@ForAll long seed) {
        Random random = new Random(seed);
        clock.setSecond(NOW);
        boolean strict = random.nextBoolean();
        MemoryNonceStore store = store(true, strict);
        CountersignVerifier verifier = verifier(store);
        List<Draft> requests = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            // Not strict, a restart forgives nothing that was dated ahead: the documented residue.
            int ahead = strict ? 301 : 1;
            long timestamp = NOW + random.nextInt(301 + ahead) - 301;
            requests.add(SignedRequests.signed(
                    KEY, "POST", "/v1/x", "/v1/x", timestamp, SignedRequests.nonce(i), new byte[] {(byte) i}));
        }
        Set<Draft> acceptedOnce = new HashSet<>();
        List<Verification> withheld = new ArrayList<>();
        List<Draft> withheldDrafts = new ArrayList<>();
        long latest = NOW;
        for (int step = 0; step < 40; step++) {
            int request = random.nextInt(requests.size());
            Draft draft = requests.get(request);
            Draft sent = random.nextInt(3) > 0
                    ? draft
                    : draft.with(SignedHeaders.NONCE, SignedRequests.nonce(100 + random.nextInt(50)));
            switch (random.nextInt(9)) {
                case 0, 1, 2 -> {
                    Verification verification = verifier.begin(sent.head(), Caller.inline());
                    note(finish(verification, sent), draft, acceptedOnce, seed);
                }
                case 3, 4 -> {
                    withheld.add(verifier.begin(sent.head(), Caller.inline()));
                    withheldDrafts.add(draft);
                }
                case 5 -> {
                    if (!withheld.isEmpty()) {
                        int which = random.nextInt(withheld.size());
                        Draft of = withheldDrafts.remove(which);
                        note(finish(withheld.remove(which), of), of, acceptedOnce, seed);
                    }
                }
                case 6 -> {
                    int most = random.nextInt(4) == 0 ? 1000 : 200;
                    clock.setSecond(clock.second() + random.nextInt(most));
                    latest = Math.max(latest, clock.second());
                }
                case 7 -> clock.setSecond(clock.second() - random.nextInt(300));
                default -> {
                    if (random.nextInt(3) == 0 && clock.second() >= latest) {
                        // A new process: the bodies withheld from the one before are gone with it.
                        withheld.clear();
                        withheldDrafts.clear();
                        store = store(false, strict);
                        verifier = verifier(store);
                    } else {
                        store.purgeExpired();
                    }
                }
            }
            assertEquals(0, verifier.internalFaults());
        }
    }

    private static void note(Verdict verdict, Draft draft, Set<Draft> acceptedOnce, long seed) {
        if (verdict.isAccepted()) {
            acceptedInAll++;
            assertTrue(acceptedOnce.add(draft), "accepted twice with seed " + seed);
        } else if (acceptedOnce.contains(draft)) {
            replaysInAll++;
        }
    }

    @AfterContainer
    static void somethingWasAcceptedAndReplayed() {
        assertTrue(
                acceptedInAll > 500 && replaysInAll > 2000, acceptedInAll + " accepted, " + replaysInAll + " replays");
    }

    @Test
    void aBodyWithheldUntilTheOriginalsClaimExpired() {
        MemoryNonceStore store = store(true, false);
        CountersignVerifier verifier = verifier(store);
        Draft draft = SignedRequests.good(KEY, NOW, SignedRequests.nonce(1));
        Verification copy = verifier.begin(draft.head(), Caller.inline());
        assertInstanceOf(Accepted.class, verifier.verify(draft.head(), draft.body()));
        clock.setSecond(NOW + 302);
        store.purgeExpired();
        assertEquals(0, store.liveClaims());
        assertEquals(RejectionReason.CLOCK_SKEW, reasonOf(finish(copy, draft)));
    }

    @Test
    void aClockThatStepsBackDoesNotReviveAPurgedClaim() {
        MemoryNonceStore store = store(true, false);
        CountersignVerifier verifier = verifier(store);
        Draft draft = SignedRequests.good(KEY, NOW, SignedRequests.nonce(1));
        assertInstanceOf(Accepted.class, verifier.verify(draft.head(), draft.body()));
        clock.setSecond(NOW + 302);
        store.purgeExpired();
        assertEquals(0, store.liveClaims());
        clock.setSecond(NOW + 10);
        assertEquals(RejectionReason.NOT_WATCHING_YET, reasonOf(verifier.verify(draft.head(), draft.body())));
    }

    @Test
    void aRequestDatedAheadIsRememberedForAsLongAsItIsFresh() {
        MemoryNonceStore store = store(true, false);
        CountersignVerifier verifier = verifier(store);
        Draft ahead = SignedRequests.good(KEY, NOW + 300, SignedRequests.nonce(1));
        assertInstanceOf(Accepted.class, verifier.verify(ahead.head(), ahead.body()));
        for (long second = NOW; second <= NOW + 600; second += 50) {
            clock.setSecond(second);
            store.purgeExpired();
            assertEquals(RejectionReason.NONCE_REPLAY, reasonOf(verifier.verify(ahead.head(), ahead.body())));
        }
        clock.setSecond(NOW + 601);
        assertEquals(RejectionReason.CLOCK_SKEW, reasonOf(verifier.verify(ahead.head(), ahead.body())));
    }

    @Test
    void aRestartRefusesWhatWasSignedBeforeItWasWatching() {
        CountersignVerifier before = verifier(store(true, false));
        Draft draft = SignedRequests.good(KEY, NOW, SignedRequests.nonce(1));
        Draft ahead = SignedRequests.good(KEY, NOW + 200, SignedRequests.nonce(2));
        assertInstanceOf(Accepted.class, before.verify(draft.head(), draft.body()));
        assertInstanceOf(Accepted.class, before.verify(ahead.head(), ahead.body()));
        CountersignVerifier after = verifier(store(false, true));
        Rejected rejected = assertInstanceOf(Rejected.class, after.verify(draft.head(), draft.body()));
        assertEquals(RejectionReason.NOT_WATCHING_YET, rejected.reason());
        assertEquals(301, rejected.retryAfter().orElseThrow().toSeconds());
        assertEquals(RejectionReason.NOT_WATCHING_YET, reasonOf(after.verify(ahead.head(), ahead.body())));
        clock.setSecond(NOW + 301);
        Draft later = SignedRequests.good(KEY, NOW + 301, SignedRequests.nonce(3));
        assertInstanceOf(Accepted.class, after.verify(later.head(), later.body()));
    }

    @Test
    void tenThousandReplaysWithSwappedNoncesLeaveTheNumberOfClaimsUnchanged() {
        MemoryNonceStore store = store(true, false);
        CountersignVerifier verifier = verifier(store);
        Draft draft = SignedRequests.good(KEY, NOW, SignedRequests.nonce(0));
        assertInstanceOf(Accepted.class, verifier.verify(draft.head(), draft.body()));
        assertEquals(1, store.liveClaims());
        for (int i = 1; i <= 10_000; i++) {
            Draft swapped = draft.with(SignedHeaders.NONCE, SignedRequests.nonce(i));
            assertEquals(RejectionReason.SIGNATURE_REPLAY, reasonOf(verifier.verify(swapped.head(), swapped.body())));
        }
        assertEquals(1, store.liveClaims());
        Draft next = SignedRequests.good(KEY, NOW, SignedRequests.nonce(5));
        assertInstanceOf(Accepted.class, verifier.verify(next.head(), next.body()), "no nonce of a replay is burnt");
    }

    private static Verdict finish(Verification verification, Draft draft) {
        verification.update(ByteBuffer.wrap(draft.body()));
        return verification.finish().toCompletableFuture().join();
    }

    private static RejectionReason reasonOf(Verdict verdict) {
        return assertInstanceOf(Rejected.class, verdict).reason();
    }
}

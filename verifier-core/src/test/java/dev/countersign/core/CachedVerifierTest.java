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
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.core.cache.CachedDevice;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The driver over a key cache: what is at hand, what is read again before it rejects, and what an outage leaves. */
class CachedVerifierTest {
    private static final long NOW = 1_800_000_000L;
    private static final long KEY = 1;
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final DeviceIdentity DEVICE = new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE);
    private static final DeviceIdentity OTHER = new DeviceIdentity("other", SignedRequests.DEVICE);

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final HeldKeyStore store = new HeldKeyStore(registry);
    private final ObviousNonceStore nonces = new ObviousNonceStore();
    private final ManualTime time = new ManualTime();
    private final List<VerificationEvent> events = new ArrayList<>();
    private final List<CountersignVerifier> verifiers = new ArrayList<>();
    private final KeyCache cache = cache(settings -> settings);
    private final CountersignVerifier verifier = verifier(cache, settings -> settings);
    private int nonce;

    CachedVerifierTest() {
        put(DEVICE, DeviceStatus.ACTIVE, DeviceKey.current(TestKeys.publicKey(KEY)));
        time.pass(SECOND);
    }

    private KeyCache cache(UnaryOperator<KeyCacheBuilder> change) {
        return change.apply(KeyCache.builder(store).timer(time).nanoTime(time::nanos))
                .build();
    }

    private CountersignVerifier verifier(KeyCache over, UnaryOperator<VerifierBuilder> change) {
        CountersignVerifier built = change.apply(CountersignVerifier.builder(over, nonces)
                        .clock(clock)
                        .timer(time)
                        .addListener(events::add))
                .build();
        verifiers.add(built);
        return built;
    }

    private DeviceRecord put(DeviceIdentity device, DeviceStatus status, DeviceKey... keys) {
        return registry.put(DeviceRecord.of(device, status, List.of(keys), 0));
    }

    @AfterEach
    void noFaultOfOurOwn() {
        for (CountersignVerifier each : verifiers) {
            assertEquals(0, each.internalFaults());
            assertEquals(0, each.waiting());
        }
        time.shutdownNow();
    }

    private @Nullable RejectionReason judged(Draft draft) {
        return reasonOf(started(verifier, draft));
    }

    private static CompletableFuture<Verdict> started(CountersignVerifier by, Draft draft) {
        return by.verifyAsync(draft.head(), ByteBuffer.wrap(draft.body()), Caller.inline())
                .toCompletableFuture();
    }

    private static @Nullable RejectionReason reasonOf(CompletableFuture<Verdict> verdict) {
        assertTrue(verdict.isDone(), "decided");
        return verdict.join() instanceof Rejected rejected ? rejected.reason() : null;
    }

    /** A good request by a key, under a nonce of its own; a nanosecond later than what came before. */
    private Draft by(long key) {
        time.skip(Duration.ofNanos(1));
        return good(key, NOW, nonce(nonce++));
    }

    private Draft by(long key, DeviceIdentity device) {
        return by(key).with("X-App-ID", device.appId());
    }

    private VerificationEvent last() {
        return events.get(events.size() - 1);
    }

    // ---- at hand ----

    @Test
    void theStoreIsAskedOnceForManyRequests() {
        for (int i = 0; i < 10; i++) {
            assertNull(judged(by(KEY)));
        }
        assertEquals(1, store.finds.get());
        assertEquals(9, cache.stats().hits());
    }

    @Test
    void keysArePreparedOnceAndCarriedOver() {
        DeviceKey current = DeviceKey.current(TestKeys.publicKey(KEY));
        assertNull(judged(by(KEY)));
        CachedDevice before = cache.keys().find(DEVICE).toCompletableFuture().join();
        assertTrue(registry.rotate(DEVICE, TestKeys.publicKey(2), TestKeys.publicKey(KEY))
                .toCompletableFuture()
                .join()
                .isChange());
        time.pass(SECOND);
        CachedDevice after = cache.keys().find(DEVICE).toCompletableFuture().join();
        assertTrue(after.isNewerThan(before));
        assertTrue(before.prepared(current) == after.prepared(current), "the same prepared key");
        assertNull(judged(by(2)));
    }

    @Test
    void aChangeWithinTheSecondReachesARequestWhoseBodyIsOnItsWay() {
        assertNull(judged(by(KEY)));
        Draft draft = by(KEY);
        Verification byFeed = verifier.begin(draft.head(), Caller.inline());
        byFeed.update(ByteBuffer.wrap(draft.body()));
        assertTrue(registry.revoke(DEVICE).toCompletableFuture().join().isChange());
        time.pass(SECOND);
        assertEquals(RejectionReason.DEVICE_REVOKED, reasonOf(byFeed.finish().toCompletableFuture()));
        assertEquals(1, store.finds.get());
    }

    @Test
    void anInvalidationReachesItToo() {
        assertNull(judged(by(KEY)));
        Draft draft = by(KEY);
        Verification open = verifier.begin(draft.head(), Caller.inline());
        open.update(ByteBuffer.wrap(draft.body()));
        assertTrue(registry.revoke(DEVICE).toCompletableFuture().join().isChange());
        cache.invalidate(DEVICE);
        assertEquals(RejectionReason.DEVICE_REVOKED, reasonOf(open.finish().toCompletableFuture()));
    }

    // ---- read again before it rejects ----

    @Test
    void aKeyFromAnotherNodeIsTakenBeforeTheFeedTellsOfIt() {
        assertNull(judged(by(KEY)));
        assertTrue(registry.rotate(DEVICE, TestKeys.publicKey(2), TestKeys.publicKey(KEY))
                .toCompletableFuture()
                .join()
                .isChange());
        assertNull(judged(by(2)));
        assertEquals(1, cache.stats().rechecks());
        assertEquals(2, last().signatureChecks(), "the old key is not tried twice");
        assertNull(judged(by(2)));
    }

    @Test
    void aDeviceFromAnotherNodeIsTakenThoughItWasUnknownAMomentAgo() {
        assertEquals(RejectionReason.UNKNOWN_DEVICE, judged(by(2, OTHER)));
        put(OTHER, DeviceStatus.ACTIVE, DeviceKey.current(TestKeys.publicKey(2)));
        assertNull(judged(by(2, OTHER)));
        assertEquals(1, cache.stats().rechecks());
    }

    @Test
    void aDeviceThatWasActivatedElsewhereIsTaken() {
        put(DEVICE, DeviceStatus.PENDING, DeviceKey.current(TestKeys.publicKey(KEY)));
        assertEquals(RejectionReason.DEVICE_PENDING, judged(by(KEY)));
        assertTrue(registry.activate(DEVICE).toCompletableFuture().join().isChange());
        assertNull(judged(by(KEY)));
        assertTrue(last().isAuthenticated());
        put(DEVICE, DeviceStatus.PENDING, DeviceKey.current(TestKeys.publicKey(KEY)));
        time.pass(SECOND.plus(SECOND));
        put(DEVICE, DeviceStatus.ACTIVE, DeviceKey.current(TestKeys.publicKey(2)));
        assertEquals(RejectionReason.INVALID_SIGNATURE, judged(by(KEY)));
        assertFalse(last().isAuthenticated(), "by the newer record nothing verified");
    }

    @Test
    void whatWasReadForTheRequestStands() {
        assertEquals(RejectionReason.INVALID_SIGNATURE, judged(by(2)));
        assertEquals(RejectionReason.UNKNOWN_DEVICE, judged(by(2, OTHER)));
        assertEquals(2, store.finds.get());
        assertEquals(0, cache.stats().rechecks());
    }

    /** By the word of a change nobody is rejected, so it takes no read's place: else its answer shows that there is a device. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aChangeThatIsToldWhileTheBodyComesLeavesABadRequestBad(boolean byTheFeed) {
        Draft bad = by(2);
        Draft madeUp = by(2, OTHER);
        Verification ofDevice = verifier.begin(bad.head(), Caller.inline());
        Verification ofNobody = verifier.begin(madeUp.head(), Caller.inline());
        DeviceRecord revoked =
                registry.revoke(DEVICE).toCompletableFuture().join().record().orElseThrow();
        if (byTheFeed) {
            time.pass(SECOND);
        } else {
            cache.update(Objects.requireNonNull(revoked));
        }
        ofDevice.update(ByteBuffer.wrap(bad.body()));
        ofNobody.update(ByteBuffer.wrap(madeUp.body()));
        assertEquals(
                RejectionReason.INVALID_SIGNATURE, reasonOf(ofDevice.finish().toCompletableFuture()));
        assertEquals(RejectionReason.UNKNOWN_DEVICE, reasonOf(ofNobody.finish().toCompletableFuture()));
        assertEquals(3, store.finds.get(), "the device was read once more");
        assertEquals(0, cache.stats().rechecksRefused());
    }

    @Test
    void aDeviceAtHandIsReadForEachBadRequestAsAMadeUpOneIs() {
        assertNull(judged(by(KEY)));
        for (int i = 1; i <= 20; i++) {
            assertEquals(RejectionReason.INVALID_SIGNATURE, judged(by(2)));
            assertEquals(1, last().signatureChecks());
            assertEquals(1 + i, store.finds.get());
        }
        for (int i = 1; i <= 20; i++) {
            assertEquals(RejectionReason.UNKNOWN_DEVICE, judged(by(2, OTHER)));
            assertEquals(21 + i, store.finds.get());
        }
    }

    @Test
    void aNewKeyIsTakenThoughABadRequestForTheDeviceWasJustRejected() {
        assertNull(judged(by(KEY)));
        for (int i = 0; i < 3; i++) {
            assertEquals(RejectionReason.INVALID_SIGNATURE, judged(by(9)));
        }
        assertTrue(registry.rotate(DEVICE, TestKeys.publicKey(2), TestKeys.publicKey(KEY))
                .toCompletableFuture()
                .join()
                .isChange());
        assertNull(judged(by(2)), "before the feed tells, and within the same second");
    }

    @Test
    void theBudgetOfTheReserveBoundsAllDevicesTogetherAndGrowsAgain() {
        KeyCache small = cache(settings -> settings.rechecksPerSecond(2).maxConcurrentLoads(40));
        CountersignVerifier over = verifier(small, settings -> settings);
        List<DeviceIdentity> devices = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            DeviceIdentity device = new DeviceIdentity("app" + i, SignedRequests.DEVICE);
            devices.add(device);
            put(device, DeviceStatus.ACTIVE, DeviceKey.current(TestKeys.publicKey(10 + i)));
            assertNull(reasonOf(started(over, by(10 + i, device))));
        }
        store.holdFinds = true;
        for (int i = 0; i < 50; i++) {
            assertFalse(small.keys()
                            .find(new DeviceIdentity("made-up", "device-" + i))
                            .toCompletableFuture()
                            .isDone()
                    && i < 30);
        }
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 4; i++) {
                CompletableFuture<Verdict> verdict = started(over, by(2, devices.get(i)));
                if (i < 2) {
                    assertFalse(verdict.isDone(), "it is read for from the reserve, or waits for that");
                } else {
                    assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(verdict));
                }
            }
            assertEquals(2, small.stats().rechecks());
        }
        time.pass(Duration.ofMillis(500));
        assertFalse(started(over, by(2, devices.get(3))).isDone());
        assertEquals(3, small.stats().rechecks(), "one was earned");
        small.close();
    }

    @Test
    void aReadThatFailsIsNoReasonToReject() {
        assertNull(judged(by(KEY)));
        assertEquals(RejectionReason.UNKNOWN_DEVICE, judged(by(2, OTHER)));
        store.findsFail = true;
        assertEquals(RejectionReason.STORE_UNAVAILABLE, judged(by(2)));
        assertEquals(RejectionReason.STORE_UNAVAILABLE, judged(by(2)), "a read that failed was none");
        assertEquals(RejectionReason.STORE_UNAVAILABLE, judged(by(2, OTHER)));
        assertNull(judged(by(KEY)));
        store.findsFail = false;
        assertEquals(RejectionReason.INVALID_SIGNATURE, judged(by(2)));
    }

    @Test
    void inAnOutageGoodRequestsPassAndBadOnesAreNotCalledBad() {
        assertNull(judged(by(KEY)));
        assertEquals(RejectionReason.INVALID_SIGNATURE, judged(by(2)));
        store.isDown(true);
        time.pass(Duration.ofSeconds(30));
        assertNull(judged(by(KEY)));
        assertEquals(RejectionReason.STORE_UNAVAILABLE, judged(by(2)));
        assertEquals(RejectionReason.STORE_UNAVAILABLE, judged(by(2, OTHER)));
        store.isDown(false);
        time.pass(SECOND);
        assertEquals(RejectionReason.INVALID_SIGNATURE, judged(by(2)));
        assertEquals(RejectionReason.UNKNOWN_DEVICE, judged(by(2, OTHER)));
    }

    @Test
    void badRequestsThatComeTogetherShareTheRead() {
        assertNull(judged(by(KEY)));
        store.holdFinds = true;
        List<CompletableFuture<Verdict>> verdicts = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            verdicts.add(started(verifier, by(2)));
        }
        assertEquals(2, store.finds.get());
        store.first().answer();
        assertEquals(3, store.finds.get(), "one more for those that came after the first had begun");
        store.first().answer();
        for (int i = 0; i < 5; i++) {
            assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(verdicts.get(i)));
        }
    }

    @Test
    void aReadThatBeganBeforeTheRequestIsNotWhatItWaitsFor() {
        assertNull(judged(by(KEY)));
        time.pass(Duration.ofMinutes(6));
        store.holdFinds = true;
        assertNull(judged(by(KEY)));
        assertEquals(2, store.finds.get(), "a refresh is under way");
        assertTrue(registry.rotate(DEVICE, TestKeys.publicKey(2), TestKeys.publicKey(KEY))
                .toCompletableFuture()
                .join()
                .isChange());
        CompletableFuture<Verdict> verdict = started(verifier, by(2));
        assertEquals(3, store.finds.get());
        store.first().answer();
        assertFalse(verdict.isDone());
        store.first().answer();
        assertNull(reasonOf(verdict));
    }

    @Test
    void unknownAndBadlySignedAreToldAfterTheBody() {
        assertNull(judged(by(KEY)));
        assertEquals(RejectionReason.UNKNOWN_DEVICE, judged(by(2, OTHER)));
        for (Draft draft : List.of(by(2), by(2, OTHER))) {
            int reads = store.finds.get();
            Verification verification = verifier.begin(draft.head(), Caller.inline());
            assertEquals(Optional.empty(), verification.rejection());
            verification.update(ByteBuffer.wrap(draft.body()));
            assertEquals(Optional.empty(), verification.rejection());
            assertEquals(reads, store.finds.get());
            assertFalse(verification.finish().toCompletableFuture().join().isAccepted());
            assertEquals(reads + 1, store.finds.get(), "both are read again, and both then");
        }
    }

    @Test
    void unknownDevicesAreAnsweredEarlyIfSoSetAndReadAgainBefore() {
        KeyCache remembering = cache(settings -> settings.rememberUnknown(SECOND.plus(SECOND)));
        CountersignVerifier early = verifier(remembering, settings -> settings.answerUnknownDevicesEarly());
        Draft first = by(2, OTHER);
        assertEquals(
                RejectionReason.UNKNOWN_DEVICE,
                rejectionOf(early.begin(first.head(), Caller.inline())),
                "read for this request");
        time.pass(SECOND);
        store.holdFinds = true;
        Draft second = by(2, OTHER);
        Verification gone = early.begin(second.head(), Caller.inline());
        assertEquals(Optional.empty(), gone.rejection(), "is read again");
        assertEquals(Optional.empty(), gone.rejection());
        assertEquals(2, store.finds.get());
        store.first().answer();
        gone.update(ByteBuffer.allocate(1));
        assertEquals(RejectionReason.UNKNOWN_DEVICE, rejectionOf(gone));

        time.pass(SECOND.plus(SECOND));
        store.holdFinds = false;
        assertEquals(RejectionReason.UNKNOWN_DEVICE, reasonOf(started(early, by(2, OTHER))));
        put(OTHER, DeviceStatus.ACTIVE, DeviceKey.current(TestKeys.publicKey(2)));
        Draft third = by(2, OTHER);
        Verification known = early.begin(third.head(), Caller.inline());
        assertEquals(Optional.empty(), known.rejection());
        known.update(ByteBuffer.wrap(third.body()));
        assertNull(reasonOf(known.finish().toCompletableFuture()));
        assertEquals(Optional.empty(), known.rejection());
        remembering.close();
    }

    private static @Nullable RejectionReason rejectionOf(Verification verification) {
        Rejected rejected = verification.rejection().orElseThrow();
        return rejected == null ? null : rejected.reason();
    }

    // ---- four checks in all ----

    @Test
    void threeOldKeysAndANewOneAreFourChecks() {
        put(
                DEVICE,
                DeviceStatus.ACTIVE,
                DeviceKey.current(TestKeys.publicKey(KEY)),
                until(3, KeyState.PROVISIONAL),
                until(4, KeyState.PREVIOUS));
        assertNull(judged(by(KEY)));
        put(DEVICE, DeviceStatus.ACTIVE, DeviceKey.current(TestKeys.publicKey(9)), until(KEY, KeyState.PREVIOUS));
        assertNull(judged(by(9)));
        assertEquals(4, last().signatureChecks());
        time.pass(SECOND.plus(SECOND));
        assertEquals(RejectionReason.INVALID_SIGNATURE, judged(by(2)));
        assertEquals(2, last().signatureChecks(), "the same record once more costs no checks");
    }

    @Test
    void whereTheChecksAreSpentOnTheOldRecordTheRequestMayComeAgain() {
        SigningPaths both = SigningPaths.builder()
                .rule(Set.of("POST"), "/ingest/v1/", "/v1/")
                .acceptUnstripped("/ingest/v1/")
                .build();
        CountersignVerifier twoPaths = verifier(cache, settings -> settings.signingPaths(both));
        put(DEVICE, DeviceStatus.ACTIVE, DeviceKey.current(TestKeys.publicKey(KEY)), until(3, KeyState.PREVIOUS));
        assertNull(reasonOf(started(twoPaths, by(KEY))));
        put(DEVICE, DeviceStatus.ACTIVE, DeviceKey.current(TestKeys.publicKey(9)), until(KEY, KeyState.PREVIOUS));
        time.skip(Duration.ofNanos(1));
        byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
        Draft draft = SignedRequests.signed(9, "POST", "/ingest/v1/x", "/ingest/v1/x", NOW, nonce(99), body);
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(started(twoPaths, draft)));
        assertEquals(4, last().signatureChecks());
        assertNull(reasonOf(started(twoPaths, draft)), "by the newer record, which is at hand now");
    }

    /** A key that failed for one path says nothing about the other one. */
    @Test
    void aKeyThatWasTriedForOnePathOnlyIsNotTakenForTried() {
        SigningPaths both = SigningPaths.builder()
                .rule(Set.of("POST"), "/ingest/v1/", "/v1/")
                .acceptUnstripped("/ingest/v1/")
                .build();
        CountersignVerifier twoPaths = verifier(cache, settings -> settings.signingPaths(both));
        put(
                DEVICE,
                DeviceStatus.ACTIVE,
                DeviceKey.current(TestKeys.publicKey(KEY)),
                until(2, KeyState.PROVISIONAL),
                until(3, KeyState.PREVIOUS));
        assertNull(reasonOf(started(twoPaths, by(KEY))));
        put(DEVICE, DeviceStatus.ACTIVE, DeviceKey.current(TestKeys.publicKey(2)), until(KEY, KeyState.PREVIOUS));
        time.skip(Duration.ofNanos(1));
        byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
        Draft draft = SignedRequests.signed(2, "POST", "/ingest/v1/x", "/ingest/v1/x", NOW, nonce(99), body);
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(started(twoPaths, draft)));
        assertEquals(4, last().signatureChecks());
        assertNull(reasonOf(started(twoPaths, draft)), "by the newer record, which is at hand now");
        assertEquals(3, last().signatureChecks());
    }

    private static DeviceKey until(long key, KeyState state) {
        return DeviceKey.of(TestKeys.publicKey(key), state).withNotAfter(Instant.ofEpochSecond(NOW + 1000));
    }

    // ---- a rotation's first request ----

    @Test
    void theFirstRequestOfAKeyConfirmsItOnce() {
        assertNull(judged(by(KEY)));
        assertTrue(registry.rotate(DEVICE, TestKeys.publicKey(2), TestKeys.publicKey(KEY))
                .toCompletableFuture()
                .join()
                .isChange());
        assertNull(judged(by(2)));
        assertEquals(1, store.confirmations.get());
        assertNull(judged(by(2)));
        assertEquals(Optional.of(KeyState.CURRENT), last().keyState(), "the record was read after the confirmation");
        assertEquals(1, store.confirmations.get());
        assertNull(judged(by(KEY)));
        assertEquals(Optional.of(KeyState.PREVIOUS), last().keyState());
    }

    @Test
    void inAnOutageNobodyWaitsForAConfirmation() {
        assertTrue(registry.rotate(DEVICE, TestKeys.publicKey(2), TestKeys.publicKey(KEY))
                .toCompletableFuture()
                .join()
                .isChange());
        assertNull(judged(by(KEY)));
        store.isDown(true);
        time.pass(Duration.ofSeconds(3));
        assertNull(judged(by(2)));
        assertEquals(0, store.confirmations.get());
        store.isDown(false);
        time.pass(SECOND);
        assertNull(judged(by(2)));
        assertEquals(1, store.confirmations.get());
    }

    @Test
    void aConfirmationThatFailsForgetsNothing() {
        assertTrue(registry.rotate(DEVICE, TestKeys.publicKey(2), TestKeys.publicKey(KEY))
                .toCompletableFuture()
                .join()
                .isChange());
        store.confirmsFail = true;
        assertNull(judged(by(2)));
        store.findsFail = true;
        assertNull(judged(by(2)));
        assertEquals(2, store.confirmations.get());
    }

    // ---- closing ----

    @Test
    void aClosedCacheIsAnUnavailableStore() {
        assertNull(judged(by(KEY)));
        cache.close();
        cache.close();
        assertEquals(RejectionReason.STORE_UNAVAILABLE, judged(by(KEY)));
        assertEquals("KeyCache[closed]", cache.toString());
    }

    @Test
    void closingACacheEndsWhatWaitsForIt() {
        store.holdFinds = true;
        CompletableFuture<Verdict> waiting = started(verifier, by(KEY));
        assertFalse(waiting.isDone());
        cache.close();
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(waiting));
    }

    @Test
    void aVerifierOverACacheIsOneLikeAnother() {
        Accepted accepted = assertInstanceOf(Accepted.class, verifier.verify(by(KEY).head(), by(KEY).body()));
        assertEquals(DEVICE, accepted.request().device());
    }
}

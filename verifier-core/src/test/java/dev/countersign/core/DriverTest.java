package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.SchemeId;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyAttestation;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import dev.countersign.core.verification.OpenBodies;
import dev.countersign.tck.InMemoryDeviceRegistry;
import dev.countersign.tck.MutableClock;
import dev.countersign.tck.TestKeys;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The driver's own business: order, clock readings, waiting, limits, cancelling, closing, listeners, faults. */
class DriverTest {
    private static final long NOW = 1_800_000_000L;
    private static final long KEY = 1;
    private static final DeviceIdentity DEVICE = new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE);

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final ScriptedKeyStore keys = new ScriptedKeyStore(registry);
    private final ObviousNonceStore nonces = new ObviousNonceStore();
    private final ManualTimer timer = new ManualTimer();
    private final AtomicLong nanos = new AtomicLong();
    private final List<VerificationEvent> events = new ArrayList<>();
    private final CountersignVerifier verifier = settings().build();

    DriverTest() {
        put(DeviceStatus.ACTIVE, DeviceKey.current(TestKeys.publicKey(KEY)));
    }

    private VerifierBuilder settings() {
        return CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                .clock(clock)
                .nanoTime(nanos::get)
                .timer(timer)
                .addListener(events::add);
    }

    private void put(DeviceStatus status, DeviceKey... deviceKeys) {
        registry.put(DeviceRecord.of(DEVICE, status, List.of(deviceKeys), 1));
    }

    /** Every verdict was told once, and no fault of our own stayed hidden behind another answer. */
    @AfterEach
    void noFaultOfOurOwn() {
        assertEquals(0, verifier.internalFaults());
        assertEquals(List.of(), limits(), "every limit was disarmed or ended");
        timer.shutdownNow();
    }

    /** The limits for stores that are armed; the look at open bodies is there for all of them. */
    private List<Long> limits() {
        return timer.armed().stream()
                .filter(nanos -> nanos != OpenBodies.PAUSE_NANOS)
                .toList();
    }

    // ---- the verdict ----

    @Test
    void aGoodRequestIsAcceptedOnce() {
        Draft draft = good(KEY, NOW, nonce(1));
        Accepted accepted = assertInstanceOf(Accepted.class, verifier.verify(draft.head(), draft.body()));
        assertEquals(DEVICE, accepted.request().device());
        assertEquals("POST", accepted.request().method());
        assertEquals("/v1/events", accepted.request().path());
        assertEquals(Optional.of("/v1/events"), accepted.request().signedPath());
        assertEquals(Optional.empty(), accepted.request().query());
        assertEquals(Instant.ofEpochSecond(NOW), accepted.request().timestamp());
        assertEquals(Optional.of(nonce(1)), accepted.request().nonce());
        assertEquals(SchemeId.DEVICE_SIGNATURE_1, accepted.request().scheme());
        assertTrue(accepted.request().isBodyCovered());
        assertEquals(Optional.of(KeyState.CURRENT), accepted.request().keyState());
        assertEquals(2, accepted.request().bodyBytes());
        assertEquals(RejectionReason.NONCE_REPLAY, reasonOf(verifier, draft));
        assertEquals(RejectionReason.SIGNATURE_REPLAY, reasonOf(verifier, draft.with(SignedHeaders.NONCE, nonce(2))));
        assertEquals(2, nonces.tokens.size());
    }

    /** Of the key that verified, and not of another one of the device. */
    @Test
    void theVerifiedRequestSaysWhereItsKeyLives() {
        put(
                DeviceStatus.ACTIVE,
                DeviceKey.current(TestKeys.publicKey(KEY)).withAttestation(KeyAttestation.ROTATED_FROM_ATTESTED),
                DeviceKey.of(TestKeys.publicKey(2), KeyState.PREVIOUS)
                        .withNotAfter(Instant.ofEpochSecond(NOW + 60))
                        .withAttestation(KeyAttestation.ATTESTED));
        assertEquals(KeyAttestation.ROTATED_FROM_ATTESTED, attestationOf(good(KEY, NOW, nonce(1))));
        assertEquals(KeyAttestation.ATTESTED, attestationOf(good(2, NOW, nonce(2))));
        put(DeviceStatus.ACTIVE, DeviceKey.current(TestKeys.publicKey(KEY)));
        assertEquals(KeyAttestation.UNKNOWN, attestationOf(good(KEY, NOW, nonce(3))));
    }

    private KeyAttestation attestationOf(Draft draft) {
        return assertInstanceOf(Accepted.class, verifier.verify(draft.head(), draft.body()))
                .request()
                .attestation();
    }

    @Test
    void theRecordNamesTheDeviceAndNotTheHeader() {
        Draft draft = good(KEY, NOW, nonce(1));
        Draft upper = draft.with(SignedHeaders.DEVICE_ID, "6BA7B810-9DAD-41D1-80B4-00C04FD430C8")
                .with(SignedHeaders.NONCE, "0000000A-0000-4000-8000-00000000000B");
        Accepted accepted = assertInstanceOf(Accepted.class, verifier.verify(upper.head(), upper.body()));
        assertEquals(DEVICE, accepted.request().device());
        assertEquals(
                Optional.of("0000000a-0000-4000-8000-00000000000b"),
                accepted.request().nonce());
        assertEquals(
                RejectionReason.NONCE_REPLAY,
                reasonOf(verifier, draft.with(SignedHeaders.NONCE, "0000000a-0000-4000-8000-00000000000b")));
    }

    /** A store may answer with a device under another name: that is who the request is from, and whose nonce it is. */
    @Test
    void replaysAreRememberedUnderTheNameInTheRecord() {
        DeviceIdentity stored = new DeviceIdentity(SignedRequests.APP, "stored");
        keys.script = () ->
                CompletableFuture.completedFuture(Optional.of(DeviceRecord.active(stored, TestKeys.publicKey(KEY), 1)));
        Draft draft = good(KEY, NOW, nonce(1));
        Accepted accepted = assertInstanceOf(Accepted.class, verifier.verify(draft.head(), draft.body()));
        assertEquals(stored, accepted.request().device());
        assertEquals(stored, nonces.claims.get(0).device());
        Draft other = good(KEY, NOW + 1, nonce(1)).with(SignedHeaders.APP_ID, "other");
        assertEquals(RejectionReason.NONCE_REPLAY, reasonOf(verifier, other));
    }

    @Test
    void nothingIsStoredForASignatureThatDoesNotVerify() {
        Draft draft = good(KEY, NOW, nonce(1));
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(verifier, draft.withBody(new byte[] {1})));
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(verifier, draft.withMethod("PUT")));
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(verifier, draft.withTarget("/v1/events/")));
        assertEquals(
                RejectionReason.INVALID_SIGNATURE,
                reasonOf(verifier, draft.with(SignedHeaders.TIMESTAMP, Long.toString(NOW + 1))));
        assertEquals(List.of(), nonces.claims);
        assertNull(reasonOf(verifier, draft));
    }

    @Test
    void theQueryIsReportedAndNotSigned() {
        Draft draft = good(KEY, NOW, nonce(1)).withTarget("https://api.example/v1/events?a=b?c");
        Accepted accepted = assertInstanceOf(Accepted.class, verifier.verify(draft.head(), draft.body()));
        assertEquals("/v1/events", accepted.request().path());
        assertEquals(Optional.of("a=b?c"), accepted.request().query());
    }

    @Test
    void bothPathsOfTheIngestRuleAreReported() {
        Draft draft = SignedRequests.signed(KEY, "POST", "/ingest/v1/hsi", "/v1/hsi", NOW, nonce(1), new byte[0]);
        Accepted accepted = assertInstanceOf(Accepted.class, verifier.verify(draft.head(), draft.body()));
        assertEquals("/ingest/v1/hsi", accepted.request().path());
        assertEquals(Optional.of("/v1/hsi"), accepted.request().signedPath());
    }

    @Test
    void theBodyMayComeInAnyChunks() {
        byte[] body = new byte[10_000];
        Arrays.fill(body, (byte) 7);
        Draft draft = SignedRequests.signed(KEY, "PUT", "/b", "/b", NOW, nonce(1), body);
        Verification verification = verifier.begin(draft.head(), Caller.inline());
        for (int from = 0; from < body.length; from += 977) {
            ByteBuffer chunk = ByteBuffer.allocateDirect(977);
            chunk.put(body, from, Math.min(977, body.length - from)).flip();
            verification.update(chunk);
            assertFalse(chunk.hasRemaining(), "consumed whole");
        }
        Accepted accepted = assertInstanceOf(
                Accepted.class, verification.finish().toCompletableFuture().join());
        assertEquals(body.length, accepted.request().bodyBytes());
        assertSame(verification.finish(), verification.finish());
        assertThrows(IllegalStateException.class, () -> verification.update(ByteBuffer.allocate(1)));
    }

    // ---- where a faulty request ends ----

    @Test
    void aFaultyHeadEndsAtOnceAndItsBodyIsSkipped() {
        Draft draft = good(KEY, NOW, nonce(1)).without(SignedHeaders.APP_ID);
        Verification verification = verifier.begin(draft.head(), Caller.inline());
        assertEquals(RejectionReason.MISSING_HEADER, rejectionOf(verification));
        ByteBuffer chunk = ByteBuffer.allocate(100);
        verification.update(chunk);
        assertFalse(chunk.hasRemaining());
        assertEquals(0, keys.lookups.get());
        assertSame(
                verification.verdict().orElseThrow(),
                verification.finish().toCompletableFuture().join());
        assertEquals(1, events.size());
    }

    @Test
    void whatDependsOnStoredDataEndsAfterTheBody() {
        put(DeviceStatus.REVOKED, DeviceKey.current(TestKeys.publicKey(KEY)));
        for (Draft draft : List.of(
                good(KEY, NOW, nonce(1)),
                good(KEY, NOW, nonce(1)).with(SignedHeaders.APP_ID, "unknown"),
                good(99, NOW, nonce(1)))) {
            Verification verification = verifier.begin(draft.head(), Caller.inline());
            assertEquals(Optional.empty(), verification.rejection());
            verification.update(ByteBuffer.wrap(draft.body()));
            assertEquals(Optional.empty(), verification.rejection());
            assertInstanceOf(
                    Rejected.class, verification.finish().toCompletableFuture().join());
        }
        assertEquals(
                List.of(
                        RejectionReason.DEVICE_REVOKED,
                        RejectionReason.UNKNOWN_DEVICE,
                        RejectionReason.INVALID_SIGNATURE),
                events.stream().map(event -> event.reason().orElseThrow()).toList());
    }

    @Test
    void unknownDevicesAreAnsweredEarlyIfSoSet() {
        Draft draft = good(KEY, NOW, nonce(1)).with(SignedHeaders.APP_ID, "unknown");
        CountersignVerifier early = settings().answerUnknownDevicesEarly().build();
        assertEquals(RejectionReason.UNKNOWN_DEVICE, rejectionOf(early.begin(draft.head(), Caller.inline())));
        CompletableFuture<Optional<DeviceRecord>> later = new CompletableFuture<>();
        keys.script = () -> later;
        Verification verification = early.begin(draft.head(), Caller.inline());
        assertEquals(Optional.empty(), verification.rejection());
        later.complete(Optional.empty());
        assertEquals(Optional.empty(), verification.rejection(), "nothing is done but when the body goes on");
        verification.update(ByteBuffer.allocate(1));
        assertEquals(RejectionReason.UNKNOWN_DEVICE, rejectionOf(verification));
    }

    @Test
    void aBodyOverTheLimitEndsTheVerification() {
        CountersignVerifier small = settings().maxBodyBytes(2).build();
        Draft draft = good(KEY, NOW, nonce(1));
        assertNull(reasonOf(small, draft), "2 bytes are not over the limit");
        Draft next = good(KEY, NOW, nonce(2));
        Verification verification = small.begin(next.head(), Caller.inline());
        verification.update(ByteBuffer.allocate(2));
        assertEquals(Optional.empty(), verification.rejection());
        ByteBuffer tooMuch = ByteBuffer.allocate(1);
        verification.update(tooMuch);
        assertFalse(tooMuch.hasRemaining(), "consumed whole");
        assertEquals(RejectionReason.BODY_TOO_LARGE, rejectionOf(verification));
        assertEquals(
                413,
                ((Rejected) verification.finish().toCompletableFuture().join())
                        .answer()
                        .status());
        Verification announced = small.begin(announcing(next.head(), 3), Caller.inline());
        assertEquals(RejectionReason.BODY_TOO_LARGE, rejectionOf(announced));
    }

    @Test
    void theStatesOfDeviceAndKeyAreToldOnlyUnderAValidSignature() {
        DeviceKey invalidated = DeviceKey.of(TestKeys.publicKey(KEY), KeyState.INVALIDATED)
                .withNotAfter(Instant.ofEpochSecond(NOW + 9));
        put(DeviceStatus.ACTIVE, invalidated);
        assertEquals(RejectionReason.KEY_INVALIDATED, reasonOf(verifier, good(KEY, NOW, nonce(1))));
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(verifier, good(2, NOW, nonce(1))));
        put(DeviceStatus.PENDING, DeviceKey.current(TestKeys.publicKey(KEY)));
        assertEquals(RejectionReason.DEVICE_PENDING, reasonOf(verifier, good(KEY, NOW, nonce(1))));
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(verifier, good(2, NOW, nonce(1))));
        put(DeviceStatus.REVOKED, invalidated);
        assertEquals(RejectionReason.DEVICE_REVOKED, reasonOf(verifier, good(KEY, NOW, nonce(1))));
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(verifier, good(2, NOW, nonce(1))));
        put(DeviceStatus.ACTIVE, DeviceKey.of(TestKeys.publicKey(KEY), KeyState.RETIRED));
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(verifier, good(KEY, NOW, nonce(1))));
        assertEquals(List.of(), nonces.claims);
    }

    @Test
    void aRetiredKeyIsNotTriedAlsoWhereARecordListsIt() {
        DeviceRecord record = DeviceRecord.of(
                DEVICE, DeviceStatus.ACTIVE, List.of(DeviceKey.of(TestKeys.publicKey(KEY), KeyState.RETIRED)), 1);
        keys.script = () -> CompletableFuture.completedFuture(Optional.of(record));
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(verifier, good(KEY, NOW, nonce(1))));
        assertEquals(0, events.get(0).signatureChecks());
    }

    @Test
    void aTimestampIsMalformedBeforeItIsStale() {
        Draft draft = good(KEY, NOW, nonce(1));
        assertEquals(
                RejectionReason.CLOCK_SKEW, reasonOf(verifier, draft.with(SignedHeaders.TIMESTAMP, "99999999999")));
        assertEquals(
                RejectionReason.MALFORMED_HEADER,
                reasonOf(verifier, draft.with(SignedHeaders.TIMESTAMP, "100000000000")));
        Draft stale = good(KEY, NOW - 301, nonce(1));
        Verification announced = verifier.begin(announcing(stale.head(), Long.MAX_VALUE), Caller.inline());
        assertEquals(RejectionReason.CLOCK_SKEW, rejectionOf(announced), "step 2 comes before the body");
    }

    // ---- time ----

    @Test
    void theWindowIncludesItsLastSecond() {
        assertNull(reasonOf(verifier, good(KEY, NOW - 300, nonce(1))));
        assertNull(reasonOf(verifier, good(KEY, NOW + 300, nonce(2))));
        Rejected late = assertInstanceOf(Rejected.class, verdictOf(verifier, good(KEY, NOW - 301, nonce(3))));
        assertEquals(RejectionReason.CLOCK_SKEW, late.reason());
        assertEquals(NOW, late.serverTime().getEpochSecond());
        assertEquals(Long.toString(NOW), late.answer().headers().get(SignedHeaders.SERVER_TIMESTAMP));
        assertEquals(RejectionReason.CLOCK_SKEW, reasonOf(verifier, good(KEY, NOW + 301, nonce(4))));
        CountersignVerifier strict = settings().maxAhead(Duration.ofSeconds(5)).build();
        assertNull(reasonOf(strict, good(KEY, NOW + 5, nonce(5))));
        assertEquals(RejectionReason.CLOCK_SKEW, reasonOf(strict, good(KEY, NOW + 6, nonce(6))));
    }

    @Test
    void serverTimeIsRoundedDown() {
        clock.set(Instant.ofEpochSecond(NOW, 999_999_999));
        assertNull(reasonOf(verifier, good(KEY, NOW - 300, nonce(1))));
        assertEquals(RejectionReason.CLOCK_SKEW, reasonOf(verifier, good(KEY, NOW + 301, nonce(2))));
    }

    @Test
    void serverTimeIsRoundedDownBeforeTheEpochToo() {
        clock.set(Instant.ofEpochSecond(-1, 500_000_000));
        assertNull(reasonOf(verifier, good(KEY, 299, nonce(1))));
        assertEquals(RejectionReason.CLOCK_SKEW, reasonOf(verifier, good(KEY, 300, nonce(2))));
    }

    @Test
    void aWithheldBodyIsJudgedByTheSecondReading() {
        Draft draft = good(KEY, NOW - 300, nonce(1));
        Verification verification = verifier.begin(draft.head(), Caller.inline());
        assertEquals(Optional.empty(), verification.rejection());
        clock.advanceSeconds(1);
        verification.update(ByteBuffer.wrap(draft.body()));
        Rejected rejected = assertInstanceOf(
                Rejected.class, verification.finish().toCompletableFuture().join());
        assertEquals(RejectionReason.CLOCK_SKEW, rejected.reason());
        assertEquals(NOW + 1, rejected.serverTime().getEpochSecond());
        assertEquals(List.of(), nonces.claims);
    }

    @Test
    void theSecondReadingDatesTheClaim() {
        Draft draft = good(KEY, NOW - 100, nonce(1));
        Verification verification = verifier.begin(draft.head(), Caller.inline());
        clock.advanceSeconds(150);
        verification.update(ByteBuffer.wrap(draft.body()));
        assertInstanceOf(
                Accepted.class, verification.finish().toCompletableFuture().join());
        Claim claim = nonces.claims.get(0);
        assertEquals(NOW + 150, claim.claimedAt());
        assertEquals(NOW + 150 + 300 + 1, claim.deadline());
        assertEquals(NOW - 100 + 300 + 1, claim.earliestDeadline());
    }

    @Test
    void aRequestDatedAheadIsRememberedThatMuchLonger() {
        assertNull(reasonOf(verifier, good(KEY, NOW + 300, nonce(1))));
        assertEquals(NOW + 300 + 300 + 1, nonces.claims.get(0).deadline());
    }

    @Test
    void aShortWindowDoesNotShortenTheMemory() {
        CountersignVerifier narrow =
                settings().freshnessWindow(Duration.ofSeconds(10)).build();
        assertNull(reasonOf(narrow, good(KEY, NOW, nonce(1))));
        assertEquals(NOW + 300 + 1, nonces.claims.get(0).deadline());
        assertEquals(NOW + 300 + 1, nonces.claims.get(0).earliestDeadline());
        CountersignVerifier wide =
                settings().freshnessWindow(Duration.ofSeconds(301)).build();
        assertNull(reasonOf(wide, good(KEY, NOW, nonce(2))));
        assertEquals(NOW + 301 + 1, nonces.claims.get(1).deadline());
    }

    @Test
    void aSharedStoreGetsTheNodesClocksAndTheTimeLimitOnTop() {
        nonces.shared = true;
        CountersignVerifier shared = settings().build();
        assertNull(reasonOf(shared, good(KEY, NOW, nonce(1))));
        assertEquals(NOW + 300 + 10, nonces.claims.get(0).deadline());
    }

    @Test
    void deviceAndKeyAreJudgedAsOfTheSecondReading() {
        Draft draft = good(KEY, NOW, nonce(1));
        Verification revoked = verifier.begin(draft.head(), Caller.inline());
        put(DeviceStatus.REVOKED, DeviceKey.current(TestKeys.publicKey(KEY)));
        clock.advanceSeconds(1);
        revoked.update(ByteBuffer.wrap(draft.body()));
        assertEquals(RejectionReason.DEVICE_REVOKED, reasonOf(revoked.finish()));

        put(
                DeviceStatus.ACTIVE,
                DeviceKey.current(TestKeys.publicKey(2)),
                DeviceKey.of(TestKeys.publicKey(KEY), KeyState.PREVIOUS).withNotAfter(Instant.ofEpochSecond(NOW + 5)));
        clock.setSecond(NOW + 5);
        assertNull(reasonOf(verifier, good(KEY, NOW, nonce(2))), "the last second of a previous key");
        Draft late = good(KEY, NOW, nonce(3));
        Verification past = verifier.begin(late.head(), Caller.inline());
        past.update(ByteBuffer.wrap(late.body()));
        clock.setSecond(NOW + 6);
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(past.finish()));
    }

    @Test
    void aRecordOfThisSecondIsNotAskedForAgain() {
        assertNull(reasonOf(verifier, good(KEY, NOW, nonce(1))));
        assertEquals(1, keys.lookups.get());
        Draft draft = good(KEY, NOW, nonce(2));
        Verification slow = verifier.begin(draft.head(), Caller.inline());
        slow.update(ByteBuffer.wrap(draft.body()));
        clock.advanceSeconds(2);
        assertNull(reasonOf(slow.finish()));
        assertEquals(3, keys.lookups.get());
        Draft last = good(KEY, NOW, nonce(3));
        Verification back = verifier.begin(last.head(), Caller.inline());
        back.update(ByteBuffer.wrap(last.body()));
        clock.setSecond(NOW - 1);
        assertNull(reasonOf(back.finish()));
        assertEquals(5, keys.lookups.get(), "a clock that steps back says nothing about the age of a record");
    }

    // ---- stores ----

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
        NonceStore silent = new NonceStore() {
            @Override
            public CompletionStage<ClaimResult> claim(Claim claim) {
                return CompletableFuture.completedFuture(ClaimResult.NOT_WATCHING_YET);
            }

            @Override
            public long watchingSince() {
                throw new IllegalStateException("down");
            }

            @Override
            public boolean isShared() {
                return false;
            }

            @Override
            public void close() {}
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

    // ---- cancelling and closing ----

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

    // ---- rotation ----

    @Test
    void theFirstAcceptedRequestOfAProvisionalKeyConfirmsIt() {
        put(
                DeviceStatus.ACTIVE,
                DeviceKey.current(TestKeys.publicKey(KEY)),
                DeviceKey.of(TestKeys.publicKey(2), KeyState.PROVISIONAL)
                        .withNotAfter(Instant.ofEpochSecond(NOW + 60)));
        assertEquals(
                RejectionReason.INVALID_SIGNATURE,
                reasonOf(verifier, good(2, NOW, nonce(1)).withBody(new byte[1])));
        assertEquals(0, keys.confirmations.get());
        assertNull(reasonOf(verifier, good(2, NOW, nonce(1))));
        DeviceRecord record = registry.find(DEVICE).toCompletableFuture().join().orElseThrow();
        assertEquals(
                TestKeys.publicKey(2),
                record.key(KeyState.CURRENT).orElseThrow().publicKey());
        DeviceKey previous = record.key(KeyState.PREVIOUS).orElseThrow();
        assertEquals(Instant.ofEpochSecond(NOW + 300), previous.notAfter().orElseThrow());
        assertNull(reasonOf(verifier, good(KEY, NOW, nonce(2))));
        assertEquals(1, keys.confirmations.get());
    }

    @Test
    void aRotationIsConfirmedAsOfTheSecondReadingAndAfterTheClaim() {
        put(
                DeviceStatus.ACTIVE,
                DeviceKey.current(TestKeys.publicKey(KEY)),
                DeviceKey.of(TestKeys.publicKey(2), KeyState.PROVISIONAL)
                        .withNotAfter(Instant.ofEpochSecond(NOW + 60)));
        CompletableFuture<ClaimResult> claim = new CompletableFuture<>();
        nonces.script = () -> claim;
        Draft draft = good(2, NOW - 100, nonce(1));
        Verification verification = verifier.begin(draft.head(), Caller.inline());
        verification.update(ByteBuffer.wrap(draft.body()));
        clock.setSecond(NOW + 5);
        CompletableFuture<Verdict> verdict = verification.finish().toCompletableFuture();
        assertEquals(0, keys.confirmations.get());
        claim.complete(ClaimResult.CLAIMED);
        assertNull(reasonOf(verdict));
        DeviceRecord record = registry.find(DEVICE).toCompletableFuture().join().orElseThrow();
        assertEquals(
                Instant.ofEpochSecond(NOW + 305),
                record.key(KeyState.PREVIOUS).orElseThrow().notAfter().orElseThrow());
    }

    @Test
    void aClaimThatIsAnsweredAfterItsLimitConfirmsNothing() {
        put(
                DeviceStatus.ACTIVE,
                DeviceKey.current(TestKeys.publicKey(KEY)),
                DeviceKey.of(TestKeys.publicKey(2), KeyState.PROVISIONAL)
                        .withNotAfter(Instant.ofEpochSecond(NOW + 60)));
        CompletableFuture<ClaimResult> claim = new CompletableFuture<>();
        nonces.script = () -> claim;
        CompletableFuture<Verdict> verdict = start(good(2, NOW, nonce(1)));
        timer.fire();
        claim.complete(ClaimResult.CLAIMED);
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(verdict));
        assertEquals(0, keys.confirmations.get());
    }

    @Test
    void aConfirmationThatFailsDoesNotChangeTheVerdict() {
        put(
                DeviceStatus.ACTIVE,
                DeviceKey.current(TestKeys.publicKey(KEY)),
                DeviceKey.of(TestKeys.publicKey(2), KeyState.PROVISIONAL)
                        .withNotAfter(Instant.ofEpochSecond(NOW + 60)));
        keys.confirmScript = () -> {
            throw new IllegalStateException("down");
        };
        assertNull(reasonOf(verifier, good(2, NOW, nonce(1))));
        keys.confirmScript = CompletableFuture::new;
        CompletableFuture<Verdict> waiting = start(good(2, NOW, nonce(2)));
        assertFalse(waiting.isDone());
        timer.fire();
        assertInstanceOf(Accepted.class, waiting.join());
        keys.confirmScript = null;
        assertNull(reasonOf(verifier, good(2, NOW, nonce(3))));
        assertEquals(3, keys.confirmations.get());
    }

    @Test
    void aProvisionalKeyPastItsEndIsNoKey() {
        put(
                DeviceStatus.ACTIVE,
                DeviceKey.current(TestKeys.publicKey(KEY)),
                DeviceKey.of(TestKeys.publicKey(2), KeyState.PROVISIONAL).withNotAfter(Instant.ofEpochSecond(NOW - 1)));
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(verifier, good(2, NOW, nonce(1))));
        assertEquals(List.of(), nonces.claims);
    }

    @Test
    void noMoreThanFourSignaturesAreChecked() {
        put(
                DeviceStatus.ACTIVE,
                DeviceKey.current(TestKeys.publicKey(KEY)),
                DeviceKey.of(TestKeys.publicKey(2), KeyState.PROVISIONAL).withNotAfter(Instant.ofEpochSecond(NOW + 60)),
                DeviceKey.of(TestKeys.publicKey(3), KeyState.PREVIOUS).withNotAfter(Instant.ofEpochSecond(NOW + 60)));
        CountersignVerifier both = settings()
                .signingPaths(SigningPaths.builder()
                        .rule(java.util.Set.of("POST"), "/ingest/v1/", "/v1/")
                        .acceptUnstripped("/ingest/v1/")
                        .build())
                .build();
        Draft stripped = SignedRequests.signed(3, "POST", "/ingest/v1/x", "/v1/x", NOW, nonce(1), new byte[0]);
        assertNull(reasonOf(both, stripped));
        assertEquals(3, events.get(0).signatureChecks());
        Draft unstripped =
                SignedRequests.signed(KEY, "POST", "/ingest/v1/x", "/ingest/v1/x", NOW, nonce(2), new byte[0]);
        Accepted accepted = assertInstanceOf(Accepted.class, verdictOf(both, unstripped));
        assertEquals(Optional.of("/ingest/v1/x"), accepted.request().signedPath());
        assertEquals(4, events.get(1).signatureChecks());
        Draft chunked =
                SignedRequests.signed(KEY, "POST", "/ingest/v1/x", "/ingest/v1/x", NOW, nonce(4), new byte[] {1, 2, 3});
        Verification inChunks = both.begin(chunked.head(), Caller.inline());
        inChunks.update(ByteBuffer.wrap(chunked.body(), 0, 1));
        inChunks.update(ByteBuffer.wrap(chunked.body(), 1, 2));
        assertNull(reasonOf(inChunks.finish()), "the body counts for both paths");
        Draft stranger = SignedRequests.signed(9, "POST", "/ingest/v1/x", "/v1/x", NOW, nonce(3), new byte[0]);
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(both, stranger));
        assertEquals(4, events.get(3).signatureChecks());
        assertEquals(RejectionReason.INVALID_SIGNATURE, reasonOf(verifier, unstripped), "off unless set");
    }

    @Test
    void aKeyWhoseTimeIsOverUsesUpNoCheck() {
        put(
                DeviceStatus.ACTIVE,
                DeviceKey.current(TestKeys.publicKey(KEY)),
                DeviceKey.of(TestKeys.publicKey(2), KeyState.PROVISIONAL).withNotAfter(Instant.ofEpochSecond(NOW + 60)),
                DeviceKey.of(TestKeys.publicKey(3), KeyState.PREVIOUS).withNotAfter(Instant.ofEpochSecond(NOW - 1)));
        CountersignVerifier both = settings()
                .signingPaths(SigningPaths.builder()
                        .rule(java.util.Set.of("POST"), "/ingest/v1/", "/v1/")
                        .acceptUnstripped("/ingest/v1/")
                        .build())
                .build();
        Draft rotated = SignedRequests.signed(2, "POST", "/ingest/v1/x", "/ingest/v1/x", NOW, nonce(1), new byte[0]);
        assertNull(reasonOf(both, rotated), "the rotation after the last one can be confirmed");
        assertEquals(1, keys.confirmations.get());
    }

    // ---- listeners and faults of our own ----

    @Test
    void aListenerThatThrowsIsCountedAndChangesNothing() {
        CountersignVerifier bad = settings()
                .addListener(event -> {
                    throw new IllegalStateException("listener");
                })
                .build();
        assertNull(reasonOf(bad, good(KEY, NOW, nonce(1))));
        assertEquals(1, bad.listenerFailures());
        assertEquals(0, bad.internalFaults());
    }

    @Test
    void anErrorOfAListenerIsCountedToo() {
        CountersignVerifier bad = settings()
                .addListener(event -> {
                    throw new AssertionError("listener");
                })
                .build();
        assertNull(reasonOf(bad, good(KEY, NOW, nonce(1))));
        assertEquals(1, bad.listenerFailures());
        assertEquals(0, bad.internalFaults());
    }

    @Test
    void aListenerIsToldBeforeTheCaller() {
        List<Verification> told = new ArrayList<>();
        List<Boolean> known = new ArrayList<>();
        CountersignVerifier verifies = settings()
                .addListener(event -> known.add(told.get(0).verdict().isPresent()
                        || told.get(0).finish().toCompletableFuture().isDone()))
                .build();
        Draft draft = good(KEY, NOW, nonce(1));
        Verification verification = verifies.begin(draft.head(), Caller.inline());
        told.add(verification);
        verification.update(ByteBuffer.wrap(draft.body()));
        assertNull(reasonOf(verification.finish()));
        assertEquals(List.of(false), known);
        assertEquals(0, verifies.listenerFailures());
    }

    @Test
    void anEventNamesTheDeviceByAKeyedHash() {
        byte[] secret = new byte[16];
        CountersignVerifier keyed = settings().redactionKey(secret).build();
        assertNull(reasonOf(keyed, good(KEY, NOW, nonce(1))));
        assertNull(reasonOf(verifier, good(KEY, NOW, nonce(2))));
        VerificationEvent event = events.get(0);
        // HMAC-SHA256 under 16 zero bytes of: 0c com.acme.app 24 6ba7…; computed with OpenSSL.
        assertEquals(Optional.of(REDACTED), event.deviceHash());
        assertEquals(Optional.of(SignedRequests.APP), event.appId());
        assertTrue(event.isAuthenticated());
        assertEquals(Optional.of(KeyState.CURRENT), event.keyState());
        assertEquals(1, event.signatureChecks());
        assertEquals(Optional.empty(), event.reason());
        for (VerificationEvent.Stage stage : VerificationEvent.Stage.values()) {
            assertTrue(event.nanos(stage) >= 0, stage + " was entered");
        }
        String other = events.get(1).deviceHash().orElseThrow();
        assertFalse(other.equals(REDACTED), "each verifier has a random key unless one is set");
        secret[0] = 1;
        assertNull(reasonOf(keyed, good(KEY, NOW, nonce(3))));
        assertEquals(Optional.of(REDACTED), events.get(2).deviceHash(), "the key was copied");
    }

    private static final String REDACTED = "2e6a9ee5970e5a06";

    @Test
    void aRejectedHeadTellsOnlyWhatWasRead() {
        assertEquals(
                RejectionReason.MISSING_HEADER,
                reasonOf(verifier, good(KEY, NOW, nonce(1)).without(SignedHeaders.NONCE)));
        VerificationEvent event = events.get(0);
        assertEquals(Optional.empty(), event.appId());
        assertEquals(Optional.empty(), event.deviceHash());
        assertEquals(Optional.empty(), event.keyState());
        assertFalse(event.isAuthenticated());
        assertEquals(0, event.nanos(VerificationEvent.Stage.HEAD), "the manual clock stood still");
        assertEquals(-1, event.nanos(VerificationEvent.Stage.CLAIM));
        assertEquals("VerificationEvent[MISSING_HEADER]", event.toString());
    }

    @Test
    void aFaultOfOurOwnIsAReasonToo() {
        CountersignVerifier faulty = settings().build();
        RequestHead broken = new RequestHead() {
            @Override
            public String method() {
                return "GET";
            }

            @Override
            public String target() {
                return "/";
            }

            @Override
            public List<String> headers(String name) {
                throw new IllegalStateException("an adapter's bug");
            }
        };
        Rejected rejected = assertInstanceOf(Rejected.class, faulty.verify(broken, new byte[0]));
        assertEquals(RejectionReason.INTERNAL, rejected.reason());
        assertEquals(503, rejected.answer().status());
        assertEquals(1, faulty.internalFaults());
        Throwable fault = faulty.lastInternalFault();
        assertNotNull(fault);
        assertEquals("an adapter's bug", fault.getMessage());
    }

    @Test
    void anErrorOfAnEngineIsAFaultOfOurOwn() {
        EcdsaP256Engine broken = new EcdsaP256Engine() {
            @Override
            public PreparedKey prepare(DevicePublicKey key) {
                throw new AssertionError("an engine's bug");
            }

            @Override
            public boolean verify(PreparedKey key, byte[] digest, byte[] signature) {
                return true;
            }

            @Override
            public String name() {
                return "broken";
            }
        };
        CountersignVerifier faulty = settings().engine(broken).build();
        assertEquals(RejectionReason.INTERNAL, reasonOf(faulty, good(KEY, NOW, nonce(1))));
        assertEquals(1, faulty.internalFaults());
        assertEquals(List.of(), nonces.claims);
    }

    @Test
    void aClockThatFailsIsAFaultOfOurOwnAndNobodyWaits() {
        boolean[] fails = {true};
        Clock failing = new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                if (fails[0]) {
                    throw new IllegalStateException("no time");
                }
                return clock.instant();
            }
        };
        CountersignVerifier timeless = settings().clock(failing).build();
        Draft draft = good(KEY, NOW, nonce(1));
        Verification atOnce = timeless.begin(draft.head(), Caller.inline());
        assertEquals(RejectionReason.INTERNAL, rejectionOf(atOnce));
        assertEquals(
                503,
                assertInstanceOf(Rejected.class, atOnce.verdict().orElseThrow())
                        .answer()
                        .status());
        fails[0] = false;
        Verification later = timeless.begin(draft.head(), Caller.inline());
        Verification cancelled = timeless.begin(draft.head(), Caller.inline());
        fails[0] = true;
        assertEquals(RejectionReason.INTERNAL, reasonOf(later.finish()));
        cancelled.cancel();
        assertEquals(RejectionReason.INTERNAL, rejectionOf(cancelled));
        assertTrue(timeless.internalFaults() > 0);
        assertEquals(List.of(), nonces.claims);
    }

    @Test
    void whatIsPrintedGivesNothingAway() {
        Draft draft = good(KEY, NOW, nonce(1));
        Verification verification = verifier.begin(draft.head(), Caller.inline());
        verification.update(ByteBuffer.wrap(draft.body()));
        Verdict verdict = verification.finish().toCompletableFuture().join();
        String printed = verifier + " " + verification + " " + verdict + " " + draft.head() + " " + nonces.claims + " "
                + events.get(0);
        for (String secret :
                List.of(draft.header(SignedHeaders.SIGNATURE), nonce(1), SignedRequests.DEVICE, "/v1/events", "{}")) {
            assertFalse(printed.contains(secret), printed);
        }
    }

    // ---- shared ----

    private CompletableFuture<Verdict> start(Draft draft) {
        return verifier.verifyAsync(draft.head(), ByteBuffer.wrap(draft.body()), Caller.inline())
                .toCompletableFuture();
    }

    private static Verdict verdictOf(CountersignVerifier by, Draft draft) {
        return by.verify(draft.head(), draft.body());
    }

    private static @Nullable RejectionReason reasonOf(CountersignVerifier by, Draft draft) {
        return verdictOf(by, draft) instanceof Rejected rejected ? rejected.reason() : null;
    }

    private static @Nullable RejectionReason reasonOf(CompletionStage<Verdict> stage) {
        CompletableFuture<Verdict> verdict = stage.toCompletableFuture();
        assertTrue(verdict.isDone(), "the verdict is here");
        return verdict.join() instanceof Rejected rejected ? rejected.reason() : null;
    }

    private static @Nullable RejectionReason rejectionOf(Verification verification) {
        return verification.rejection().map(Rejected::reason).orElse(null);
    }

    private static RequestHead announcing(RequestHead head, long bytes) {
        return new RequestHead() {
            @Override
            public String method() {
                return head.method();
            }

            @Override
            public String target() {
                return head.target();
            }

            @Override
            public List<String> headers(String name) {
                return head.headers(name);
            }

            @Override
            public long announcedBodyBytes() {
                return bytes;
            }
        };
    }
}

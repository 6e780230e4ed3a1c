package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.SchemeId;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyAttestation;
import dev.countersign.api.device.KeyState;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a verdict says, and where a faulty request ends. */
class DriverVerdictTest extends DriverFixture {
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
}

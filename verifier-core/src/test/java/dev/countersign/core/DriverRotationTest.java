package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Which of a device's keys may sign. */
class DriverRotationTest extends DriverFixture {
    /** Key 2 may take the place of the device's key, up to a minute from now. */
    private void rotationBegan() {
        put(
                DeviceStatus.ACTIVE,
                DeviceKey.current(TestKeys.publicKey(KEY)),
                DeviceKey.of(TestKeys.publicKey(2), KeyState.PROVISIONAL)
                        .withNotAfter(Instant.ofEpochSecond(NOW + 60)));
    }

    @Test
    void theFirstAcceptedRequestOfAProvisionalKeyConfirmsIt() {
        rotationBegan();
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
        rotationBegan();
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
        rotationBegan();
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
        rotationBegan();
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
}

package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.store.Claim;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which reading of which clock decides. */
class DriverTimeTest extends DriverFixture {
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
}

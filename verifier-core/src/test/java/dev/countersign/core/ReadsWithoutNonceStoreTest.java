package dev.countersign.core;

import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Caller;
import dev.countersign.api.ClaimResult;
import dev.countersign.api.DeviceIdentity;
import dev.countersign.api.DeviceKey;
import dev.countersign.api.DeviceRecord;
import dev.countersign.api.DeviceStatus;
import dev.countersign.api.KeyState;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.VerificationEvent;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.tck.InMemoryDeviceRegistry;
import dev.countersign.tck.MutableClock;
import dev.countersign.tck.TestKeys;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Fail-open, as far as it goes: reads, by an explicit setting, while the nonce store is unavailable; and it shows. */
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
            settings().acceptReadsWithoutNonceStore(true).build();

    ReadsWithoutNonceStoreTest() {
        keys.script = () ->
                CompletableFuture.completedFuture(Optional.of(DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 1)));
    }

    @AfterEach
    void noFaultOfOurOwn() {
        assertEquals(0, open.internalFaults());
        time.shutdownNow();
    }

    private VerifierBuilder settings() {
        return CountersignVerifier.builder(keys, nonces)
                .clock(clock)
                .timer(time)
                .nanoTime(time::nanos)
                .listener(events::add);
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

    /** All the ways in which a claim ends unavailable. */
    @SuppressWarnings("NullAway") // stores of others may answer null all the same
    private List<Supplier<CompletionStage<ClaimResult>>> unavailable() {
        return List.of(
                () -> CompletableFuture.failedFuture(new IllegalStateException("down")),
                () -> CompletableFuture.failedStage(new Error("down")),
                () -> null,
                () -> CompletableFuture.completedFuture(null),
                () -> {
                    throw new IllegalStateException("down");
                },
                () -> {
                    time.skip(Duration.ofMillis(2001));
                    return CompletableFuture.completedFuture(ClaimResult.NONCE_REPLAYED);
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
    void aClaimThatHangsPassesAfterItsLimit() {
        nonces.script = CompletableFuture::new;
        CompletableFuture<Verdict> read = started(open, request("GET", 1));
        CompletableFuture<Verdict> write = started(open, request("POST", 2));
        time.pass(Duration.ofMillis(1999));
        assertFalse(read.isDone() || write.isDone());
        time.pass(Duration.ofMillis(1));
        assertNull(reasonOf(read));
        assertEquals(RejectionReason.STORE_UNAVAILABLE, reasonOf(write));
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
        DeviceKey key = new DeviceKey(TestKeys.publicKey(1), KeyState.PROVISIONAL, Instant.ofEpochSecond(NOW + 100));
        keys.script = () -> CompletableFuture.completedFuture(
                Optional.of(new DeviceRecord(DEVICE, DeviceStatus.ACTIVE, List.of(key), 1)));
        nonces.script = () -> CompletableFuture.failedFuture(new IllegalStateException("down"));
        assertNull(reasonOf(started(open, request("GET", 1))));
        assertEquals(1, keys.confirmations.get());
    }

    @Test
    void whereNoProtectionIsAskedForNothingIsMarked() {
        CountersignVerifier writesOnly =
                settings().replayProtectionOnWritesOnly(true).build();
        nonces.script = () -> CompletableFuture.failedFuture(new IllegalStateException("down"));
        assertNull(reasonOf(started(writesOnly, request("GET", 1))));
        assertFalse(lastWasUnchecked());
    }
}

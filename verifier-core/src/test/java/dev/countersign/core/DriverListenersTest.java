package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.KeyState;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import dev.countersign.testkit.MutableClock;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What listeners hear, and faults of our own. */
class DriverListenersTest extends DriverFixture {
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
        MutableClock failing = MutableClock.atSecond(NOW);
        failing.beforeReading(() -> {
            if (fails[0]) {
                throw new IllegalStateException("no time");
            }
        });
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
}

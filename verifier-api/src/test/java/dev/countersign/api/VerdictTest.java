package dev.countersign.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.AppUser;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.KeyAttestation;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.device.Signer;
import dev.countersign.api.verifier.ForVerifiers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private static final DeviceIdentity DEVICE = new DeviceIdentity("app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
    private static final String NONCE = "0f8fad5b-d9cb-469f-a165-70867728950e";
    private static final VerifiedRequest REQUEST = parts(DEVICE)
            .verificationId(0x1234L)
            .method("POST")
            .path("/secret/path")
            .signedPath("/secret/signed")
            .query("secret=query")
            .timestamp(1_700_000_000L)
            .nonce(NONCE)
            .key(KeyState.CURRENT, KeyAttestation.ATTESTED)
            .body(5, true)
            .build();

    private static VerifiedRequest.Builder parts(Signer signer) {
        return VerifiedRequest.builder(SchemeId.DEVICE_SIGNATURE_1, signer, ForVerifiers.ONLY);
    }

    private static Rejected rejected(RejectionReason reason) {
        return Rejected.builder(reason, 1, ForVerifiers.ONLY).build();
    }

    @Test
    void foldTakesTheOneThatFits() {
        Verdict accepted = Accepted.of(REQUEST, ForVerifiers.ONLY);
        Verdict rejected = rejected(RejectionReason.CLOCK_SKEW);
        assertTrue(accepted.isAccepted());
        assertFalse(rejected.isAccepted());
        AtomicBoolean wrong = new AtomicBoolean();
        assertSame(REQUEST, accepted.<Object>fold(Accepted::request, r -> {
            wrong.set(true);
            return r;
        }));
        assertEquals(
                RejectionReason.CLOCK_SKEW,
                rejected.<Object>fold(
                        a -> {
                            wrong.set(true);
                            return a;
                        },
                        Rejected::reason));
        assertFalse(wrong.get());
    }

    @Test
    @SuppressWarnings("NullAway") // what callers without null checks do
    void partsAreRequired() {
        assertThrows(NullPointerException.class, () -> Accepted.of(null, ForVerifiers.ONLY));
        assertThrows(NullPointerException.class, () -> Rejected.builder(null, 0, ForVerifiers.ONLY));
        assertThrows(NullPointerException.class, () -> Caller.on(null));
        assertThrows(NullPointerException.class, () -> parts(null));
        assertThrows(NullPointerException.class, () -> parts(DEVICE).path("/").build());
        assertThrows(
                NullPointerException.class, () -> parts(DEVICE).method("GET").build());
    }

    @Test
    @SuppressWarnings("NullAway") // what callers without null checks do
    void onlyVerifiersMakeVerdicts() {
        assertThrows(NullPointerException.class, () -> Accepted.of(REQUEST, null));
        assertThrows(NullPointerException.class, () -> Rejected.builder(RejectionReason.CLOCK_SKEW, 0, null));
        assertThrows(
                NullPointerException.class, () -> VerifiedRequest.builder(SchemeId.DEVICE_SIGNATURE_1, DEVICE, null));
        for (Class<?> type : List.of(Accepted.class, Rejected.class, VerifiedRequest.class, StoreFailure.class)) {
            assertEquals(0, type.getConstructors().length, type.getName());
        }
    }

    @Test
    void aVerifiedRequestSaysWhatWasSigned() {
        assertEquals("0000000000001234", REQUEST.verificationId());
        assertEquals("device-signature/1", REQUEST.scheme().toString());
        assertEquals(DEVICE, REQUEST.signer());
        assertEquals(DEVICE, REQUEST.device());
        assertEquals("POST", REQUEST.method());
        assertEquals("/secret/path", REQUEST.path());
        assertEquals(Optional.of("/secret/signed"), REQUEST.signedPath());
        assertEquals(Optional.of("secret=query"), REQUEST.query());
        assertEquals(Instant.ofEpochSecond(1_700_000_000L), REQUEST.timestamp());
        assertEquals(Optional.of(NONCE), REQUEST.nonce());
        assertEquals(Optional.of(KeyState.CURRENT), REQUEST.keyState());
        assertEquals(KeyAttestation.ATTESTED, REQUEST.attestation());
        assertTrue(REQUEST.isBodyCovered());
        assertEquals(5, REQUEST.bodyBytes());
    }

    @Test
    void aRequestOfAUserHasNoDevice() {
        VerifiedRequest users = VerifiedRequest.builder(
                        new SchemeId("signed-session", 1), AppUser.of("app", "user 1"), ForVerifiers.ONLY)
                .method("GET")
                .path("/")
                .build();
        assertEquals("app", users.signer().appId());
        assertEquals(Optional.empty(), users.signedPath());
        assertEquals(Optional.empty(), users.nonce());
        assertEquals(Optional.empty(), users.keyState());
        assertEquals(KeyAttestation.UNKNOWN, users.attestation());
        assertFalse(users.isBodyCovered());
        String message = String.valueOf(
                assertThrows(IllegalStateException.class, users::device).getMessage());
        assertTrue(message.contains("signer()"), message);
    }

    @Test
    void aRejectionSaysMoreToTheLogThanToTheClient() {
        Exception cause = new IllegalStateException("connection refused");
        Rejected rejected = Rejected.builder(RejectionReason.STORE_UNAVAILABLE, 7, ForVerifiers.ONLY)
                .verificationId(-1)
                .detail("nonce store failed")
                .cause(cause)
                .retryAfterSeconds(2)
                .build();
        assertEquals("nonce store failed", rejected.detail());
        assertEquals(Optional.of(cause), rejected.cause());
        assertEquals("ffffffffffffffff", rejected.verificationId());
        assertEquals(Instant.ofEpochSecond(7), rejected.serverTime());
        assertEquals("Rejected[STORE_UNAVAILABLE: nonce store failed]", rejected.toString());
        String body = new String(rejected.answer().body(), StandardCharsets.US_ASCII);
        assertFalse(body.contains("nonce store") || body.contains("refused") || body.contains("ffff"), body);
    }

    @Test
    void theInlineCallerGoesOnWhereItIs() {
        Thread here = Thread.currentThread();
        AtomicBoolean ran = new AtomicBoolean();
        Caller.inline().executor().execute(() -> ran.set(Thread.currentThread() == here));
        assertTrue(ran.get());
        assertEquals(Optional.empty(), Caller.inline().attachment());
        assertEquals(Optional.of("who"), Caller.inline().withAttachment("who").attachment());
    }

    @Test
    void toStringShowsNoMoreThanMayBeLogged() {
        assertEquals("VerifiedRequest[DeviceIdentity[app, 6ba7b810...], POST, CURRENT]", REQUEST.toString());
        assertEquals(
                "Caller[]", Caller.on(Runnable::run).withAttachment("secret").toString());
        for (Object value : List.of(
                REQUEST, Accepted.of(REQUEST, ForVerifiers.ONLY), rejected(RejectionReason.INVALID_SIGNATURE))) {
            String text = value.toString();
            assertFalse(text.contains("secret") || text.contains("9dad") || text.contains("0f8fad5b"), text);
        }
    }
}

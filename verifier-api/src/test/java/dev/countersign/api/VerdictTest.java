package dev.countersign.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ReplayToken;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private static final DeviceIdentity DEVICE = new DeviceIdentity("app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
    private static final ReplayToken TOKEN = new ReplayToken(1, 2);
    private static final VerifiedRequest REQUEST = new VerifiedRequest(
            DEVICE,
            "POST",
            "/secret/path",
            "/secret/signed",
            "secret=query",
            1_700_000_000L,
            "0f8fad5b-d9cb-469f-a165-70867728950e",
            1,
            KeyState.CURRENT,
            5);

    @Test
    void foldTakesTheOneThatFits() {
        Verdict accepted = new Accepted(REQUEST);
        Verdict rejected = new Rejected(RejectionReason.CLOCK_SKEW, 1, 0);
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
        assertThrows(NullPointerException.class, () -> new Accepted(null));
        assertThrows(NullPointerException.class, () -> new Rejected(null, 0, 0));
        assertThrows(NullPointerException.class, () -> new Caller(null, null));
        assertThrows(NullPointerException.class, () -> new Claim(null, TOKEN, TOKEN, 1, 1, 1, 1));
        assertThrows(NullPointerException.class, () -> new Claim(DEVICE, null, TOKEN, 1, 1, 1, 1));
        assertNull(new Claim(DEVICE, TOKEN, null, 1, 1, 1, 1).signature());
        assertThrows(NullPointerException.class, () -> request(null, "GET", "/", "/", "n", KeyState.CURRENT));
        assertThrows(NullPointerException.class, () -> request(DEVICE, null, "/", "/", "n", KeyState.CURRENT));
        assertThrows(NullPointerException.class, () -> request(DEVICE, "GET", null, "/", "n", KeyState.CURRENT));
        assertThrows(NullPointerException.class, () -> request(DEVICE, "GET", "/", null, "n", KeyState.CURRENT));
        assertThrows(NullPointerException.class, () -> request(DEVICE, "GET", "/", "/", null, KeyState.CURRENT));
        assertThrows(NullPointerException.class, () -> request(DEVICE, "GET", "/", "/", "n", null));
        assertNull(request(DEVICE, "GET", "/", "/", "n", KeyState.CURRENT).query());
    }

    @Property
    void aClaimsTimesFitEachOther(
            @ForAll long timestamp, @ForAll long claimedAt, @ForAll long deadline, @ForAll long earliest) {
        boolean fits = timestamp <= earliest && earliest <= deadline && claimedAt <= deadline;
        if (fits) {
            assertEquals(
                    deadline, new Claim(DEVICE, TOKEN, TOKEN, timestamp, claimedAt, deadline, earliest).deadline());
        } else {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new Claim(DEVICE, TOKEN, TOKEN, timestamp, claimedAt, deadline, earliest));
        }
    }

    @Test
    void theEdgesOfAClaimsTimes() {
        assertEquals(5, new Claim(DEVICE, TOKEN, TOKEN, 5, 5, 5, 5).deadline());
        assertEquals(600, new Claim(DEVICE, TOKEN, TOKEN, 5, 1, 600, 400).deadline(), "dated ahead of the claim");
        assertThrows(IllegalArgumentException.class, () -> new Claim(DEVICE, TOKEN, TOKEN, 5, 6, 5, 5));
        assertThrows(IllegalArgumentException.class, () -> new Claim(DEVICE, TOKEN, TOKEN, 5, 5, 5, 6));
        assertThrows(IllegalArgumentException.class, () -> new Claim(DEVICE, TOKEN, TOKEN, 5, 5, 5, 4));
    }

    @Property
    void aTokenIsTheFirst16BytesOfAHash(@ForAll @Size(32) byte[] hash) {
        ReplayToken token = ReplayToken.ofHash(hash);
        java.nio.ByteBuffer expected = java.nio.ByteBuffer.wrap(hash);
        assertEquals(expected.getLong(), token.high());
        assertEquals(expected.getLong(), token.low());
        assertEquals(token, ReplayToken.ofHash(java.util.Arrays.copyOf(hash, ReplayToken.BYTES)));
        assertEquals(token.hashCode(), new ReplayToken(token.high(), token.low()).hashCode());
    }

    @Test
    void theInlineCallerGoesOnWhereItIs() {
        Thread here = Thread.currentThread();
        AtomicBoolean ran = new AtomicBoolean();
        Caller.inline().executor().execute(() -> ran.set(Thread.currentThread() == here));
        assertTrue(ran.get());
        assertNull(Caller.inline().attachment());
    }

    @Test
    void toStringShowsNoMoreThanMayBeLogged() {
        assertEquals("VerifiedRequest[DeviceIdentity[app, 6ba7b810...], POST, CURRENT]", REQUEST.toString());
        assertEquals("Caller[]", new Caller(Runnable::run, "secret").toString());
        assertEquals(
                "Claim[DeviceIdentity[app, 6ba7b810...]]",
                new Claim(DEVICE, new ReplayToken(987654321, 1), TOKEN, 2, 3, 4, 2).toString());
        for (Object value : List.of(
                REQUEST,
                new Accepted(REQUEST),
                new Rejected(RejectionReason.INVALID_SIGNATURE, 1, 0),
                new Claim(DEVICE, TOKEN, TOKEN, 1, 1, 1, 1))) {
            String text = value.toString();
            assertFalse(text.contains("secret") || text.contains("9dad") || text.contains("0f8fad5b"), text);
        }
    }

    private static VerifiedRequest request(
            DeviceIdentity device, String method, String path, String signedPath, String nonce, KeyState state) {
        return new VerifiedRequest(device, method, path, signedPath, null, 1, nonce, 1, state, 0);
    }
}

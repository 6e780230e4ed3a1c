package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.tck.RawHttp;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A store that answers late, and on a thread of its own: one event loop serves all connections here. */
@ExtendWith(Leaks.class)
@Timeout(120)
class SlowStoreTest {
    private VerifiedBackend backend;
    private SlowClaims slow;

    @BeforeEach
    void start() throws Exception {
        backend = VerifiedBackend.start(SlowClaims::new, settings -> settings, VerifiedBackend::echoOverHttp1);
        slow = (SlowClaims) backend.nonces;
    }

    @AfterEach
    void stop() {
        backend.close();
    }

    @Test
    void whileOneWaitsTheLoopServesOthers() throws Exception {
        try (RawHttp waiting = new RawHttp(backend.port());
                RawHttp other = new RawHttp(backend.port())) {
            waiting.send(backend.signed("POST", "/v1/slow", "abc").text());
            CompletableFuture<Void> claim = slow.next();
            for (int i = 0; i < 20; i++) {
                other.send("GET /open/x HTTP/1.1\r\nHost: h\r\n\r\n");
                assertEquals(200, other.read().status());
                other.send("GET /v1/x HTTP/1.1\r\nHost: h\r\n\r\n");
                assertEquals(400, other.read().status());
            }
            other.send(backend.signed("POST", "/v1/fast", "xyz").text());
            slow.next().complete(null);
            assertEquals("xyz", other.read().body());
            claim.complete(null);
            assertEquals("abc", waiting.read().body());
        }
    }

    @Test
    void theNextRequestOfTheConnectionWaits() throws Exception {
        try (RawHttp http = new RawHttp(backend.port())) {
            http.send(backend.signed("POST", "/v1/1", "one").text()
                    + backend.signed("POST", "/v1/2", "two").text() + "GET /open/3 HTTP/1.1\r\nHost: h\r\n\r\n");
            CompletableFuture<Void> first = slow.next();
            backend.server.onLoop(() -> {});
            assertEquals(0, slow.unanswered(), "the second is not begun");
            assertNull(backend.log.requests.peek());
            first.complete(null);
            assertEquals("one", http.read().body());
            slow.next().complete(null);
            assertEquals("two", http.read().body());
            assertEquals("", http.read().body());
        }
    }

    @Test
    void aClientThatIsGoneDuringTheClaimIsServedNothing() throws Exception {
        for (boolean isReset : new boolean[] {false, true}) {
            SignedRequest request = backend.signed("POST", "/v1/x", "abc");
            RawHttp http = new RawHttp(backend.port());
            http.send(request.text());
            CompletableFuture<Void> claim = slow.next();
            if (isReset) {
                http.reset();
            } else {
                http.close();
            }
            backend.server.until(() -> backend.countersign.heldBytes() == 0); // until the server has noticed
            claim.complete(null);
            backend.server.onLoop(() -> {});
            assertNull(backend.log.requests.peek());
            assertTrue(backend.log.events.isEmpty());
        }
    }

    @Test
    void aVerdictOfARejectionComesLateToo() throws Exception {
        String once = backend.signed("POST", "/v1/x", "abc").text();
        try (RawHttp http = new RawHttp(backend.port())) {
            http.send(once + once);
            slow.next().complete(null);
            assertEquals(200, http.read().status());
            slow.next().complete(null);
            assertEquals("NONCE_REPLAY", http.read().header("x-synheart-error"));
        }
    }
}

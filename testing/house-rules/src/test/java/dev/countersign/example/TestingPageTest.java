package dev.countersign.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.countersign.api.Caller;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verdict;
import dev.countersign.api.store.NonceStore;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeySource;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.testkit.ForwardingKeyStore;
import dev.countersign.testkit.ForwardingNonceStore;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.SignedRequest;
import dev.countersign.testkit.TestDevice;
import dev.countersign.testkit.TestKeys;
import dev.countersign.testkit.TestVerdicts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The tests that docs/testing.md shows: each of its snippets stands here to the line, which SnippetsTest checks. */
class TestingPageTest {
    private final MutableClock clock = MutableClock.atSecond(1_800_000_000L);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final ForwardingKeyStore keys = new ForwardingKeyStore(registry);
    private final NonceStore memory =
            MemoryNonceStore.builder().clock(clock).alwaysWatching().build();
    private final ForwardingNonceStore nonces = new ForwardingNonceStore(memory);
    private final RequestVerifier verifier = CountersignVerifier.builder(KeySource.uncached(keys), nonces)
            .clock(clock)
            .claimTimeLimit(Duration.ofMinutes(5)) // of real time
            .build();
    private final TestDevice phone = TestDevice.of("com.acme.app", 1, clock);

    @BeforeEach
    void registerThePhone() {
        registry.put(phone.record());
    }

    @AfterEach
    void close() {
        verifier.close();
        nonces.close();
    }

    private String answerTo(SignedRequest request) {
        return verifier.verify(request.head(), request.body())
                .fold(accepted -> "accepted", rejected -> rejected.reason().toString());
    }

    @Test
    void aRequestIsAcceptedOnce() {
        SignedRequest request = phone.sign("POST", "/v1/events", "{}");
        assertEquals("accepted", answerTo(request));
        assertEquals("NONCE_REPLAY", answerTo(request));
    }

    @Test
    void whatWasNotSignedIsRejected() {
        SignedRequest request = phone.sign("POST", "/v1/events", "{}");
        assertEquals("INVALID_SIGNATURE", answerTo(request.withBody("{\"admin\":true}".getBytes(UTF_8))));
        assertEquals("INVALID_SIGNATURE", answerTo(request.withTarget("/v1/admin")));
        assertEquals("MISSING_HEADER", answerTo(request.withoutHeader(SignedHeaders.NONCE)));
        assertEquals(
                "UNKNOWN_DEVICE",
                answerTo(TestDevice.of("com.acme.app", 2, clock).sign("GET", "/v1/events")));
    }

    @Test
    void timePassesWhenTheTestSaysSo() {
        SignedRequest request = phone.sign("GET", "/v1/events");
        clock.advance(Duration.ofSeconds(301));
        assertEquals("CLOCK_SKEW", answerTo(request));
        assertEquals("accepted", answerTo(phone.sign("GET", "/v1/events")));
    }

    @Test
    void devicesComeAndGo() {
        registry.rotate(phone.identity(), TestKeys.publicKey(2), phone.publicKey());
        assertEquals("accepted", answerTo(phone.withKey(2).sign("GET", "/v1/events")));
        registry.revoke(phone.identity());
        assertEquals("DEVICE_REVOKED", answerTo(phone.sign("GET", "/v1/events")));
    }

    @Test
    void storesFail() {
        SignedRequest request = phone.sign("POST", "/v1/events", "{}");
        nonces.goDown();
        assertEquals("STORE_UNAVAILABLE", answerTo(request));
        nonces.comeBack();
        assertEquals("accepted", answerTo(request));
        keys.goDown();
        assertEquals("STORE_UNAVAILABLE", answerTo(phone.sign("GET", "/v1/events")));
        assertEquals(3, keys.finds());
    }

    @Test
    void storesAnswerLate() {
        SignedRequest request = phone.sign("POST", "/v1/events", "{}");
        nonces.hold();
        CompletableFuture<Verdict> verdict = verifier.verifyAsync(
                        request.head(), ByteBuffer.wrap(request.body()), Caller.inline())
                .toCompletableFuture();
        assertEquals(1, nonces.held());
        assertFalse(verdict.isDone());
        nonces.release();
        assertTrue(verdict.join().isAccepted());
    }

    /** Code behind a verifier: it is given verdicts. */
    private static int statusOf(Verdict verdict) {
        return verdict.fold(accepted -> 200, rejected -> rejected.answer().status());
    }

    @Test
    void codeBehindAVerifierIsGivenVerdicts() {
        Verdict good = TestVerdicts.accepted(TestVerdicts.request(phone.identity())
                .method("POST")
                .path("/v1/events")
                .build());
        Verdict bad = TestVerdicts.rejected(RejectionReason.DEVICE_REVOKED, clock.second());
        assertEquals(200, statusOf(good));
        assertEquals(401, statusOf(bad));
    }

    @Test
    void aServerIsSentBytes() throws Exception {
        HttpServer server = serve();
        try {
            int port = server.getAddress().getPort();
            SignedRequest request = phone.sign("POST", "/v1/events?page=2", "{}");
            assertEquals(200, RawHttp.exchange(port, request.toHttp()).status());
            RawHttp.Answer replayed = RawHttp.exchange(port, request.toHttp());
            assertEquals(401, replayed.status());
            assertEquals("NONCE_REPLAY", replayed.header("x-synheart-error"));
        } finally {
            server.stop(0);
        }
    }

    private HttpServer serve() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            List<Map.Entry<String, String>> lines = new ArrayList<>();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> values.forEach(value -> lines.add(Map.entry(name, value))));
            RequestHead head = RequestHead.of(
                    exchange.getRequestMethod(), exchange.getRequestURI().toString(), lines);
            Verdict verdict = verifier.verify(head, exchange.getRequestBody().readAllBytes());
            verdict.fold(
                            accepted -> Map.<String, String>of(),
                            rejected -> rejected.answer().headers())
                    .forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
            exchange.sendResponseHeaders(statusOf(verdict), -1);
            exchange.close();
        });
        server.start();
        return server;
    }
}

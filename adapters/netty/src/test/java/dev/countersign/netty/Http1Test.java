package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.tck.RawHttp;
import dev.countersign.tck.RawHttp.Answer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Requests of HTTP/1.1 over sockets, with the real verifier. */
@ExtendWith(Leaks.class)
@Timeout(120)
class Http1Test {
    private static final String BODY = "{\"hello\":\"w\u00F6rld\"}";

    private VerifiedBackend backend;

    @BeforeEach
    void start() throws Exception {
        backend = VerifiedBackend.http1();
    }

    @AfterEach
    void stop() {
        backend.close();
    }

    private Answer exchange(String request) throws Exception {
        return RawHttp.exchange(backend.port(), request);
    }

    private static void assertAccepted(Answer answer, String body) {
        assertEquals(200, answer.status(), answer.toString());
        assertEquals(SignedRequest.DEVICE, answer.header("x-device"));
        assertEquals(body, answer.body());
    }

    private static void assertRejected(Answer answer, int status, String code) {
        assertEquals(status, answer.status(), answer.toString());
        assertEquals(code, answer.header("x-synheart-error"));
        assertTrue(answer.body().contains("\"code\":\"" + code + "\""));
    }

    @Test
    void aSignedRequestGoesOnAndItsBodyWithIt() throws Exception {
        assertAccepted(exchange(backend.signed("GET", "/v1/x?q=1", "").text()), "");
        assertAccepted(exchange(backend.signed("POST", "/v1/x", BODY).text()), BODY);
        assertEquals("GET /v1/x?q=1", backend.log.next(backend.log.requests));
        assertEquals("POST /v1/x", backend.log.next(backend.log.requests));
    }

    @Test
    void nothingElseGoesOn() throws Exception {
        assertRejected(exchange("GET /v1/x HTTP/1.1\r\nHost: h\r\n\r\n"), 400, "INVALID_REQUEST");
        SignedRequest tampered = backend.signed("POST", "/v1/x", BODY);
        assertRejected(
                exchange(tampered.head("Content-Length: " + BODY.length() + "\r\n") + BODY.replace('h', 'H')),
                401,
                "INVALID_SIGNATURE");
        String once = backend.signed("POST", "/v1/x", BODY).text();
        assertAccepted(exchange(once), BODY);
        assertRejected(exchange(once), 401, "NONCE_REPLAY");
        Answer stale = exchange(new SignedRequest("GET", "/v1/x", "", VerifiedBackend.NOW - 301, 99).text());
        assertRejected(stale, 401, "CLOCK_SKEW");
        assertEquals(Long.toString(VerifiedBackend.NOW), stale.header("x-server-timestamp"));
        assertEquals("POST /v1/x", backend.log.next(backend.log.requests));
        assertTrue(backend.log.requests.isEmpty());
    }

    @Test
    void openPathsPassAndAreNotTakenForVerified() throws Exception {
        Answer open = exchange("POST /open/x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        assertEquals(200, open.status());
        assertEquals("none", open.header("x-device"));
        assertEquals("abc", open.body());
        assertEquals("", open.header("cache-control"));
        for (String twoForms :
                new String[] {"//open/x", "/open/..;/v1/x", "/open/../v1/x", "/OPEN/x", "/open%2Fx", "*"}) {
            assertRejected(exchange("GET " + twoForms + " HTTP/1.1\r\nHost: h\r\n\r\n"), 400, "INVALID_REQUEST");
        }
    }

    @Test
    void targetsAreVerifiedAsTheyWereSent() throws Exception {
        for (String path : new String[] {"/v1/%2F/x", "//v1//x", "/v1/../x", "/v1/x;a=b", "/v1/%C3%A4", "/v1/x%0Ay"}) {
            Answer answer = exchange(
                    new SignedRequest("GET", path + "?a=b", "", VerifiedBackend.NOW, path.hashCode() & 0xFFFFF).text());
            assertAccepted(answer, "");
            assertEquals(path, answer.header("x-path"));
        }
        SignedRequest absolute =
                new SignedRequest("GET", "http://h/v1/abs?x", "/v1/abs", "", VerifiedBackend.NOW, 1_000_000);
        assertAccepted(exchange(absolute.text()), "");
        assertRejected(
                exchange(new SignedRequest("GET", "/v1/\u00E4", "", VerifiedBackend.NOW, 1_000_001).text()),
                400,
                "INVALID_REQUEST");
    }

    @Test
    void aRequestMayArriveByteByByte() throws Exception {
        byte[] request = RawHttp.latin1(backend.signed("POST", "/v1/x", "abc").text());
        try (RawHttp http = new RawHttp(backend.port())) {
            for (byte b : request) {
                http.send(new byte[] {b});
            }
            assertAccepted(http.read(), "abc");
        }
    }

    @Test
    void aRequestMayBeSplitAnywhere() throws Exception {
        int length = backend.signed("POST", "/v1/x", "abc").text().length();
        try (RawHttp http = new RawHttp(backend.port())) {
            for (int at = 1; at < length; at++) {
                String request = backend.signed("POST", "/v1/x", "abc").text();
                http.send(request.substring(0, Math.min(at, request.length())));
                backend.server.onLoop(() -> {}); // what has arrived may have been read
                http.send(request.substring(Math.min(at, request.length())));
                assertAccepted(http.read(), "abc");
            }
        }
    }

    @Test
    void chunksExtensionsAndTrailers() throws Exception {
        String head = backend.signed("POST", "/v1/x", "hello, world")
                .head("Transfer-Encoding: chunked\r\nTrailer: x-trailer\r\n");
        Answer answer = exchange(head + "5;a=b\r\nhello\r\n7;c=\"d\"\r\n, world\r\n0\r\nx-trailer: after\r\n\r\n");
        assertAccepted(answer, "hello, world");
        assertEquals("after", answer.header("x-trailer"));
        assertAccepted(
                exchange(backend.signed("POST", "/v1/x", "").head("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"), "");
    }

    @Test
    void connectionsAreKept() throws Exception {
        try (RawHttp http = new RawHttp(backend.port())) {
            for (int i = 0; i < 5; i++) {
                http.send(backend.signed("POST", "/v1/x", BODY + i).text());
                assertAccepted(http.read(), BODY + i);
                http.send("GET /v1/x HTTP/1.1\r\nHost: h\r\n\r\n");
                Answer rejected = http.read();
                assertRejected(rejected, 400, "INVALID_REQUEST");
                assertEquals("", rejected.header("connection"));
                http.send(new SignedRequest("POST", "/v1/x", "abc", VerifiedBackend.NOW, 7).text());
                http.read();
            }
            http.send("GET /v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            assertEquals("close", http.read().header("connection"));
            assertTrue(http.isClosedByServer());
        }
        try (RawHttp http = new RawHttp(backend.port())) {
            http.send(
                    backend.signed("GET", "/v1/x", "").head("Connection: close\r\n") + "GET /open/x HTTP/1.1\r\n\r\n");
            assertAccepted(http.read(), "");
            assertTrue(http.isClosedByServer(), "and what was sent after it is no request");
        }
    }

    @Test
    void oldClientsAreToldWhetherTheConnectionStays() throws Exception {
        try (RawHttp http = new RawHttp(backend.port())) {
            http.send("GET /v1/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            assertEquals("keep-alive", http.read().header("connection"));
            http.send("GET /v1/x HTTP/1.0\r\n\r\n");
            assertEquals("close", http.read().header("connection"));
            assertTrue(http.isClosedByServer());
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInTheirOrder() throws Exception {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            all.append(backend.signed("POST", "/v1/" + i, BODY + i).text());
            all.append("GET /v1/unsigned HTTP/1.1\r\nHost: h\r\n\r\n");
            all.append("GET /open/").append(i).append(" HTTP/1.1\r\nHost: h\r\n\r\n");
        }
        try (RawHttp http = new RawHttp(backend.port())) {
            http.send(all.toString());
            for (int i = 0; i < 30; i++) {
                Answer accepted = http.read();
                assertAccepted(accepted, BODY + i);
                assertEquals("/v1/" + i, accepted.header("x-path"));
                assertRejected(http.read(), 400, "INVALID_REQUEST");
                Answer open = http.read();
                assertEquals(200, open.status());
                assertEquals("none", open.header("x-device"));
            }
        }
    }

    @Test
    void aHeadIsAnsweredWithoutABody() throws Exception {
        try (RawHttp http = new RawHttp(backend.port())) {
            http.send("HEAD /v1/x HTTP/1.1\r\nHost: h\r\n\r\n");
            Answer rejected = http.read(true);
            assertEquals(400, rejected.status());
            assertFalse(rejected.header("content-length").equals("0"));
            http.send(backend.signed("HEAD", "/v1/x", "").text());
            assertEquals(200, http.read(true).status());
            http.send(backend.signed("GET", "/v1/x", "").text());
            assertAccepted(http.read(), "");
        }
    }

    @Test
    void theBodyIsAskedForOnceTheHeadIsJudged() throws Exception {
        String expects = "Expect: 100-continue\r\nContent-Length: " + BODY.length() + "\r\n";
        try (RawHttp http = new RawHttp(backend.port())) {
            http.send(backend.signed("POST", "/v1/x", BODY).head(expects));
            assertEquals(100, http.read().status());
            http.send(BODY);
            assertAccepted(http.read(), BODY);
            http.send(backend.signed("POST", "/v1/y", BODY).head(expects) + BODY);
            assertEquals(100, http.read().status());
            assertAccepted(http.read(), BODY);
            http.send(new SignedRequest("POST", "/v1/x", BODY, VerifiedBackend.NOW - 301, 99).head(expects));
            Answer stale = http.read();
            assertRejected(stale, 401, "CLOCK_SKEW");
            assertEquals("close", stale.header("connection"));
            assertTrue(http.isClosedByServer());
        }
    }

    @Test
    void anOpenRequestKeepsItsExpectation() throws Exception {
        try (RawHttp http = new RawHttp(backend.port())) {
            http.send("POST /open/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
            assertEquals(200, http.read().status(), "this application does not ask");
        }
    }

    @Test
    void whatIsNoRequestIsAnsweredAndNeverVerified() throws Exception {
        for (String broken : new String[] {
            "GET\r\n\r\n",
            "GET /open/x HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
            "GET /open/x HTTP/1.1\r\nHost : h\r\n\r\n",
            "POST /open/x HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
            "POST /open/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "GET /open/x HTTP/1.1\r\nx: " + "y".repeat(2 << 20) + "\r\n\r\n"
        }) {
            try (RawHttp http = new RawHttp(backend.port())) {
                http.send(broken);
                Answer answer = http.read();
                assertRejected(answer, 400, "INVALID_REQUEST");
                assertEquals("close", answer.header("connection"));
                assertTrue(http.isClosedByServer());
            }
        }
        assertNull(backend.log.requests.peek());
    }

    @Test
    void aBodyWhoseFramingBreaksIsNoBody() throws Exception {
        String head = backend.signed("POST", "/v1/x", "hello").head("Transfer-Encoding: chunked\r\n");
        for (String broken :
                new String[] {"5\r\nhello\r\nzz\r\n", "zz\r\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n"}) {
            try (RawHttp http = new RawHttp(backend.port())) {
                http.send(head + broken);
                assertRejected(http.read(), 400, "INVALID_REQUEST");
                assertTrue(http.isClosedByServer());
            }
        }
        assertNull(backend.log.requests.peek());
        assertAccepted(exchange(head + "5\r\nhello\r\n0\r\n\r\n"), "hello"); // nothing of them was claimed
    }

    /** Netty's decoder refuses such a head by itself. */
    @Test
    void twoFramingsAtOnceAreNoRequest() throws Exception {
        String smuggled = "GET /open/smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
        for (String framing : new String[] {
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            "Transfer-Encoding: identity\r\n",
            "Transfer-Encoding: chunked, gzip\r\n",
            "Transfer-Encoding: chunked, xchunked\r\n",
            "Transfer-Encoding: chunked,\r\n xchunked\r\n"
        }) {
            SignedRequest both = backend.signed("POST", "/v1/x", "hello");
            try (RawHttp http = new RawHttp(backend.port())) {
                http.send(both.head(framing) + "5\r\nhello\r\n0\r\n\r\n" + smuggled);
                Answer answer = http.read();
                assertRejected(answer, 400, "INVALID_REQUEST");
                assertTrue(http.isClosedByServer(), framing);
            }
        }
        assertNull(backend.log.requests.peek());
    }

    @Test
    void chunkExtensionsSmuggleNothing() throws Exception {
        String head = backend.signed("POST", "/v1/x", "").head("Transfer-Encoding: chunked\r\n");
        String smuggled = "GET /open/smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
        // A tilde is an end of line, a caret a line feed alone.
        for (String written : new String[] {"0;a=b^~", "0;a=\"~~", "0;a=\"b~\"~~", "0^~"}) {
            String chunks = written.replace("~", "\r\n").replace('^', '\n') + smuggled;
            try (RawHttp http = new RawHttp(backend.port())) {
                http.send(head + chunks);
                assertRejected(http.read(), 400, "INVALID_REQUEST");
                assertTrue(http.isClosedByServer(), chunks);
            }
        }
        assertNull(backend.log.requests.peek());
    }

    @Test
    void manyHeadersAndOddOnes() throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            lines.append("x-").append(i).append(": ").append(i).append("\r\n");
        }
        lines.append("x-latin: \u00E9\u00FF\r\n");
        assertAccepted(exchange(backend.signed("GET", "/v1/x", "").head(lines.toString())), "");
        assertRejected(
                exchange(backend.signed("GET", "/v1/x", "").head("X-App-Id: com.acme.app\r\n")),
                400,
                "INVALID_REQUEST");
        assertRejected(
                exchange(backend.signed("GET", "/v1/x", "").text().replace("com.acme.app", "com.acme\r\n .app")),
                400,
                "INVALID_REQUEST");
        assertRejected(
                exchange(backend.signed("GET", "/v1/x", "").text().replace("com.acme.app", "com.acm\u00E9.app")),
                400,
                "INVALID_REQUEST");
    }

    @Test
    void anAnswerToAVerifiedRequestIsNotForCaches() throws Exception {
        assertEquals(
                "no-store", exchange(backend.signed("GET", "/v1/x", "").text()).header("cache-control"));
        assertEquals("", exchange("GET /open/x HTTP/1.1\r\nHost: h\r\n\r\n").header("cache-control"));
    }
}

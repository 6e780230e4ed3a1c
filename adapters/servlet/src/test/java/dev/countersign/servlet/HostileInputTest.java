package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.VerifiedRequest;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every byte is the attacker's: there is an answer, it is no 500, and nothing is served that was not signed. */
@Timeout(120)
class HostileInputTest {
    private static final AtomicLong NUMBERS = new AtomicLong();

    private final List<String> served = Collections.synchronizedList(new ArrayList<>());
    private final JettyServer jetty = new JettyServer();
    private VerifiedBackend backend;

    @BeforeEach
    void start() throws Exception {
        // Larger than any head here, so that it is the filter which has to cope, and not the server's own limit.
        configuration().getHttpConfiguration().setRequestHeaderSize(4_000_000);
        backend = new VerifiedBackend(jetty, null, (request, response) -> {
            VerifiedRequest verified = CountersignFilter.require(request);
            served.add(verified.method() + " " + verified.signedPath().orElseThrow() + " "
                    + new String(request.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1));
        });
    }

    @AfterEach
    void stop() {
        backend.close(); // asserts that the verifier met no fault of its own
    }

    private HttpConnectionFactory configuration() {
        return connector().getConnectionFactory(HttpConnectionFactory.class);
    }

    private ServerConnector connector() {
        return (ServerConnector) jetty.server.getConnectors()[0];
    }

    private static SignedRequest good(String target) {
        return new SignedRequest("POST", target, "the body", VerifiedBackend.NOW, NUMBERS.incrementAndGet());
    }

    private int status(String request) throws IOException {
        Answer answer = RawHttp.exchange(backend.port(), request);
        assertTrue(answer.status() != 500 && answer.status() != 503, answer::toString);
        return answer.status();
    }

    @Test
    void aGoodRequestIsServed() throws Exception {
        assertEquals(200, status(good("/v1/x").text()));
        assertEquals(200, status(good("/v1/a%2Fb//c;d=1?q").text()));
        assertEquals(
                200,
                status(new SignedRequest(
                                "POST",
                                "/ingest/v1/hsi",
                                "/v1/hsi",
                                "the body",
                                VerifiedBackend.NOW,
                                NUMBERS.incrementAndGet())
                        .text()));
        assertEquals(3, served.size());
    }

    /**
     * A chunk extension whose quote is never closed: a server that ends it at the line's end takes the rest of the body for a
     * second request, where a proxy before it sees one. One answer, and nothing served.
     */
    @ParameterizedTest
    @ValueSource(strings = {"1;a=\"b", "1;a=\"\\", "1;a=\"b\\\"", "1;\"", "1;a=\"b;c=\"d\";e=\"f"})
    void anOpenQuoteInAChunkExtensionSmugglesNothing(String sizeLine) throws Exception {
        String signed = good("/v1/x").head("Transfer-Encoding: chunked\r\n");
        String smuggled = good("/v1/smuggled").text();
        try (RawHttp http = new RawHttp(backend.port())) {
            http.send((signed + sizeLine + "\r\nX\r\n0\r\n\r\n" + smuggled).getBytes(StandardCharsets.ISO_8859_1));
            Answer first = http.read();
            assertEquals(400, first.status(), first::toString);
            int more = 0;
            try {
                http.read();
                more++;
            } catch (EOFException | SocketException closed) {
                // as it should be: what follows is not to be trusted
            }
            assertEquals(0, more, "requests seen behind the first");
        }
        assertEquals(List.of(), served);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "/..",
                "/../admin",
                "/%00",
                "/a\\b",
                "/a#b",
                "/a b",
                "/a\u0000b",
                "/a\u0001",
                "/\u00e9",
                "/\u007f",
                "h:80",
                "http://",
                "http:///x",
                "ftp://h\u0000/x",
                "x",
                "?"
            })
    void aMalformedTargetIsA400(String target) throws Exception {
        assertEquals(400, status(good(target).text()));
        assertEquals(List.of(), served);
    }

    @ParameterizedTest
    @ValueSource(strings = {"post", "Post", "P0ST", "PO_ST", "POST\u0000", "-POST", "\u00d6"})
    void aMalformedMethodIsA400(String method) throws Exception {
        assertEquals(
                400,
                status(new SignedRequest(method, "/x", "b", VerifiedBackend.NOW, NUMBERS.incrementAndGet()).text()));
        assertEquals(List.of(), served);
    }

    @Test
    void anEncodedLineEndDoesNotMoveTheLinesOfTheMessage() throws Exception {
        // Signed: POST, "/x", a timestamp, and a body; sent: the same bytes if %0A were decoded into the path.
        long now = VerifiedBackend.NOW;
        String rest = now + "\nbody";
        SignedRequest signed = new SignedRequest("POST", "/x", rest, now, NUMBERS.incrementAndGet());
        SignedRequest sent = new SignedRequest("POST", "/x%0A" + now, "body", now, NUMBERS.incrementAndGet());
        sent.headers.put("X-Synheart-Signature", String.valueOf(signed.headers.get("X-Synheart-Signature")));
        assertEquals(401, status(sent.text()));
        assertEquals(200, status(good("/x%0A" + now).text())); // and verbatim it is a path like any other
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-App-ID",
                "X-Device-ID",
                "X-Synheart-Signature",
                "X-Synheart-Timestamp",
                "X-Synheart-Nonce",
                "X-Synheart-Sig-Version"
            })
    void eachHeaderIsRequiredOnceAndInItsForm(String name) throws Exception {
        SignedRequest request = good("/x");
        String value = String.valueOf(request.headers.get(name));
        for (String bad : List.of(
                "", "\u00e9", value + "," + value, value + " x", "\u00d9\u00a0", "a\tb", "x".repeat(1_000_000))) {
            request.headers.put(name, bad);
            assertEquals(400, status(request.text()), bad.length() > 100 ? "1 MB" : bad);
        }
        request.headers.put(name, "a\u0000b");
        assertEquals(400, status(request.text()));
        request.headers.remove(name);
        assertEquals(400, status(request.text()));
        request.headers.put(name, value);
        assertEquals(400, status(request.head(name.toLowerCase(Locale.ROOT) + ": " + value + "\r\n")));
        assertEquals(List.of(), served);
        assertEquals(200, status(request.text()));
    }

    @Test
    void tenThousandHeadersAreRead() throws Exception {
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            many.append("X-Other-").append(i).append(": x\r\n");
        }
        assertEquals(200, status(good("/x").head(many + "Content-Length: 8\r\n") + "the body"));
        assertEquals(400, status(good("/x").head("X-Synheart-Nonce: x\r\n".repeat(10_000))));
    }

    @ParameterizedTest
    @CsvSource({"1000000, 1", "100, 10000"})
    void aServerWithItsOwnLimitAnswersItself(int length, int count) throws Exception {
        try (VerifiedBackend small = new VerifiedBackend((request, response) -> served.add("x"))) {
            Answer answer = RawHttp.exchange(
                    small.port(), good("/x").head(("X-Other: " + "x".repeat(length) + "\r\n").repeat(count)));
            assertEquals(431, answer.status());
        }
        assertEquals(List.of(), served);
    }

    @Test
    void aBodyOverTheLimitIsRefusedByItsLengthAndByItsBytes() throws Exception {
        String body = "x".repeat(VerifiedBackend.MAX_BODY + 1);
        SignedRequest request = new SignedRequest("POST", "/x", body, VerifiedBackend.NOW, NUMBERS.incrementAndGet());
        assertEquals(413, status(request.text()));
        assertEquals(413, status(request.head("Content-Length: 9223372036854775807\r\n")));
        assertEquals(
                413,
                status(request.head("Transfer-Encoding: chunked\r\n") + Integer.toHexString(body.length()) + "\r\n"
                        + body + "\r\n0\r\n\r\n"));
        SignedRequest most =
                new SignedRequest("POST", "/x", body.substring(1), VerifiedBackend.NOW, NUMBERS.incrementAndGet());
        assertEquals(200, status(most.text()));
        assertEquals(1, served.size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: -1\r\n",
                "Content-Length: 8, 8\r\n",
                "Content-Length: 99999999999999999999\r\n",
                "Content-Length: 8\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: gzip\r\n",
                "Transfer-Encoding: chunked, gzip\r\n",
                " folded: x\r\n",
                "X-Other : x\r\n",
                "X\u0000Other: x\r\n"
            })
    void framingThatCanBeReadInTwoWaysIsA400(String lines) throws Exception {
        assertEquals(400, status(good("/x").head(lines) + "the body"));
        assertEquals(List.of(), served);
    }

    @Test
    void aBodyThatIsCutIsNotServedAndItsNonceIsNotUsed() throws Exception {
        SignedRequest request = good("/x");
        for (String framing :
                List.of("Content-Length: 9\r\n", "Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n")) {
            try (RawHttp http = new RawHttp(backend.port())) {
                http.send(request.head(framing) + (framing.startsWith("T") ? "9\r\n" : "") + "the body")
                        .endOfInput();
                assertEquals(400, http.read().status(), framing);
            }
        }
        assertEquals(List.of(), served);
        assertEquals(200, status(request.text()));
    }

    @Test
    void aBodyThatIsWithheldIsGivenUp() throws Exception {
        connector().setIdleTimeout(300);
        SignedRequest request = good("/x");
        for (String framing : List.of("Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n")) {
            try (RawHttp http = new RawHttp(backend.port())) {
                http.send(request.head(framing));
                Answer answer = http.read();
                assertEquals(408, answer.status(), answer::toString);
                assertTrue(http.isClosedByServer());
            }
        }
        assertEquals(List.of(), served);
        connector().setIdleTimeout(30_000);
        assertEquals(200, status(request.text()));
    }

    @Test
    void whatIsChangedOnTheWayIsRejectedOrMeansTheSame() throws Exception {
        long seed = 20261120;
        Random random = new Random(seed);
        int answers = 0;
        for (int round = 0; round < 600; round++) {
            byte[] bytes = RawHttp.latin1(good("/v1/x?q=1").text());
            int changes = 1 + random.nextInt(3);
            for (int i = 0; i < changes; i++) {
                int at = random.nextInt(bytes.length);
                bytes[at] = random.nextBoolean()
                        ? (byte) random.nextInt(256)
                        : (byte) "\r\n :,\u0000?#%/\t;".charAt(random.nextInt(12));
            }
            String context = "seed " + seed + ", round " + round;
            try (RawHttp http = new RawHttp(backend.port())) {
                http.send(bytes).endOfInput();
                Answer answer = http.read();
                assertTrue(answer.status() != 500 && answer.status() != 503, () -> context + ": " + answer);
                answers++;
            } catch (EOFException | SocketException noAnswer) {
                // Nothing was asked yet if the head has no end.
                String sent = new String(bytes, StandardCharsets.ISO_8859_1).replace("\r", "");
                assertTrue(!sent.contains("\n\n"), () -> context + " was not answered: " + sent);
            }
        }
        assertTrue(answers > 500);
        for (String request : served) {
            assertEquals("POST /v1/x the body", request, "seed " + seed);
        }
        assertTrue(!served.isEmpty(), "changes of what is not signed were to be served");
    }
}

package dev.countersign.conformance.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.signing.Body;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LiveRequestTest {
    private static final Endpoint ENDPOINT =
            Endpoint.of("http://server.example:81", (SSLSocketFactory) SSLSocketFactory.getDefault());

    private static LiveRequest request(String method, String target) {
        return new LiveRequest(method, target, List.of(), Body.EMPTY);
    }

    private static LiveRequest with(String name, String value) {
        return new LiveRequest("GET", "/", List.of(new LiveRequest.Header(name, value)), Body.EMPTY);
    }

    private static String written(LiveRequest request) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        request.write(out, ENDPOINT);
        ByteArrayOutputStream withheld = new ByteArrayOutputStream();
        request.writeAllButLastByte(withheld, ENDPOINT);
        assertEquals(out.size() - 1, withheld.size());
        request.writeLastByte(withheld);
        assertEquals(out.toString(StandardCharsets.ISO_8859_1), withheld.toString(StandardCharsets.ISO_8859_1));
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    @Test
    void goesOutByteForByte() throws Exception {
        LiveRequest request = new LiveRequest(
                "pOsT",
                "/a%2F//../b;c?d\u00e9",
                List.of(new LiveRequest.Header("x-a", "b  \u00e9"), new LiveRequest.Header("x-a", "")),
                new Body("00ff41", 3));
        assertEquals(
                "pOsT /a%2F//../b;c?d\u00e9 HTTP/1.1\r\nHost: server.example:81\r\nConnection: close\r\n"
                        + "Content-Length: 9\r\nx-a: b  \u00e9\r\nx-a: \r\n\r\n\u0000\u00ffA\u0000\u00ffA\u0000\u00ffA",
                written(request));
        assertTrue(written(request("GET", "/")).endsWith("Content-Length: 0\r\n\r\n"));
    }

    @ParameterizedTest
    @CsvSource({
        "http://other.example/a, other.example",
        "HTTPS://other.example:1?x, other.example:1",
        "http://[::1]:80, [::1]:80",
        "http:///a, server.example:81",
        "/http://x/, server.example:81"
    })
    void hostIsTheAuthorityOfAnAbsoluteTarget(String target, String host) throws Exception {
        assertTrue(written(request("GET", target)).contains("\r\nHost: " + host + "\r\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {" a", "a ", "\ta", "a\t", " ", "a\u0000", "a\u001fb", "\u007f", "a\nb", "a\r\nb", "\u0100"})
    void aValueThatHttpChangesCannotBeCarried(String value) {
        assertTrue(with("x-a", value).cannotBeCarried().isPresent());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a\tb", "a,b", "\u0085", "\u00a0a\u00a0", "\u00ff"})
    void anyOtherValueCan(String value) {
        assertTrue(with("x-a", value).cannotBeCarried().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a:", "\u00e9", "x\u017f", "a\r", "Host", "content-length", "Transfer-Encoding"})
    void someNamesCannot(String name) {
        assertTrue(with(name, "x").cannotBeCarried().isPresent());
    }

    @Test
    void aLineEndInTheRequestLineCannot() {
        assertTrue(request("G\nT", "/").cannotBeCarried().isPresent());
        assertTrue(request("GET", "/a\rb").cannotBeCarried().isPresent());
        assertTrue(request("GET", "/\u0142").cannotBeCarried().isPresent());
        assertTrue(request("G T", "/a b\u0000\u00ff").cannotBeCarried().isEmpty());
    }

    @Test
    void whiteSpaceAtTheEndsOfMethodAndTargetCannot() {
        for (String blank : new String[] {"", " ", "\t", "\u000b", "\f"}) {
            assertTrue(request("GET", blank).cannotBeCarried().isPresent());
            assertTrue(request(blank, "/").cannotBeCarried().isPresent());
        }
        assertTrue(request("GET ", "/").cannotBeCarried().isPresent());
        assertTrue(request(" GET", "/").cannotBeCarried().isPresent());
        assertTrue(request("GET", "/\t").cannotBeCarried().isPresent());
        assertTrue(request("GET", " /").cannotBeCarried().isPresent());
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /",
        "POST, /ingest/v1/hsi",
        "PUT, /INGEST/v1/",
        "DELETE, /a/b_c-d~e.f/..g?q=a%20b&c=d/..",
        "OPTIONS, /...?",
        "HEAD, /v1/.well-known"
    })
    void plainRequestsAreForTheVerifier(String method, String target) {
        assertFalse(request(method, target).isUnusual());
    }

    @ParameterizedTest
    @CsvSource({
        "get, /",
        "TRACE, /",
        "CONNECT, /",
        "GETT, /",
        "GET, *",
        "GET, //",
        "GET, /a//b",
        "GET, /a/../b",
        "GET, /a/..",
        "GET, /.?x",
        "GET, /a;b",
        "GET, /a%41",
        "GET, http://h/a",
        "GET, /a#b",
        "GET, /a?b#c",
        "GET, a",
        "GET, /a b"
    })
    void oddRequestsAServerMayRefuseItself(String method, String target) {
        assertTrue(request(method, target).isUnusual());
    }

    @Test
    void longOrForeignValuesAServerMayRefuseItself() {
        assertTrue(request("GET", "/" + "a".repeat(1024)).isUnusual());
        assertTrue(with("x-a", "b".repeat(1025)).isUnusual());
        assertTrue(with("x-a", "\u00e9").isUnusual());
        assertTrue(with("x-a", "a\tb").isUnusual());
        assertFalse(with("x-a", "a, b; c\"").isUnusual());
    }
}

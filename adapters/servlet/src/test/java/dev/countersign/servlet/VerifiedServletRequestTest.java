package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.countersign.tck.RawHttp;
import dev.countersign.tck.RawHttp.Answer;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The body and the parameters as a servlet behind the filter reads them. */
@Timeout(60)
class VerifiedServletRequestTest {
    private static final String FORM = "application/x-www-form-urlencoded";

    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private volatile Reading reading = request -> "";
    private JettyServer server;

    /** What a servlet reads of a request; its result is the answer's body in UTF-8. */
    private interface Reading {
        Object read(HttpServletRequest request) throws IOException, ServletException;
    }

    @BeforeEach
    void start() throws Exception {
        server = JettyServer.start(
                verifier,
                (request, response) -> response.getOutputStream()
                        .write(reading.read(request).toString().getBytes(StandardCharsets.UTF_8)));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private String read(String method, String target, String contentType, String body, Reading what)
            throws IOException {
        reading = what;
        Answer answer = RawHttp.exchange(
                server.port(),
                method + " " + target + " HTTP/1.1\r\nHost: h\r\n"
                        + (contentType.isEmpty() ? "" : "Content-Type: " + contentType + "\r\n") + "Content-Length: "
                        + body.length() + "\r\n\r\n" + body);
        assertEquals(200, answer.status(), answer::toString);
        return answer.text();
    }

    private static Object parameters(HttpServletRequest request) {
        List<String> all = new ArrayList<>();
        request.getParameterMap().forEach((name, values) -> all.add(name + Arrays.toString(values)));
        return all;
    }

    private static String all(HttpServletRequest request) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int c = request.getReader().read(); c >= 0; c = request.getReader().read()) {
            text.append((char) c);
        }
        return text.toString();
    }

    @Test
    void theStreamIsOneAndExcludesTheReader() throws Exception {
        assertEquals("abc", read("POST", "/", "", "abc", request -> {
            assertEquals('a', request.getInputStream().read());
            assertEquals(2, request.getInputStream().available());
            assertThrows(IllegalStateException.class, request::getReader);
            String rest = new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(-1, request.getInputStream().read());
            assertEquals(true, request.getInputStream().isFinished());
            return "a" + rest;
        }));
    }

    @Test
    void theReaderIsOneAndExcludesTheStream() throws Exception {
        assertEquals("abc", read("POST", "/", "", "abc", request -> {
            int first = request.getReader().read();
            assertThrows(IllegalStateException.class, request::getInputStream);
            return (char) first + all(request);
        }));
    }

    @Test
    void theReaderDecodesWithTheRequestsCharset() throws Exception {
        String euro = "\u00e2\u0082\u00ac"; // UTF-8 bytes, one character for each
        assertEquals("\u20ac", read("POST", "/", "text/plain; charset=utf-8", euro, VerifiedServletRequestTest::all));
        assertEquals(euro, read("POST", "/", "text/plain", euro, VerifiedServletRequestTest::all));
        assertEquals("\u20ac", read("POST", "/", "application/json", euro, VerifiedServletRequestTest::all));
        assertEquals("\u20ac", read("POST", "/", "text/plain;charset=windows-1252", "\u0080", request -> {
            request.setCharacterEncoding("windows-1252");
            return all(request);
        }));
    }

    @Test
    void theCharsetCanBeSetUntilTheBodyIsReadAsText() throws Exception {
        assertEquals("\u20ac", read("POST", "/", "text/plain", "\u00e2\u0082\u00ac", request -> {
            assertThrows(UnsupportedEncodingException.class, () -> request.setCharacterEncoding("nope"));
            assertThrows(UnsupportedEncodingException.class, () -> request.setCharacterEncoding("%"));
            request.setCharacterEncoding("utf-8");
            assertEquals("UTF-8", request.getCharacterEncoding());
            String text = all(request);
            request.setCharacterEncoding("us-ascii");
            assertEquals("UTF-8", request.getCharacterEncoding());
            return text;
        }));
    }

    @Test
    void theCharsetCanBeSetAsInLaterVersionsOfTheServletApi() throws Exception {
        assertEquals("\u20ac", read("POST", "/", "text/plain", "\u00e2\u0082\u00ac", request -> {
            ((VerifiedServletRequest) request).setCharacterEncoding(StandardCharsets.UTF_8);
            return all(request);
        }));
    }

    @Test
    void anUnknownCharsetIsToldToWhoAsksForTheReader() throws Exception {
        assertEquals("x=1", read("POST", "/", FORM + ";charset=nope", "x=1", request -> {
            assertThrows(UnsupportedEncodingException.class, request::getReader);
            assertEquals("1", request.getParameter("x"));
            return new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }));
    }

    @Test
    void parametersComeFromTheSignedFormAndThenFromTheQuery() throws Exception {
        String form = "b=3&c=&d&a=%e2%82%ac+x";
        assertEquals(
                "[b[3, 2], c[], d[], a[\u20ac x, 1]]",
                read("POST", "/?a=1&b=2", FORM, form, VerifiedServletRequestTest::parameters));
        assertEquals("\u20ac x null 3 [b, c, d, a]", read("POST", "/?a=1&b=2", FORM, form, request -> {
            assertEquals(List.of("3", "2"), List.of(request.getParameterValues("b")));
            assertEquals(null, request.getParameterValues("z"));
            return request.getParameter("a") + " " + request.getParameter("z") + " " + request.getParameter("b") + " "
                    + Collections.list(request.getParameterNames());
        }));
    }

    @Test
    void theCharsetOfAFormCounts() throws Exception {
        assertEquals(
                "[a[\u20ac]]",
                read("POST", "/", FORM + "; charset=windows-1252", "a=%80", VerifiedServletRequestTest::parameters));
    }

    @Test
    void onlyAPostWithAnUnreadFormBodyHasParametersInIt() throws Exception {
        assertEquals("[q[1]]", read("PUT", "/?q=1", FORM, "a=1", VerifiedServletRequestTest::parameters));
        assertEquals("[q[1]]", read("POST", "/?q=1", "text/plain", "a=1", VerifiedServletRequestTest::parameters));
        assertEquals("[q[1]]", read("POST", "/?q=1", "", "a=1", VerifiedServletRequestTest::parameters));
        assertEquals("[q[1]]", read("POST", "/?q=1", FORM, "a=1", request -> {
            request.getInputStream();
            return parameters(request);
        }));
        assertEquals("[a[1]]", read("POST", "/", FORM.toUpperCase(java.util.Locale.ROOT) + " ;x=y", "a=1", request -> {
            return parameters(request);
        }));
    }

    @Test
    void theBodyIsStillThereAfterTheParametersWereRead() throws Exception {
        assertEquals(
                "1 a=1", read("POST", "/", FORM, "a=1", request -> request.getParameter("a") + " " + all(request)));
    }

    @Test
    void parametersCannotBeChangedThroughTheMap() throws Exception {
        assertEquals("1", read("GET", "/?a=1", "", "", request -> {
            assertThrows(
                    UnsupportedOperationException.class,
                    () -> request.getParameterMap().clear());
            request.getParameterValues("a")[0] = "2";
            return request.getParameter("a");
        }));
    }

    @Test
    void theBytesOfAMultipartBodyAreThereBesideItsParts() throws Exception {
        assertEquals("--x--", read("POST", "/", "multipart/form-data; boundary=x", "--x--", request -> {
            assertEquals(0, request.getParts().size());
            assertEquals(null, request.getPart("a"));
            return all(request);
        }));
        assertEquals("ok", read("POST", "/", "text/plain", "x", request -> {
            assertThrows(ServletException.class, request::getParts);
            return "ok";
        }));
    }

    @Test
    void lengthsAndHeadersAreThoseThatWereSent() throws Exception {
        assertEquals(
                "3 3 3",
                read(
                        "POST",
                        "/",
                        "",
                        "abc",
                        request -> request.getContentLength() + " " + request.getContentLengthLong() + " "
                                + request.getHeader("Content-Length")));
        reading = request -> request.getContentLength() + " " + all(request);
        assertEquals(
                "-1 abc",
                RawHttp.exchange(
                                server.port(),
                                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
                        .text());
    }
}

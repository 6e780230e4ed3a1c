package dev.countersign.conformance.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.suite.Hex;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerReaderTest {
    private static HttpAnswer read(String text) throws IOException {
        return read(text, false);
    }

    private static HttpAnswer read(String text, boolean withoutBody) throws IOException {
        return new AnswerReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1))).read(withoutBody);
    }

    private static Optional<String> hex(String text) {
        return Optional.of(Hex.of(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static void refused(String text) {
        assertThrows(MalformedAnswerException.class, () -> read(text), text);
    }

    @Test
    void bodiesEndInThreeWays() throws Exception {
        assertEquals(
                hex("abc"),
                read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd").body());
        assertEquals(hex("abc"), read("HTTP/1.0 200\r\n\r\nabc").body());
        assertEquals(
                hex("abcde"),
                read("HTTP/1.1 200 \r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n02;x=y\r\nde\r\n0\r\nT: x\r\n\r\n")
                        .body());
        assertEquals(
                hex(""), read("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").body());
    }

    @ParameterizedTest
    @CsvSource({"200, true", "204, false", "304, false"})
    void someAnswersHaveNoBody(int status, boolean toHead) throws Exception {
        assertEquals(
                Optional.empty(),
                read("HTTP/1.1 " + status + " x\r\nContent-Length: 3\r\n\r\n", toHead)
                        .body());
    }

    @Test
    void headersAreTrimmedAndJoined() throws Exception {
        HttpAnswer answer = read("HTTP/1.1 401 No\r\nA:b\r\nX-Y: \t c d \r\na: \u00e9\u0085\r\nE:\r\n\r\n", true);
        assertEquals(401, answer.status());
        assertEquals("b, \u00e9\u0085", answer.headers().get("a"));
        assertEquals("c d", answer.headers().get("x-y"));
        assertEquals("", answer.headers().get("e"));
    }

    @Test
    void interimAnswersArePassedOver() throws Exception {
        String interim = "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n";
        assertEquals(404, read(interim + interim + "HTTP/1.1 404 x\r\n\r\n").status());
        refused(interim.repeat(16) + "HTTP/1.1 404 x\r\n\r\n");
        refused("HTTP/1.1 101 Switching\r\n\r\nHTTP/1.1 200 x\r\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\r\n\r\n",
                "HTTP/1.1\r\n\r\n",
                "HTTP/2 200 OK\r\n\r\n",
                "HTTP/1.1  200 OK\r\n\r\n",
                "HTTP/1.1 0200 OK\r\n\r\n",
                "HTTP/1.1 600 OK\r\n\r\n",
                "HTTP/1.1 200OK\r\n\r\n",
                "http/1.1 200 OK\r\n\r\n",
                "HTTP/1.1 200 OK\n\n",
                "HTTP/1.1 200 OK\r\nA: b\n\r\n",
                "HTTP/1.1 200 OK\r\nA: b",
                "HTTP/1.1 200 OK\r\nA: b\r\n",
                "HTTP/1.1 200 OK\r\nA b\r\n\r\n",
                "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
                "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
                "HTTP/1.1 200 OK\r\nA: b\r\n folded: c\r\n\r\n",
                "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
                "HTTP/1.1 200 OK\r\nA: \u0000\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\nabc\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
            })
    void anythingElseIsRefused(String text) {
        refused(text);
    }

    @Test
    void nothingIsReadWithoutEnd() {
        String head = "HTTP/1.1 200 OK\r\n";
        refused(head + ("A: " + "b".repeat(1000) + "\r\n").repeat(66) + "\r\n");
        refused("x".repeat(AnswerReader.MAX_HEAD_BYTES + 1));
        refused(head + "\r\n" + "b".repeat(AnswerReader.MAX_BODY_BYTES + 1));
        String chunk = "10000\r\n" + "b".repeat(0x10000) + "\r\n";
        refused(head + "Transfer-Encoding: chunked\r\n\r\n" + chunk.repeat(17) + "0\r\n\r\n");
    }

    @Test
    void whatIsShownOfItIsOneLine() {
        String shown = String.valueOf(assertThrows(
                        MalformedAnswerException.class, () -> read("a\u001b[2J\u00e9" + "b".repeat(1000) + "\r\n"))
                .getMessage());
        assertTrue(shown.contains("starts with: a\\x1b[2J"), shown);
        assertTrue(shown.endsWith("bbb... (1006 characters)"), shown);
    }
}

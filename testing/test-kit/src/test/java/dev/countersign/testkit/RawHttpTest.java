package dev.countersign.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RawHttpTest {
    private static final String REQUEST = "G\u00cbT /%2e?\u00ff HTTP/1.1\r\n\r\n";

    private final ExecutorService threads = Executors.newSingleThreadExecutor();
    private final ServerSocket server = listening();

    private static ServerSocket listening() {
        try {
            return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @AfterEach
    void close() throws Exception {
        server.close();
        threads.shutdownNow();
        assertTrue(threads.awaitTermination(20, TimeUnit.SECONDS));
    }

    /** Reads as many bytes as the request has, gives the answer, and closes. */
    private Future<String> answering(String answer) {
        return threads.submit(() -> {
            try (Socket client = server.accept()) {
                byte[] request = client.getInputStream().readNBytes(REQUEST.length());
                client.getOutputStream().write(RawHttp.latin1(answer));
                return new String(request, StandardCharsets.ISO_8859_1);
            }
        });
    }

    private RawHttp.Answer exchange(String answer) throws Exception {
        Future<String> seen = answering(answer);
        RawHttp.Answer read = RawHttp.exchange(server.getLocalPort(), REQUEST);
        assertEquals(REQUEST, seen.get(20, TimeUnit.SECONDS), "byte for byte");
        return read;
    }

    @Test
    void anAnswerWithALength() throws Exception {
        RawHttp.Answer answer =
                exchange("HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-A: 1\r\nx-a:  2 \r\n\r\n\u00c3\u00a9more");
        assertEquals(201, answer.status());
        assertEquals(List.of("1", "2"), answer.headers("X-A"));
        assertEquals("1", answer.header("x-a"));
        assertEquals("", answer.header("x-b"));
        assertEquals("\u00c3\u00a9", answer.body());
        assertEquals("\u00e9", answer.text());
    }

    @Test
    void anAnswerInChunks() throws Exception {
        String chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
        assertEquals("abc0123456789", exchange(chunks).body());
    }

    @Test
    void anAnswerUntilTheEnd() throws Exception {
        assertEquals("all of it", exchange("HTTP/1.1 200 OK\r\n\r\nall of it").body());
    }

    @Test
    void interimAnswersAndThoseWithoutABodyEndWithTheirHead() throws Exception {
        Future<String> seen = answering(String.join(
                "\r\n",
                "HTTP/1.1 100 Continue",
                "",
                "HTTP/1.1 200 OK",
                "Content-Length: 9",
                "",
                "HTTP/1.1 204 No Content",
                "",
                ""));
        try (RawHttp http = new RawHttp(server.getLocalPort())) {
            http.send(REQUEST).endOfInput();
            assertEquals(100, http.read().status());
            assertEquals("", http.read(true).body(), "of a HEAD");
            assertEquals(204, http.read().status());
            assertTrue(http.isClosedByServer());
        }
        assertEquals(REQUEST, seen.get(20, TimeUnit.SECONDS));
    }

    @Test
    void noAnswerIsAnError() {
        assertThrows(EOFException.class, () -> exchange("HTTP/1.1 20"));
    }
}

package dev.countersign.conformance.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.countersign.conformance.signing.Body;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How requests go out, seen from the other end of the connection. */
@Timeout(120)
class RawHttpClientTest {
    private static final LiveRequest SMALL = new LiveRequest("POST", "/small", List.of(), Body.text("abc"));
    private static final LiveRequest BARE = new LiveRequest("GET", "/bare", List.of(), Body.EMPTY);

    /** More than the buffers of both sides hold: whoever writes it waits until somebody reads. */
    private static final LiveRequest LARGE =
            new LiveRequest("POST", "/large", List.of(), new Body("00".repeat(64), 1_000_000));

    private final ScheduledExecutorService alarms = Executors.newSingleThreadScheduledExecutor();

    @SuppressWarnings("NullAway.Init") // set before each test
    private ServerSocket listening;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Endpoint endpoint;

    @BeforeEach
    void listen() throws IOException {
        listening = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        endpoint = Endpoint.of(
                "http://127.0.0.1:" + listening.getLocalPort(), (SSLSocketFactory) SSLSocketFactory.getDefault());
    }

    @AfterEach
    void stop() throws IOException {
        listening.close();
        alarms.shutdownNow();
    }

    private TimeLimit limit(Duration duration) {
        return new TimeLimit(alarms, duration);
    }

    private byte[] allButLast(LiveRequest request) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        request.writeAllButLastByte(bytes, endpoint);
        return bytes.toByteArray();
    }

    private static void reply(Socket socket, int status) throws IOException {
        socket.getOutputStream().write(LittleServer.answer(status, "", new byte[0]));
        socket.close();
    }

    @Test
    void requestsThatBelongTogetherEndTogether() throws Exception {
        List<LiveRequest> requests = List.of(SMALL, BARE, LARGE);
        CompletableFuture<List<Integer>> early = CompletableFuture.supplyAsync(() -> {
            try {
                List<Socket> sockets = new ArrayList<>();
                List<Integer> tooMuch = new ArrayList<>();
                while (sockets.size() < requests.size()) {
                    sockets.add(listening.accept());
                }
                // The client is writing the last one now, so what it wrote to the first two is there.
                for (int i = 0; i < 2; i++) {
                    InputStream in = sockets.get(i).getInputStream();
                    byte[] expected = allButLast(requests.get(i));
                    assertEquals(expected.length, in.readNBytes(expected.length).length);
                    tooMuch.add(in.available());
                }
                InputStream large = sockets.get(2).getInputStream();
                large.skipNBytes(allButLast(LARGE).length);
                for (int i = 0; i < sockets.size(); i++) {
                    tooMuch.add(sockets.get(i).getInputStream().readNBytes(1).length);
                    reply(sockets.get(i), 200 + i);
                }
                return tooMuch;
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        try (TimeLimit limit = limit(Duration.ofSeconds(60))) {
            List<Integer> statuses = new RawHttpClient(endpoint)
                    .exchangeAll(requests, limit).stream()
                            .map(HttpAnswer::status)
                            .toList();
            assertEquals(List.of(200, 201, 202), statuses);
        }
        assertEquals(List.of(0, 0, 1, 1, 1), early.get(60, TimeUnit.SECONDS));
    }

    @Test
    void anAnswerBeforeTheEndOfTheRequestIsRead() throws Exception {
        CompletableFuture<Void> server = CompletableFuture.runAsync(() -> {
            try {
                Socket socket = listening.accept();
                socket.getInputStream().skipNBytes(100);
                socket.getOutputStream().write(LittleServer.answer(413, "", new byte[0]));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        try (TimeLimit limit = limit(Duration.ofSeconds(60))) {
            // The server reads no further, so the request can never be written to its end.
            assertEquals(413, new RawHttpClient(endpoint).exchange(LARGE, limit).status());
        }
        server.get(60, TimeUnit.SECONDS);
    }

    @Test
    void aServerThatReadsNothingAndSaysNothingIsGivenUp() throws Exception {
        RawHttpClient http = new RawHttpClient(endpoint);
        for (LiveRequest request : List.of(BARE, LARGE)) {
            try (TimeLimit limit = limit(Duration.ofMillis(200))) {
                String message = assertThrows(LateAnswerException.class, () -> http.exchange(request, limit))
                        .getMessage();
                assertEquals("no answer within 200 ms", message);
            }
            try (TimeLimit limit = limit(Duration.ofMillis(200))) {
                assertThrows(LateAnswerException.class, () -> http.exchangeAll(List.of(request, request), limit));
            }
        }
    }
}

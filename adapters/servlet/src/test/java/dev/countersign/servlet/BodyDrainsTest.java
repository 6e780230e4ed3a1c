package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.RejectionReason;
import dev.countersign.api.route.Routes;
import dev.countersign.tck.RawHttp;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a body whose request is answered already: is the connection reset under the client, or not. */
@Timeout(120)
class BodyDrainsTest {
    private static final int MORE_THAN_ALL_BUFFERS = 24 << 20;
    private static final Duration LONG = Duration.ofMinutes(1);

    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private final AtomicLong nanoTime = new AtomicLong();
    private final List<Client> clients = new ArrayList<>();
    private CountersignFilter filter = filter(DrainLimits.none());
    private JettyServer server = new JettyServer();

    private CountersignFilter filter(DrainLimits limits) {
        return JettyServer.settings(Routes.by(verifier).protectAllExcept())
                .drainLimits(limits)
                .nanoTime(nanoTime::get)
                .build();
    }

    private void start(JettyServer jetty, DrainLimits limits, boolean asyncSupported) throws Exception {
        verifier.atHead = RejectionReason.CLOCK_SKEW;
        filter = filter(limits);
        server = jetty.filter(filter, "/*", asyncSupported)
                .servlet("/", (request, response) -> response.setStatus(200))
                .start();
    }

    private void start(DrainLimits limits) throws Exception {
        start(new JettyServer(), limits, true);
    }

    @AfterEach
    void stop() throws IOException {
        for (Client client : clients) {
            client.socket.close();
        }
        server.close();
    }

    /** Sends a head, sees the answer and the end of what the server says, and can go on sending. */
    private final class Client {
        final Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        final String answer;

        Client(String head) throws IOException {
            clients.add(this);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
            answer = answer(socket.getInputStream());
            assertTrue(answer.contains("x-server-timestamp: " + ScriptedVerifier.SERVER_TIME), answer);
            assertTrue(answer.endsWith("}"), answer);
        }

        private String answer(InputStream in) throws IOException {
            try {
                return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
            } catch (SocketException reset) {
                throw new AssertionError("the answer was lost", reset);
            }
        }

        void send(int bytes) throws IOException {
            byte[] some = new byte[Math.min(bytes, 64 * 1024)];
            for (int sent = 0; sent < bytes; sent += some.length) {
                socket.getOutputStream().write(some);
            }
        }

        /** Whether what is sent now is answered with a reset. Bounded by what all buffers on the way can hold. */
        boolean isReset() {
            try {
                send(MORE_THAN_ALL_BUFFERS);
                return false;
            } catch (IOException reset) {
                return true;
            }
        }
    }

    private static String head(String moreLines) {
        return "POST / HTTP/1.1\r\nHost: h\r\n" + moreLines + "\r\n";
    }

    private static String announced(int bytes) {
        return head("Content-Length: " + bytes + "\r\n");
    }

    /** Asks again until it is so; bounded, and only what has to happen ends it early. */
    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 2_000 && !condition.getAsBoolean(); i++) {
            Thread.sleep(10);
        }
        assertTrue(condition.getAsBoolean());
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1", "HTTP/1.0"})
    void aClientThatIsAnsweredEarlyCanSendItsBodyToTheEnd(String protocol) throws Exception {
        start(DrainLimits.standard());
        Client client = new Client(announced(8 << 20).replace("HTTP/1.1", protocol));
        client.send(8 << 20);
        await(() -> filter.drainsRunning() == 0);
        assertTrue(client.isReset());
    }

    @Test
    void soCanOneWhoseBodyWasReadInPart() throws Exception {
        start(DrainLimits.standard());
        verifier.atHead = null;
        verifier.maxBodyBytes = 10;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write((head("Transfer-Encoding: chunked\r\n") + "600000\r\n").getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(new byte[11]);
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
            socket.getOutputStream().write(new byte[0x600000 - 11]);
            socket.getOutputStream().write("\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            await(() -> filter.drainsRunning() == 0);
        }
    }

    @Test
    void noMoreIsReadThanTheLimit() throws Exception {
        start(DrainLimits.standard().withMaxBytes(100_000).withMaxTime(LONG).withMaxAtOnce(8));
        Client client = new Client(announced(1 << 30));
        assertTrue(client.isReset());
        await(() -> filter.drainsRunning() == 0);
    }

    @Test
    void aClientThatTricklesIsCutOffInTime() throws Exception {
        start(DrainLimits.standard()
                .withMaxBytes(1 << 20)
                .withMaxTime(Duration.ofSeconds(5))
                .withMaxAtOnce(8));
        Client client = new Client(announced(1 << 20));
        await(() -> filter.drainsRunning() == 1);
        nanoTime.set(Duration.ofSeconds(5).toNanos() - 1);
        client.send(1);
        nanoTime.set(Duration.ofSeconds(5).toNanos());
        client.send(1);
        await(() -> filter.drainsRunning() == 0);
        assertTrue(client.isReset());
    }

    @Test
    void soIsOneThatSendsNothing() throws Exception {
        start(DrainLimits.standard()
                .withMaxBytes(1 << 20)
                .withMaxTime(Duration.ofMillis(50))
                .withMaxAtOnce(8)); // by the container's timer, which cannot be stepped
        Client client = new Client(announced(1 << 20));
        await(() -> filter.drainsRunning() == 0);
        assertTrue(client.isReset());
    }

    @Test
    void aClientThatIsGoneEndsItsDrain() throws Exception {
        start(DrainLimits.standard().withMaxBytes(1 << 20).withMaxTime(LONG).withMaxAtOnce(8));
        Client client = new Client(announced(1 << 20));
        await(() -> filter.drainsRunning() == 1);
        client.socket.setSoLinger(true, 0);
        client.socket.close();
        await(() -> filter.drainsRunning() == 0);
    }

    @Test
    void oneTooManyIsClosedAtOnceAndPlacesComeBack() throws Exception {
        start(DrainLimits.standard().withMaxBytes(1 << 20).withMaxTime(LONG).withMaxAtOnce(2));
        Client first = new Client(announced(1000));
        Client second = new Client(announced(1000));
        await(() -> filter.drainsRunning() == 2);
        for (int i = 0; i < 5; i++) {
            assertTrue(new Client(announced(1000)).isReset());
        }
        assertEquals(2, filter.drainsRunning());
        first.send(1000);
        await(() -> filter.drainsRunning() == 1);
        Client third = new Client(announced(1000));
        await(() -> filter.drainsRunning() == 2);
        second.send(1000);
        third.send(1000);
        await(() -> filter.drainsRunning() == 0);
    }

    @Test
    void aBodyThatWasNotAskedForIsNotWaitedFor() throws Exception {
        start(DrainLimits.standard().withMaxBytes(1 << 20).withMaxTime(LONG).withMaxAtOnce(8));
        assertTrue(new Client(head("Expect: 100-continue\r\nContent-Length: 1000\r\n")).isReset());
        assertEquals(0, filter.drainsRunning());
    }

    @Test
    @Tag("blocking")
    void withoutAsynchronousModeTheConnectionClosesAtOnce() throws Exception {
        start(
                new JettyServer(),
                DrainLimits.standard().withMaxBytes(1 << 20).withMaxTime(LONG).withMaxAtOnce(8),
                false);
        assertTrue(new Client(announced(1000)).isReset());
        assertEquals(0, filter.drainsRunning());
    }

    /** More drains than the server has threads, each of a client that trickles. */
    @Test
    void aDrainHoldsNoThread() throws Exception {
        int drains = 40;
        start(
                new JettyServer(8),
                DrainLimits.standard().withMaxBytes(1 << 20).withMaxTime(LONG).withMaxAtOnce(drains),
                true);
        List<Client> trickling = new ArrayList<>();
        for (int i = 0; i < drains; i++) {
            trickling.add(new Client(announced(1000)));
        }
        for (Client client : trickling) {
            client.send(1);
        }
        await(() -> filter.drainsRunning() == drains);
        verifier.atHead = null;
        for (int i = 0; i < 20; i++) {
            assertEquals(200, RawHttp.exchange(server.port(), head("")).status());
        }
        assertEquals(drains, filter.drainsRunning());
    }

    @Test
    void limitsThatMakeNoSenseAreRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> DrainLimits.standard().withMaxBytes(-1).withMaxTime(LONG).withMaxAtOnce(1));
        assertThrows(
                IllegalArgumentException.class,
                () -> DrainLimits.standard().withMaxBytes(1).withMaxTime(LONG).withMaxAtOnce(-1));
        assertThrows(
                IllegalArgumentException.class,
                () -> DrainLimits.standard()
                        .withMaxBytes(1)
                        .withMaxTime(Duration.ZERO)
                        .withMaxAtOnce(1));
        assertThrows(
                IllegalArgumentException.class,
                () -> DrainLimits.standard()
                        .withMaxBytes(1)
                        .withMaxTime(Duration.ofMinutes(2))
                        .withMaxAtOnce(1));
        assertFalse(DrainLimits.standard().maxTime().compareTo(Duration.ofSeconds(5)) > 0);
    }
}

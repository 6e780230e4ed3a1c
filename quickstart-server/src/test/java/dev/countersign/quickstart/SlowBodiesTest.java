package dev.countersign.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that announce bodies and hardly send them: what is left for others. */
@Timeout(240)
class SlowBodiesTest {
    private static final int ATTACKERS = 250;
    private static final String HEALTH = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private final Device device = new Device("com.acme.app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
    private final List<RawHttp> connections = new ArrayList<>();
    private final ExecutorService readers = Executors.newCachedThreadPool();

    @TempDir
    private Path folder;

    @AfterEach
    void stop() throws IOException {
        for (RawHttp connection : connections) {
            connection.close();
        }
        readers.shutdownNow();
    }

    private QuickstartServer start(Clock clock, int threads) throws StartupException {
        Map<String, String> environment = new HashMap<>();
        environment.put("PORT", "0");
        environment.put("COUNTERSIGN_HOME", folder.resolve("home").toString());
        return QuickstartServer.start(Settings.from(environment), clock, threads);
    }

    private RawHttp open(QuickstartServer server, String head) throws IOException {
        RawHttp connection = new RawHttp(server.port());
        connections.add(connection);
        return connection.send(head);
    }

    /** Adds the answer once there is one; a connection that ends without one adds nothing. */
    private void read(RawHttp connection, BlockingQueue<Answer> answers) {
        readers.execute(() -> {
            try {
                answers.add(connection.read());
            } catch (IOException closed) {
                // no answer
            }
        });
    }

    private static int status(QuickstartServer server, String request) throws IOException {
        return RawHttp.exchange(server.port(), request).status();
    }

    @Test
    void bodiesThatDoNotComeLeaveThreadsForEverythingElse() throws Exception {
        MutableClock clock = MutableClock.atSecond(1_700_000_000L);
        int threads = 20;
        int places = ThreadShares.bodies(threads);
        int over = 2 * threads;
        try (QuickstartServer server = start(clock, threads)) {
            assertEquals(201, status(server, device.put(device.spki())));
            BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
            for (int i = 0; i < places + over; i++) {
                read(open(server, device.announcing("/x", 8, clock.second())), answers);
            }
            for (int i = 0; i < over; i++) {
                Answer answer = answers.poll(20, TimeUnit.SECONDS);
                assertTrue(answer != null, "fewer than " + over + " were told to come back, but " + i);
                assertEquals(503, answer.status(), answer::toString);
                assertEquals("1", answer.header("retry-after"));
                assertEquals("TEMPORARILY_UNAVAILABLE", answer.header("x-synheart-error"));
            }
            for (int i = 0; i < 5; i++) {
                assertEquals(200, status(server, HEALTH));
                assertEquals(200, status(server, device.signed("GET", "/x", "", clock.second())));
                assertEquals(503, status(server, device.signed("POST", "/x", "b", clock.second())));
            }
            assertEquals(204, status(server, device.delete()), "a device can be revoked all the while");
            for (RawHttp connection : connections) {
                connection.send("the body");
            }
            for (int i = 0; i < places; i++) {
                Answer answer = answers.poll(20, TimeUnit.SECONDS);
                assertTrue(answer != null, "a body that came was not answered");
                // The signature is for another body. The cache was told that the device is revoked, but nobody is
                // rejected by the word of a change: it is read once more, and there is room for that.
                assertEquals("401 INVALID_SIGNATURE", answer.status() + " " + answer.header("x-synheart-error"));
            }
            Device another = new Device("com.acme.app", "6ba7b811-9dad-41d1-80b4-00c04fd430c8");
            assertEquals(201, status(server, another.put(another.spki())));
            assertEquals(200, status(server, another.signed("POST", "/x", "b", clock.second())), "places come back");
        }
    }

    @Test
    void aBodyOfAByteNowAndThenIsEnded() throws Exception {
        MutableClock clock = MutableClock.atSecond(1_700_000_000L);
        try (QuickstartServer server = start(clock, 20)) {
            BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
            RawHttp trickles = open(server, device.announcing("/x", 10 << 20, clock.second()));
            read(trickles, answers);
            Answer answer = null;
            for (int i = 0; i < 400 && answer == null; i++) {
                trickles.send("x");
                answer = answers.poll(50, TimeUnit.MILLISECONDS); // 20 bytes a second
            }
            assertEquals(408, answer == null ? 0 : answer.status());
        }
    }

    /** The body comes fast enough for everything but the end of the server. */
    @Test
    void aBodyThatStillComesKeepsNothingOpenWhenTheServerCloses() throws Exception {
        MutableClock clock = MutableClock.atSecond(1_700_000_000L);
        CountDownLatch closed = new CountDownLatch(1);
        Future<?> client;
        try (QuickstartServer server = start(clock, 20)) {
            RawHttp upload = open(server, device.announcing("/x", 10 << 20, clock.second()));
            client = readers.submit(() -> {
                for (int i = 0; i < 600 && !closed.await(100, TimeUnit.MILLISECONDS); i++) {
                    upload.send("x".repeat(1000));
                }
                return null;
            });
            assertEquals(200, status(server, HEALTH));
        }
        closed.countDown();
        client.get(60, TimeUnit.SECONDS);
        try (QuickstartServer next = start(clock, 20)) {
            assertEquals(200, status(next, HEALTH), "the folder is free, and its database");
        }
    }

    @Test
    void administrationThatDoesNotComeLeavesThreadsToo() throws Exception {
        try (QuickstartServer server = start(MutableClock.atSecond(1_700_000_000L), 20)) {
            BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
            String head = "PUT " + device.path() + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n";
            for (int i = 0; i < 40; i++) {
                read(open(server, head), answers);
            }
            for (int i = 0; i < 38; i++) {
                Answer answer = answers.poll(20, TimeUnit.SECONDS);
                assertTrue(answer != null && answer.status() == 503, "answer " + i + ": " + answer);
            }
            assertEquals(200, status(server, HEALTH));
        }
    }

    /** Heads that are stale are answered at once, each of them, and what they trickle afterwards holds no thread. */
    @Test
    void staleHeadsAreToldTheTimeAndHoldNoThread() throws Exception {
        MutableClock clock = MutableClock.atSecond(1_700_000_000L);
        try (QuickstartServer server = start(clock, 20)) {
            for (int i = 0; i < 100; i++) {
                RawHttp connection = open(server, device.announcing("/x", 10 << 20, clock.second() - 301));
                Answer answer = connection.read();
                assertEquals("401 CLOCK_SKEW", answer.status() + " " + answer.header("x-synheart-error"));
                assertEquals(Long.toString(clock.second()), answer.header("x-server-timestamp"));
                connection.send("x");
            }
            for (int i = 0; i < 20; i++) {
                assertEquals(200, status(server, HEALTH));
            }
        }
    }

    /**
     * The attack as it was: each connection announces 10 MiB and sends a byte every 10 to 18 s, for half a minute, and a
     * new one takes the place of one that the server has ended.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Tag("full")
    void healthAnswersUnderTheAttack(boolean stale) throws Exception {
        Clock clock = Clock.systemUTC();
        long seed = 20261126;
        Random random = new Random(seed);
        List<Slow> attackers = new ArrayList<>();
        try (QuickstartServer server = start(clock, 200)) {
            assertEquals(201, status(server, device.put(device.spki())));
            for (int i = 0; i < ATTACKERS; i++) {
                attackers.add(new Slow(server.port(), stale ? 301 : 0));
            }
            int healthy = 0;
            int served = 0;
            for (int tick = 0; tick < 300; tick++) { // a tenth of a second each
                for (Slow attacker : attackers) {
                    if (attacker.nextByte <= tick) {
                        attacker.nextByte = tick + 100L + random.nextInt(80);
                        attacker.send();
                    }
                }
                if (tick % 10 == 9) {
                    healthy += status(server, HEALTH) == 200 ? 1 : 0;
                    String request =
                            device.signed("GET", "/x", "", clock.instant().getEpochSecond());
                    served += status(server, request) == 200 ? 1 : 0;
                }
                Thread.sleep(100); // the attack's own pace
            }
            assertEquals("30 30", healthy + " " + served, "seed " + seed);
        } finally {
            for (Slow attacker : attackers) {
                attacker.socket.close();
            }
        }
    }

    /** One of the attackers. */
    private final class Slow {
        private final int port;
        private final long behind;
        private Socket socket = new Socket();
        long nextByte;

        Slow(int port, long behind) {
            this.port = port;
            this.behind = behind;
        }

        /** A byte, or a new head where the server has ended the connection. */
        void send() throws IOException {
            try {
                socket.getOutputStream().write('x');
            } catch (IOException ended) {
                socket.close();
                socket = new Socket(InetAddress.getLoopbackAddress(), port);
                long timestamp = Clock.systemUTC().instant().getEpochSecond() - behind;
                socket.getOutputStream().write(RawHttp.latin1(device.announcing("/x", 10 << 20, timestamp) + "x"));
            }
        }
    }
}

package dev.countersign.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.servers.PostgresServer;
import dev.countersign.servers.RedisServer;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.RawHttp.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two quickstarts side by side over one Redis and one PostgreSQL. */
@Timeout(300)
class TwoNodesTest {
    private static final long NOW = 1_700_000_000L;
    private static final String APP = "com.acme.app";
    private static final String SECRET = "hush-hush";

    private static RedisServer redis;
    private static PostgresServer postgres;

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final Device device = newDevice();

    @TempDir
    private Path folder;

    private Node one;
    private Node other;

    @BeforeAll
    static void startServers() {
        // No more than the documents say that it needs.
        redis = RedisServer.start(
                "--user",
                "verifier",
                "on",
                ">" + SECRET,
                "~c1*",
                "+info",
                "+time",
                "+script|load",
                "+evalsha",
                "+eval",
                "+exists",
                "+get",
                "+set",
                "+persist",
                "+select",
                "+wait");
        postgres = PostgresServer.start();
    }

    @AfterAll
    static void stopServers() {
        redis.close();
        postgres.close();
    }

    @BeforeEach
    void start() throws Exception {
        redis.restart(); // empty
        String database = "keys_" + UUID.randomUUID().toString().replace("-", "");
        postgres.createDatabase(database);
        Map<String, String> settings = Map.of(
                "PORT",
                "0",
                "COUNTERSIGN_HOME",
                folder.resolve("home").toString(),
                "COUNTERSIGN_NONCE_STORE",
                "redis://verifier:" + SECRET + "@127.0.0.1:" + redis.port(),
                "COUNTERSIGN_KEYS_URL",
                postgres.jdbcUrl(database).replaceAll("\\?.*", ""),
                "COUNTERSIGN_KEYS_USER",
                "postgres",
                "COUNTERSIGN_KEYS_PASSWORD",
                SECRET);
        one = new Node(settings, clock);
        other = new Node(settings, clock);
        clock.advanceSeconds(1); // Redis was empty: requests signed up to the first look at it are refused
        assertEquals(201, one.status(device.put(device.spki())));
    }

    @AfterEach
    void stop() {
        if (one != null) {
            one.close();
        }
        if (other != null) {
            other.close();
        }
    }

    private static Device newDevice() {
        return new Device(APP, UUID.randomUUID().toString());
    }

    private String signed(Device by) {
        return by.signed("POST", "/v1/x", "body", clock.second());
    }

    private String signed() {
        return signed(device);
    }

    private static String underAnotherNonce(String request) {
        return request.replaceFirst(
                "(?<=X-Synheart-Nonce: )[^\r]*", UUID.randomUUID().toString());
    }

    // ---- replays

    @Test
    void whatOneAcceptedIsAReplayAtTheOther() throws Exception {
        String request = signed();
        assertEquals("200", one.verdict(request));
        assertEquals("401 NONCE_REPLAY", other.verdict(request));
        assertEquals("401 NONCE_REPLAY", other.verdict(underAnotherNonce(request)));
        String back = signed();
        assertEquals("200", other.verdict(back));
        assertEquals("401 NONCE_REPLAY", one.verdict(back));
        assertEquals("401 NONCE_REPLAY", other.verdict(back));
        assertFalse(Files.exists(folder.resolve("home")), "nothing is kept, so no folder is made");
    }

    @Test
    void ofCopiesSentToBothAtOnceOneIsAccepted() throws Exception {
        int copies = 6;
        int rounds = 40;
        ExecutorService threads = Executors.newFixedThreadPool(copies);
        try {
            for (int round = 0; round < rounds; round++) {
                String request = signed();
                CyclicBarrier together = new CyclicBarrier(copies);
                List<Future<String>> verdicts = new ArrayList<>();
                for (int copy = 0; copy < copies; copy++) {
                    Node node = copy % 2 == 0 ? one : other;
                    String sent = copy < 4 ? request : underAnotherNonce(request);
                    verdicts.add(threads.submit(() -> {
                        together.await(20, TimeUnit.SECONDS);
                        return node.verdict(sent);
                    }));
                }
                List<String> all = new ArrayList<>();
                for (Future<String> verdict : verdicts) {
                    all.add(verdict.get(20, TimeUnit.SECONDS));
                }
                assertEquals(1, Collections.frequency(all, "200"), all::toString);
                assertEquals(copies - 1, Collections.frequency(all, "401 NONCE_REPLAY"), all::toString);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aNodeThatStartsRefusesNobodyAndForgetsNothing() throws Exception {
        String accepted = signed();
        String notYetSent = signed();
        assertEquals("200", one.verdict(accepted));
        one.restart();
        assertEquals("401 NONCE_REPLAY", one.verdict(accepted));
        assertEquals("200", one.verdict(notYetSent));
        assertEquals("401 NONCE_REPLAY", other.verdict(notYetSent));
    }

    // ---- devices

    @Test
    void aChangeMadeThroughOneCountsThereAtOnceAndSoonAtTheOther() throws Exception {
        Device late = newDevice();
        assertEquals("401 INVALID_SIGNATURE", one.verdict(signed(late)));
        assertEquals("401 INVALID_SIGNATURE", other.verdict(signed(late)));
        assertEquals(201, one.status(late.put(late.spki())));
        assertEquals("200", one.verdict(signed(late)));
        Waiting.until("the registration arrives", () -> other.status(signed(late)) == 200);

        assertEquals(204, one.status(late.delete()));
        assertEquals("401 DEVICE_REVOKED", one.verdict(signed(late)));
        Waiting.until(
                "the revocation arrives", () -> other.verdict(signed(late)).equals("401 DEVICE_REVOKED"));

        assertEquals("200", other.verdict(signed()), "others are not concerned");
        assertEquals(409, other.status(late.put(late.spki())));
    }

    // ---- faults

    @Test
    void withoutRedisIsA503AtOnceAndItComesBack() throws Exception {
        String accepted = signed();
        assertEquals("200", one.verdict(accepted));
        redis.kill();
        long fastest = Long.MAX_VALUE;
        for (int i = 0; i < 10; i++) {
            long begin = System.nanoTime();
            Answer answer = one.send(signed());
            fastest = Math.min(fastest, System.nanoTime() - begin);
            assertEquals("503 TEMPORARILY_UNAVAILABLE", answer.status() + " " + answer.header("x-synheart-error"));
            assertEquals("2", answer.header("retry-after"));
            assertEquals("503 TEMPORARILY_UNAVAILABLE", other.verdict(accepted));
        }
        assertTrue(fastest < TimeUnit.SECONDS.toNanos(1), "no request waits for a limit to end: " + fastest);
        Waiting.until("health tells", () -> one.health().contains("\"nonce_store_state\":\"unavailable: "));
        assertTrue(one.health().contains("\"status\":\"ok\""), "and the process is well");

        redis.restart(); // empty: it was not watching when that was accepted
        for (Node node : List.of(one, other)) {
            Waiting.until("it comes back", () -> {
                clock.advanceSeconds(1);
                return node.status(signed()) == 200;
            });
        }
        assertEquals("503 TEMPORARILY_UNAVAILABLE", other.verdict(accepted));
        Waiting.until("health tells", () -> one.health().contains("\"nonce_store_state\":\"available\""));
        String request = signed();
        assertEquals("200", one.verdict(request));
        assertEquals("401 NONCE_REPLAY", other.verdict(request));
    }

    @Test
    void withoutTheDatabaseKnownDevicesGoOnAndItComesBack() throws Exception {
        Device unknownHere = newDevice();
        assertEquals(201, one.status(unknownHere.put(unknownHere.spki())));
        assertEquals("200", one.verdict(signed()));
        postgres.kill();
        try {
            Waiting.until("health tells", () -> one.health().contains("\"key_store_state\":\"unavailable\""));
            assertEquals("200", one.verdict(signed()));
            assertEquals("503 TEMPORARILY_UNAVAILABLE", one.verdict(signed(unknownHere)));
            assertEquals("503 TEMPORARILY_UNAVAILABLE", one.verdict(signed(newDevice())));
            assertEquals(503, one.status(device.delete()));
        } finally {
            postgres.restart();
        }
        Waiting.until("it comes back", () -> one.status(signed(unknownHere)) == 200);
        Waiting.until("health tells", () -> one.health().contains("\"key_store_state\":\"available\""));
        assertEquals(204, one.status(device.delete()));
        Waiting.until("at the other too", () -> other.verdict(signed()).equals("401 DEVICE_REVOKED"));
    }

    @Test
    void aNodeThatClosesLeavesNoThread() throws Exception {
        assertEquals("200", one.verdict(signed()));
        assertFalse(ownThreads().isEmpty(), "the names are right");
        one.close();
        other.close();
        Waiting.until("threads end: " + ownThreads(), () -> ownThreads().isEmpty());
    }

    private static List<String> ownThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.matches("(countersign-|lettuce-|keys[ :]).*"))
                .toList();
    }

    // ---- health

    @Test
    void healthTellsKindsAndNoSecrets() throws Exception {
        Waiting.until("the feed has begun", () -> one.health().contains("\"key_store_state\":\"available\""));
        assertEquals(
                "{\"status\":\"ok\",\"key_store\":\"jdbc:postgresql (COUNTERSIGN_KEYS_URL)\","
                        + "\"key_store_state\":\"available\",\"nonce_store\":\"redis\","
                        + "\"nonce_store_state\":\"available\",\"device_ids\":\"uuid\"}",
                one.health());
    }
}

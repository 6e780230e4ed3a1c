package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.ClaimResult;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.servers.RedisServer;
import dev.countersign.testkit.MutableClock;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which servers are refused, and what a store does with a user's client, URI and threads. */
class RedisSetupTest {
    @Test
    void aServerThatEvictsIsRefusedUnlessAllowed() {
        try (RedisServer redis = RedisServer.start("--maxmemory", "50mb", "--maxmemory-policy", "volatile-lru")) {
            String why = refusal(RedisNonceStore.builder(redis.uri()).connectWait(Duration.ofSeconds(30)));
            assertTrue(why.contains("maxmemory-policy is volatile-lru"), why);
            assertTrue(why.contains("noeviction"), why);
            try (RedisNonceStore store = RedisNonceStore.builder(redis.uri())
                    .connectWait(Duration.ofSeconds(30))
                    .allowEviction()
                    .alwaysWatching()
                    .build()) {
                assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(1)));
                assertEquals(Optional.of("volatile-lru"), store.status().evictionPolicy());
            }
        }
    }

    @Test
    void aPolicyThatChangesLaterIsAnOutageUntilItIsChangedBack() {
        RecordingListener reported = new RecordingListener();
        try (RedisServer redis = RedisServer.start();
                RedisNonceStore store = RedisNonceStore.builder(redis.uri())
                        .connectWait(Duration.ofSeconds(30))
                        .alwaysWatching()
                        .listener(reported)
                        .build()) {
            redis.require("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
            Claims.until("noticed", () -> reported.has("outage: maxmemory-policy is allkeys-random"));
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(Claims.request(1))));
            assertTrue(store.status().reason().contains("allkeys-random"));
            redis.require("CONFIG", "SET", "maxmemory-policy", "noeviction");
            Claims.until(
                    "recovered",
                    () -> reported.has("recovered") && store.status().isAvailable());
            assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(2)));
            assertEquals(1, reported.count("outage"), reported.lines()::toString);
        }
    }

    @Test
    void aUserWhoMayNotReadInfoIsRefused() {
        try (RedisServer redis = RedisServer.start()) {
            redis.require("ACL", "SETUSER", "app", "on", ">open-sesame", "~*", "+@all", "-info");
            String why = refusal(RedisNonceStore.builder("redis://app:open-sesame@127.0.0.1:" + redis.port())
                    .connectWait(Duration.ofSeconds(30)));
            assertTrue(why.contains("INFO"), why);
        }
    }

    @Test
    void aUserWithTheDocumentedCommandsIsEnough() {
        try (RedisServer redis = RedisServer.start()) {
            redis.require(
                    "ACL",
                    "SETUSER",
                    "app",
                    "on",
                    ">open-sesame",
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
                    "+wait",
                    "+ping");
            try (RedisNonceStore store = RedisNonceStore.builder("redis://app:open-sesame@127.0.0.1:" + redis.port())
                    .connectWait(Duration.ofSeconds(30))
                    .alwaysWatching()
                    .build()) {
                assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(1)));
                assertEquals(ClaimResult.NONCE_REPLAYED, Claims.result(store, Claims.request(1)));
            }
        }
    }

    @Test
    void aWrongPasswordIsRefusedAndNotRepeated() {
        try (RedisServer redis = RedisServer.start()) {
            redis.require("CONFIG", "SET", "requirepass", "right-one");
            String why = refusal(RedisNonceStore.builder("redis://:wrong-one@127.0.0.1:" + redis.port())
                    .connectWait(Duration.ofSeconds(30)));
            assertTrue(why.contains("WRONGPASS"), why);
            assertFalse(why.contains("wrong-one"), why);
            String none = refusal(
                    RedisNonceStore.builder("redis://127.0.0.1:" + redis.port()).connectWait(Duration.ofSeconds(30)));
            assertTrue(none.contains("NOAUTH"), none);
        }
    }

    @Test
    void aNodeOfAClusterIsRefusedBehindAUriOfOneServer() {
        try (RedisServer redis = RedisServer.start("--cluster-enabled", "yes")) {
            String why = refusal(RedisNonceStore.builder(redis.uri()).connectWait(Duration.ofSeconds(30)));
            assertTrue(why.contains("Cluster"), why);
        }
    }

    @Test
    void aReplicaIsNoPrimary() {
        try (RedisServer primary = RedisServer.start();
                RedisServer replica = RedisServer.start()) {
            replica.require("REPLICAOF", "127.0.0.1", Integer.toString(primary.port()));
            try (RedisNonceStore store = RedisNonceStore.builder(replica.uri())
                    .connectWait(Duration.ofMillis(300))
                    .build()) {
                Claims.until(
                        "noticed",
                        () -> "it is no primary".equals(store.status().reason()));
                assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(Claims.request(1))));
                replica.require("REPLICAOF", "NO", "ONE");
                Claims.until("recovered", () -> store.status().isAvailable());
            }
        }
    }

    @Test
    void aServerThatIsNotThereIsAnOutageAndRecovers() {
        RecordingListener reported = new RecordingListener();
        try (RedisServer redis = RedisServer.start()) {
            redis.kill();
            try (RedisNonceStore store = RedisNonceStore.builder(redis.uri())
                    .connectWait(Duration.ofSeconds(30))
                    .connectWait(Duration.ofMillis(200))
                    .listener(reported)
                    .build()) {
                Claims.until("noticed", () -> store.status().reason().startsWith("the connection was refused"));
                assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(Claims.request(1))));
                redis.restart();
                Claims.until("recovered", () -> store.status().isAvailable());
                redis.kill();
                Claims.until("down again", () -> !store.status().isAvailable());
                Claims.until("reported", () -> reported.count("outage") == 2);
            }
        }
    }

    @Test
    void aServerThatAcceptsAndSaysNothingDoesNotHoldUpTheStore() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                RedisNonceStore store = RedisNonceStore.builder("redis://127.0.0.1:" + silent.getLocalPort())
                        .connectWait(Duration.ofMillis(200))
                        .timeLimit(Duration.ofMillis(100))
                        .build()) {
            assertFalse(store.status().isAvailable());
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(Claims.request(1))));
        }
    }

    @Test
    void aUsersClientIsUsedAndStaysOpen() {
        try (RedisServer redis = RedisServer.start()) {
            redis.require("CONFIG", "SET", "requirepass", "right-one");
            RedisURI uri = RedisURI.Builder.redis("127.0.0.1", redis.port())
                    .withPassword("right-one".toCharArray())
                    .withDatabase(3)
                    .build();
            RedisClient client = RedisClient.create(uri);
            try (StatefulRedisConnection<String, String> own = client.connect()) {
                RedisNonceStore store =
                        RedisNonceStore.builder(client, uri).alwaysWatching().build();
                assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(1)));
                store.close();
                assertEquals(3, own.sync().dbsize(), "two tokens and the watch record, in database 3");
                assertTrue(client.getOptions().isAutoReconnect(), "the user's own options");
            } finally {
                client.shutdown();
            }
        }
    }

    @Test
    void settingsAreChecked() {
        RedisNonceStore.Builder builder = RedisNonceStore.builder("redis://127.0.0.1:1");
        for (String prefix : new String[] {"a b", "{", "}", "12345678901234567", "\u00e4"}) {
            assertThrows(IllegalArgumentException.class, () -> builder.keyPrefix(prefix), prefix);
        }
        assertThrows(IllegalArgumentException.class, () -> builder.maxInFlight(0));
        assertThrows(IllegalArgumentException.class, () -> builder.quotaPerDevice(0));
        assertThrows(IllegalArgumentException.class, () -> builder.timeLimit(Duration.ofMillis(9)));
        assertThrows(
                IllegalArgumentException.class,
                () -> builder.waitForReplicas(0).replicaTimeLimit(Duration.ofMillis(9)));
        assertThrows(
                IllegalArgumentException.class, () -> builder.waitForReplicas(1).replicaTimeLimit(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> builder.watchingDelay(Duration.ofDays(2)));
        IllegalStateException contradiction = assertThrows(
                IllegalStateException.class,
                () -> RedisNonceStore.builder("redis://127.0.0.1:1")
                        .alwaysWatching()
                        .watchingDelay(Duration.ofSeconds(1))
                        .build());
        assertTrue(String.valueOf(contradiction.getMessage()).contains("contradict"));
        assertThrows(
                IllegalStateException.class,
                () -> builder.waitForReplicas(1)
                        .replicaTimeLimit(Duration.ofSeconds(3))
                        .build());
        assertThrows(
                IllegalStateException.class,
                () -> RedisNonceStore.builder("redis://127.0.0.1:1")
                        .replicaTimeLimit(Duration.ofMillis(100))
                        .build(),
                "and for how many?");
        IllegalArgumentException noUri = assertThrows(
                IllegalArgumentException.class, () -> RedisNonceStore.builder("http://u:geheim@127.0.0.1:1"));
        assertFalse(String.valueOf(noUri.getMessage()).contains("geheim"));
    }

    /** Lettuce takes what stands before the {@code #} for the host: addresses would show a part of the password. */
    @Test
    void aDelimiterInAPasswordIsRefusedAndNothingOfItShown() {
        for (String uri : new String[] {
            "redis://app:geheim#9731@127.0.0.1:1",
            "redis://app:geheim?9731@127.0.0.1:1",
            "rediss://app:geheim/9731@127.0.0.1:1",
            "redis-sentinel://geheim#9731@127.0.0.1:1#main",
            "redis-cluster://app:geheim#9731@127.0.0.1:1"
        }) {
            String why = String.valueOf(assertThrows(IllegalArgumentException.class, () -> RedisNonceStore.builder(uri))
                    .getMessage());
            assertTrue(why.contains("%23"), why);
            assertFalse(why.contains("geheim") || why.contains("9731"), why);
        }
        assertNotNull(RedisNonceStore.builder("redis://app:geheim%239731@127.0.0.1:1/2?timeout=1s"), "encoded");
    }

    @Test
    void noThreadOutlivesTheStore() {
        try (RedisServer redis = RedisServer.start()) {
            open(redis).close(); // what Netty starts once stays
            int before = threads();
            for (int i = 0; i < 5; i++) {
                RedisNonceStore store = open(redis);
                assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(10 + i)));
                assertTrue(threads() > before);
                store.close();
            }
            Claims.until("the threads end", () -> threads() <= before);
        }
    }

    @Test
    void aListenerThatThrowsChangesNothing() {
        try (RedisServer redis = RedisServer.start();
                RedisNonceStore store = RedisNonceStore.builder(redis.uri())
                        .connectWait(Duration.ofSeconds(30))
                        .clock(MutableClock.atSecond(1_800_000_000L))
                        .listener(new RedisStoreListener() {
                            @Override
                            public void watchingSince(String server, long since, String why) {
                                throw new IllegalStateException("listener");
                            }
                        })
                        .build()) {
            Claims.until("counted", () -> store.status().listenerFailures() == 1);
            assertTrue(store.status().isAvailable());
            assertEquals(1_800_000_000L, store.watchingSince());
        }
    }

    private static RedisNonceStore open(RedisServer redis) {
        return RedisNonceStore.builder(redis.uri())
                .connectWait(Duration.ofSeconds(30))
                .alwaysWatching()
                .build();
    }

    /** Of Lettuce and of the store; Netty's one thread of the JVM is none of them. */
    private static int threads() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("lettuce")
                        || thread.getName().startsWith("countersign"))
                .count();
    }

    private static String refusal(RedisNonceStore.Builder builder) {
        return String.valueOf(
                assertThrows(IllegalStateException.class, builder::build).getMessage());
    }
}

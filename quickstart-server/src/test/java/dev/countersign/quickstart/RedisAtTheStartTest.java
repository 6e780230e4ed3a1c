package dev.countersign.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.servers.Ports;
import dev.countersign.servers.RedisServer;
import dev.countersign.testkit.MutableClock;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a start does that finds a Redis which is not as it should be, or none. */
@Timeout(120)
class RedisAtTheStartTest {
    private static final long NOW = 1_700_000_000L;

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final Device device = new Device("com.acme.app", UUID.randomUUID().toString());

    @TempDir
    private Path folder;

    private Map<String, String> settings(String redis, String home) {
        Map<String, String> settings = new HashMap<>();
        settings.put("PORT", "0");
        settings.put("COUNTERSIGN_HOME", folder.resolve(home).toString());
        settings.put("COUNTERSIGN_NONCE_STORE", redis);
        return settings;
    }

    private String refusal(String redis) {
        String message = String.valueOf(assertThrows(
                        StartupException.class, () -> new Node(settings(redis, "refused"), clock).close())
                .getMessage());
        assertTrue(message.startsWith("COUNTERSIGN_NONCE_STORE: "), message);
        assertFalse(message.contains("hush"), message);
        return message;
    }

    @Test
    void aRedisThatMayEvictIsRefused() {
        try (RedisServer evicting = RedisServer.start("--maxmemory-policy", "allkeys-lru")) {
            String message = refusal(evicting.uri());
            assertTrue(message.contains("maxmemory-policy noeviction"), message);
        }
    }

    @Test
    void aRedisThatMayEvictLaterIsNotUsed() throws Exception {
        try (RedisServer redis = RedisServer.start();
                Node node = new Node(settings(redis.uri(), "home"), clock)) {
            assertEquals(201, node.status(device.put(device.spki())));
            assertEquals(200, node.status(device.signed("POST", "/x", "b", NOW)));
            redis.require("CONFIG", "SET", "maxmemory-policy", "volatile-ttl");
            Waiting.until("it is noticed", () -> node.status(device.signed("POST", "/x", "b", NOW)) == 503);
            Waiting.until(
                    "health says why", () -> node.health().contains("unavailable: maxmemory-policy is volatile-ttl"));
            redis.require("CONFIG", "SET", "maxmemory-policy", "noeviction");
            Waiting.until("it comes back", () -> node.status(device.signed("POST", "/x", "b", NOW)) == 200);
        }
    }

    @Test
    void aWrongPasswordIsToldApartFromNoAnswer() throws Exception {
        try (RedisServer strict = RedisServer.start("--user", "verifier", "on", ">right", "~*", "+@all")) {
            String uri = "redis://verifier:hush@127.0.0.1:" + strict.port();
            String message = refusal(uri);
            assertTrue(message.contains("password"), message);
        }
    }

    @Test
    void aUriThatNobodyCanReadIsNotRepeated() {
        refusal("redis://h us h");
        refusal("redis://127.0.0.1:99999/hush");
    }

    @Test
    void aRedisThatIsNotThereYetIsWaitedFor() throws Exception {
        int port = Ports.free();
        try (Node node = new Node(settings("redis://127.0.0.1:" + port, "home"), clock)) {
            assertTrue(node.health().contains("\"nonce_store_state\":\"unavailable: "));
            assertEquals(201, node.status(device.put(device.spki())));
            assertEquals(503, node.status(device.signed("POST", "/x", "b", NOW)));
        }
    }

    /** An empty folder: no device was registered before, so nothing was accepted. A Redis that knows better is believed. */
    @Test
    void anEmptyFolderDeclaresThatNobodyCameBefore() throws Exception {
        try (RedisServer redis = RedisServer.start()) {
            try (Node first = new Node(settings(redis.uri(), "one"), clock)) {
                assertEquals(201, first.status(device.put(device.spki())));
                assertEquals(200, first.status(device.signed("POST", "/x", "b", NOW - 100)));
            }
            redis.restart();
            try (Node again = new Node(settings(redis.uri(), "one"), clock)) {
                assertEquals(503, again.status(device.signed("POST", "/x", "b", NOW - 100)), "it was not empty now");
            }
            try (Node elsewhere = new Node(settings(redis.uri(), "two"), clock)) {
                assertEquals(201, elsewhere.status(device.put(device.spki())));
                assertEquals(
                        503, elsewhere.status(device.signed("POST", "/x", "b", NOW - 100)), "Redis says since when");
                clock.advanceSeconds(1);
                assertEquals(200, elsewhere.status(device.signed("POST", "/x", "b", NOW + 1)));
            }
        }
    }
}

package dev.countersign.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.servers.PostgresServer;
import dev.countersign.servers.RedisCluster;
import dev.countersign.servers.RedisSentinels;
import dev.countersign.servers.RedisServer;
import dev.countersign.testkit.MutableClock;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two quickstarts over the other kinds of Redis. */
@Tag("full")
@Timeout(300)
class RedisKindsTest {
    private static final long NOW = 1_700_000_000L;
    private static final int DEVICES = 24;

    private final MutableClock clock = MutableClock.atSecond(NOW);

    private Node node(String redis, String database) throws StartupException {
        PostgresServer postgres = PostgresServer.shared();
        return new Node(
                Map.of(
                        "PORT",
                        "0",
                        "COUNTERSIGN_NONCE_STORE",
                        redis,
                        "COUNTERSIGN_KEYS_URL",
                        postgres.jdbcUrl(database)),
                clock);
    }

    private static String newDatabase() {
        String name = "keys_" + UUID.randomUUID().toString().replace("-", "");
        PostgresServer.shared().createDatabase(name);
        return name;
    }

    private static Device newDevice() {
        return new Device("com.acme.app", UUID.randomUUID().toString());
    }

    private String signed(Device device) {
        return device.signed("POST", "/v1/x", "body", clock.second());
    }

    /** What the other primary does not know for sure is a 503, and what it knows is a replay; never is it accepted. */
    @Test
    void aFailoverAcceptsNothingTwice() throws Exception {
        String database = newDatabase();
        Device device = newDevice();
        try (RedisSentinels group = RedisSentinels.start();
                Node one = node(group.uri(), database);
                Node other = node(group.uri(), database)) {
            clock.advanceSeconds(1);
            assertTrue(one.health().contains("\"nonce_store\":\"redis with sentinels\""));
            assertEquals(201, one.status(device.put(device.spki())));
            String accepted = signed(device);
            assertEquals("200", one.verdict(accepted));
            assertEquals("401 NONCE_REPLAY", other.verdict(accepted));

            RedisServer primary = group.primary();
            primary.kill();
            group.awaitPrimaryOtherThan(primary);
            for (Node node : List.of(one, other)) {
                Waiting.until("it comes back", () -> {
                    clock.advanceSeconds(1);
                    return node.status(signed(device)) == 200;
                });
                String verdict = node.verdict(accepted);
                assertTrue(verdict.matches("401 NONCE_REPLAY|503 .*"), verdict);
            }
            String request = signed(device);
            assertEquals("200", other.verdict(request));
            assertEquals("401 NONCE_REPLAY", one.verdict(request));
        }
    }

    @Test
    void aClusterIsOneStore() throws Exception {
        String database = newDatabase();
        try (RedisCluster cluster = RedisCluster.start();
                Node one = node(cluster.uri(), database);
                Node other = node(cluster.uri(), database)) {
            clock.advanceSeconds(1);
            assertTrue(one.health().contains("\"nonce_store\":\"redis cluster\""));
            for (int i = 0; i < DEVICES; i++) { // so many that each node of the cluster has some
                Device device = newDevice();
                assertEquals(201, one.status(device.put(device.spki())));
                String request = signed(device);
                assertEquals("200", one.verdict(request));
                assertEquals("401 NONCE_REPLAY", other.verdict(request));
            }
        }
    }
}

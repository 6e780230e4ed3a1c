package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.ClaimResult;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.servers.RedisCluster;
import dev.countersign.servers.RedisSentinels;
import dev.countersign.servers.RedisServer;
import dev.countersign.servers.TcpProxy;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** When a store is known to be down: by its own looks, never by what becomes of claims. */
class RedisDownTest {
    @Test
    void aServerThatIsGoneIsDownUntilALookFindsItBack() {
        RedisServer redis = RedisServer.start();
        RedisNonceStore store = at(redis.port()).build();
        try {
            assertFalse(store.isDown());
            redis.kill();
            Claims.until("down", store::isDown);
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(Claims.request(1))));
            redis.restart();
            Claims.until("back", () -> store.status().isAvailable());
            assertFalse(store.isDown());
            redis.kill();
            Claims.until("down again", store::isDown);
            store.close();
            assertFalse(store.isDown(), "closed is not down");
        } finally {
            store.close();
            redis.close();
        }
    }

    @Test
    void aFullStoreAndLateAnswersAreNoOutage() {
        try (RedisServer redis = RedisServer.start();
                TcpProxy proxy = TcpProxy.to(redis.port());
                RedisNonceStore store = at(proxy.port())
                        .maxInFlight(1)
                        .timeLimit(Duration.ofMillis(500))
                        .build()) {
            proxy.holdAnswers();
            CompletionStage<ClaimResult> late = store.claim(Claims.request(1));
            for (int i = 2; i < 100; i++) {
                assertInstanceOf(RedisUnavailableException.class, Claims.failure(store.claim(Claims.request(i))));
                assertFalse(store.isDown());
            }
            assertEquals(98, store.status().overloaded());
            // At the moment at which it is given up.
            CompletionStage<Boolean> downThen = late.handle((result, failure) -> store.isDown());
            assertInstanceOf(RedisUnavailableException.class, Claims.failure(late));
            assertFalse(Claims.await(downThen));
            proxy.restore();
            Claims.until("back", () -> store.status().isAvailable());
            assertFalse(store.isDown());
        }
    }

    /** A server that is set up wrongly has no outage: what claims would have said, nobody knows. */
    @Test
    void aServerThatIsRefusedIsNotDown() {
        try (RedisServer redis = RedisServer.start();
                RedisNonceStore store = at(redis.port()).build()) {
            redis.require("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
            Claims.until("noticed", () -> !store.status().isAvailable());
            long asked = redisConnections(redis);
            Claims.until("tried a few times more", () -> redisConnections(redis) > asked + 10);
            assertFalse(store.isDown());
        }
    }

    /** It answers, and somebody has to change the URI. */
    @Test
    void aServerOutsideAClusterThatIsAskedAsOneIsNotDown() {
        try (RedisServer redis = RedisServer.start();
                TcpProxy proxy = TcpProxy.to(redis.port())) {
            proxy.cutOff();
            try (RedisNonceStore store = RedisNonceStore.builder("redis-cluster://127.0.0.1:" + proxy.port())
                    .connectWait(Duration.ZERO)
                    .build()) {
                Claims.until("down", store::isDown);
                proxy.restore();
                Claims.until("asked a few times", () -> clusterCommands(redis) > 3);
                assertFalse(store.isDown());
                String outage = store.status().reason();
                assertTrue(outage.startsWith("the server is not a node of a Cluster"), outage);
            }
        }
    }

    @Test
    void sentinelsThatAreGoneTellNothing() {
        try (RedisSentinels group = RedisSentinels.start()) {
            group.failOverOnRequestOnly();
            try (RedisNonceStore store = RedisNonceStore.builder(group.uri())
                    .connectWait(Duration.ofSeconds(30))
                    .alwaysWatching()
                    .timeLimit(Duration.ofMillis(500))
                    .build()) {
                group.primary().kill();
                Claims.until("the primary is down, as the sentinels name it", store::isDown);
                group.sentinels().forEach(RedisServer::kill);
                Claims.until("nobody knows where claims go", () -> !store.isDown());
                assertFalse(store.status().isAvailable());
            }
        }
    }

    @Test
    void aClusterIsDownWhenNoNodeIsLeft() {
        try (RedisCluster cluster = RedisCluster.start();
                RedisNonceStore store = RedisNonceStore.builder(cluster.uri())
                        .connectWait(Duration.ofSeconds(30))
                        .alwaysWatching()
                        .timeLimit(Duration.ofMillis(500))
                        .build()) {
            assertFalse(store.isDown());
            for (RedisServer node : cluster.nodes()) {
                assertFalse(store.isDown(), "a node is left");
                node.kill();
            }
            Claims.until("down", store::isDown);
            assertTrue(store.claim(Claims.request(1)).toCompletableFuture().isCompletedExceptionally());
        }
    }

    private static long clusterCommands(RedisServer redis) {
        String stats = redis.info("commandstats", "cmdstat_cluster");
        return stats.isEmpty() ? 0 : Long.parseLong(stats.substring("calls=".length(), stats.indexOf(',')));
    }

    private static long redisConnections(RedisServer redis) {
        return Long.parseLong(redis.info("stats", "total_connections_received"));
    }

    private static RedisNonceStore.Builder at(int port) {
        return RedisNonceStore.builder("redis://127.0.0.1:" + port)
                .alwaysWatching()
                .connectWait(Duration.ofSeconds(30));
    }
}

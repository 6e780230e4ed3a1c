package dev.countersign.nonce.redis;

import dev.countersign.servers.RedisCluster;
import dev.countersign.servers.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.RedisClusterClient;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract of nonce stores, on a Cluster of three nodes. */
class ClusterContractTest extends ManyServersContract<RedisClusterClient> {
    private static final List<RedisClient> CLIENTS = new ArrayList<>();
    private static final List<RedisCommands<String, String>> ADMINS = new ArrayList<>();
    private static @Nullable RedisCluster cluster;

    @BeforeAll
    static void connect() {
        cluster = RedisCluster.start();
        for (RedisServer node : cluster.primaries()) {
            RedisClient made = RedisClient.create(node.uri());
            CLIENTS.add(made);
            ADMINS.add(made.connect().sync());
        }
    }

    @AfterAll
    static void disconnect() {
        CLIENTS.forEach(RedisClient::shutdown);
        if (cluster != null) {
            cluster.close();
        }
    }

    @Override
    List<RedisCommands<String, String>> admins() {
        return ADMINS;
    }

    @Override
    String uri() {
        return nodes().uri();
    }

    @Override
    List<RedisServer> servers() {
        return nodes().primaries();
    }

    @Override
    RedisClusterClient clientThrough(NodeProxies inBetween) {
        return RedisClusterClient.create(inBetween.resources(), seed());
    }

    @Override
    RedisNonceStore.Builder builder(RedisClusterClient led) {
        return RedisNonceStore.builder(led, List.of(seed()));
    }

    private RedisURI seed() {
        return RedisURI.create(servers().get(0).uri());
    }

    private static RedisCluster nodes() {
        if (cluster == null) {
            throw new IllegalStateException("not started");
        }
        return cluster;
    }
}

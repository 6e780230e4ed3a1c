package dev.countersign.nonce.redis;

import dev.countersign.api.NonceStore;
import dev.countersign.servers.RedisCluster;
import dev.countersign.servers.RedisServer;
import dev.countersign.servers.TcpProxy;
import dev.countersign.tck.MutableClock;
import dev.countersign.tck.SharedNonceStoreContract;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.RedisClusterClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** The contract of nonce stores, on a Cluster of three nodes. */
class ClusterContractTest extends SharedNonceStoreContract {
    private static final int IN_FLIGHT = 64;

    private static final List<RedisClient> CLIENTS = new ArrayList<>();
    private static final List<RedisCommands<String, String>> ADMINS = new ArrayList<>();
    private static @Nullable RedisCluster cluster;

    private @Nullable SteppedRedis stepped;
    private @Nullable RedisClusterClient client;
    private @Nullable NodeProxies proxies;

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

    @AfterEach
    void closeProxies() {
        if (client != null) {
            client.shutdown();
        }
        if (proxies != null) {
            proxies.close();
        }
    }

    @Override
    protected NonceStore open(MutableClock storeClock, StoreOptions options) {
        ADMINS.forEach(RedisCommands::flushall);
        stepped = new SteppedRedis(storeClock, ADMINS);
        return openAnother(storeClock, options);
    }

    @Override
    protected NonceStore openAnother(MutableClock storeClock, StoreOptions options) {
        SteppedRedis time = stepped;
        if (time == null) {
            throw new IllegalStateException("no store yet");
        }
        return time.over(
                build(RedisNonceStore.builder(nodes().uri()).clock(time.clock()).ticker(time::nanoTime), options));
    }

    /** The nodes call each other by their own addresses; only this client is led through the proxies. */
    @Override
    protected NonceStore openBreakable(MutableClock storeClock, StoreOptions options) {
        ADMINS.forEach(RedisCommands::flushall);
        NodeProxies inBetween = new NodeProxies(nodes().primaries());
        proxies = inBetween;
        RedisURI seed = RedisURI.create(nodes().primaries().get(0).uri());
        RedisClusterClient made = RedisClusterClient.create(inBetween.resources(), seed);
        client = made;
        return build(
                RedisNonceStore.builder(made, List.of(seed)).clock(storeClock).maxInFlight(IN_FLIGHT), options);
    }

    private static RedisNonceStore build(RedisNonceStore.Builder builder, StoreOptions options) {
        builder.quotaPerDevice(options.quotaPerDevice()).connectWait(Duration.ofSeconds(30));
        return options.noPredecessor() ? builder.noPredecessor().build() : builder.build();
    }

    private static RedisCluster nodes() {
        if (cluster == null) {
            throw new IllegalStateException("not started");
        }
        return cluster;
    }

    @Override
    protected void cutOff() {
        onAll(TcpProxy::cutOff);
    }

    @Override
    protected void stall() {
        onAll(TcpProxy::holdAnswers);
    }

    @Override
    protected void restore() {
        onAll(TcpProxy::restore);
    }

    private void onAll(Consumer<TcpProxy> what) {
        if (proxies == null) {
            throw new IllegalStateException("no breakable store");
        }
        proxies.onAll(what);
    }

    @Override
    protected int mostInFlight() {
        return IN_FLIGHT;
    }

    @Override
    protected void dropExpired(NonceStore store) {
        if (stepped != null) {
            stepped.step();
        }
    }

    @Override
    protected boolean knowsTokensOfOtherDevices() {
        return false;
    }

    @Override
    protected int rounds() {
        return 20;
    }

    @Override
    protected int claimsInARow() {
        return 500;
    }

    @Override
    protected int shorterBy() {
        return 10;
    }
}

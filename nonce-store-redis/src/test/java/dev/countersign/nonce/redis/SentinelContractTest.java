package dev.countersign.nonce.redis;

import dev.countersign.api.NonceStore;
import dev.countersign.servers.RedisSentinels;
import dev.countersign.servers.RedisServer;
import dev.countersign.servers.TcpProxy;
import dev.countersign.tck.MutableClock;
import dev.countersign.tck.SharedNonceStoreContract;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of nonce stores, on a group under Sentinel that has failed over: the first primary is gone. */
@Tag("full")
class SentinelContractTest extends SharedNonceStoreContract {
    private static final int IN_FLIGHT = 64;

    private static @Nullable RedisSentinels group;
    private static @Nullable RedisClient adminClient;
    private static @Nullable RedisCommands<String, String> admin;

    private @Nullable SteppedRedis stepped;
    private @Nullable RedisClient client;
    private @Nullable NodeProxies proxies;

    @BeforeAll
    static void failOver() {
        RedisSentinels started = RedisSentinels.start();
        group = started;
        // One failover: a machine that is slow for half a second must not make it two.
        started.failOverOnRequestOnly();
        started.primary().kill();
        RedisServer second = started.failOver();
        RedisClient made = RedisClient.create(second.uri());
        adminClient = made;
        admin = made.connect().sync();
    }

    @AfterAll
    static void stop() {
        if (adminClient != null) {
            adminClient.shutdown();
        }
        if (group != null) {
            group.close();
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
        stepped = new SteppedRedis(storeClock, List.of(emptied()));
        return openAnother(storeClock, options);
    }

    @Override
    protected NonceStore openAnother(MutableClock storeClock, StoreOptions options) {
        SteppedRedis time = stepped;
        if (time == null) {
            throw new IllegalStateException("no store yet");
        }
        return time.over(
                build(RedisNonceStore.builder(group().uri()).clock(time.clock()).ticker(time::nanoTime), options));
    }

    @Override
    protected NonceStore openBreakable(MutableClock storeClock, StoreOptions options) {
        emptied();
        NodeProxies inBetween = new NodeProxies(group().servers());
        proxies = inBetween;
        RedisClient made = RedisClient.create(inBetween.resources());
        client = made;
        return build(
                RedisNonceStore.builder(made, RedisURI.create(group().uri()))
                        .clock(storeClock)
                        .maxInFlight(IN_FLIGHT),
                options);
    }

    private static RedisNonceStore build(RedisNonceStore.Builder builder, StoreOptions options) {
        builder.quotaPerDevice(options.quotaPerDevice()).connectWait(Duration.ofSeconds(30));
        return options.noPredecessor() ? builder.noPredecessor().build() : builder.build();
    }

    private static RedisSentinels group() {
        if (group == null) {
            throw new IllegalStateException("not started");
        }
        return group;
    }

    private static RedisCommands<String, String> emptied() {
        if (admin == null) {
            throw new IllegalStateException("not connected");
        }
        admin.flushall();
        return admin;
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

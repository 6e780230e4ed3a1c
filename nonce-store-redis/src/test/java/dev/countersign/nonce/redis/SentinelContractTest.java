package dev.countersign.nonce.redis;

import dev.countersign.servers.RedisSentinels;
import dev.countersign.servers.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of nonce stores, on a group under Sentinel that has failed over: the first primary is gone. */
@Tag("full")
class SentinelContractTest extends ManyServersContract<RedisClient> {
    private static @Nullable RedisSentinels group;
    private static @Nullable RedisClient adminClient;
    private static @Nullable RedisCommands<String, String> admin;

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

    @Override
    List<RedisCommands<String, String>> admins() {
        if (admin == null) {
            throw new IllegalStateException("not connected");
        }
        return List.of(admin);
    }

    @Override
    String uri() {
        return group().uri();
    }

    @Override
    List<RedisServer> servers() {
        return group().servers();
    }

    @Override
    RedisClient clientThrough(NodeProxies inBetween) {
        return RedisClient.create(inBetween.resources());
    }

    @Override
    RedisNonceStore.Builder builder(RedisClient led) {
        return RedisNonceStore.builder(led, RedisURI.create(uri()));
    }

    private static RedisSentinels group() {
        if (group == null) {
            throw new IllegalStateException("not started");
        }
        return group;
    }
}

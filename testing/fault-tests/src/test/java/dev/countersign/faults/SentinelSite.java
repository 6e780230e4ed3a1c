package dev.countersign.faults;

import dev.countersign.api.store.NonceStore;
import dev.countersign.faults.Event.FaultKind;
import dev.countersign.faults.Event.Target;
import dev.countersign.nonce.redis.RedisNonceStore;
import dev.countersign.servers.RedisSentinels;
import dev.countersign.servers.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A primary of Redis, its replicas, and sentinels that put another in its place. */
final class SentinelSite implements NonceSite {
    private static final Duration FAILOVER = Duration.ofSeconds(30);

    private final RedisSentinels group;
    private final ProxiedClients clients;
    private final List<RedisClient> opened = new ArrayList<>();

    /** The servers stay the caller's. */
    SentinelSite(RedisSentinels group) {
        this.group = group;
        List<RedisServer> all = new ArrayList<>(group.servers());
        all.addAll(group.sentinels());
        this.clients = new ProxiedClients(all);
        group.primary().require("FLUSHALL");
    }

    @Override
    public NonceStore open(int node, History history) {
        RedisURI uri = RedisURI.create(group.uri());
        RedisClient client = RedisClient.create(clients.resources(node), uri);
        opened.add(client);
        return RedisStores.open(RedisNonceStore.builder(client, uri), node, history);
    }

    @Override
    public List<Harm> harms(Random random) {
        List<Harm> harms = new ArrayList<>(clients.harms(random));
        harms.add(failover(RedisServer::kill, RedisServer::restart));
        harms.add(failover(RedisServer::pause, RedisServer::resume));
        harms.add(failover(
                primary -> group.sentinels().get(0).require("SENTINEL", "FAILOVER", RedisSentinels.GROUP),
                primary -> {}));
        return harms;
    }

    private Harm failover(Deed harm, Deed undo) {
        RedisServer[] old = new RedisServer[1];
        return Harm.ofServer(
                FaultKind.FAIL_OVER,
                Target.NONCES,
                () -> {
                    old[0] = group.primary();
                    harm.to(old[0]);
                    group.awaitPrimaryOtherThan(old[0]);
                },
                () -> {
                    undo.to(old[0]);
                    follow(old[0]);
                });
    }

    /** Does not wait for the sentinels to find out that the old primary is back. */
    private void follow(RedisServer old) {
        old.require("REPLICAOF", "127.0.0.1", Integer.toString(group.primary().port()));
        boolean follows = Nemesis.await(
                FAILOVER, () -> old.info("replication", "master_link_status").equals("up"));
        if (!follows) {
            throw new AssertionError("the old primary does not follow the new one");
        }
    }

    private interface Deed {
        void to(RedisServer primary);
    }

    @Override
    public void close() {
        opened.forEach(RedisClient::shutdown);
        clients.close();
    }
}

package dev.countersign.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A primary of Redis with two replicas, and three sentinels that fail over when the primary is down for half a second. */
public final class RedisSentinels implements AutoCloseable {
    /** What the sentinels call the group. */
    public static final String GROUP = "primary";

    private static final int SENTINELS = 3;
    private static final int REPLICAS = 2;
    private static final int READY_SECONDS = 30;
    private static final long DOWN_AFTER_MILLIS = 500;
    private static final long NEVER_MILLIS = 3_600_000;

    private final List<RedisServer> servers = new ArrayList<>();
    private final List<RedisServer> sentinels = new ArrayList<>();
    private final Path folder = Folders.create("sentinel");

    private RedisSentinels() {}

    /**
     * Starts them; returns when the sentinels know each other and the replicas.
     *
     * @param directives for the primary and its replicas
     */
    public static RedisSentinels start(String... directives) {
        RedisSentinels group = new RedisSentinels();
        try {
            group.open(directives);
            return group;
        } catch (RuntimeException failure) {
            group.close();
            throw failure;
        }
    }

    private void open(String... directives) {
        RedisServer primary = RedisServer.start(directives);
        servers.add(primary);
        for (int i = 0; i < REPLICAS; i++) {
            RedisServer replica = RedisServer.start(directives);
            servers.add(replica);
            replica.require("REPLICAOF", "127.0.0.1", Integer.toString(primary.port()));
        }
        for (RedisServer replica : servers.subList(1, servers.size())) {
            Signals.await(
                    "the replica does not follow",
                    READY_SECONDS,
                    () -> replica.info("replication", "master_link_status").equals("up"));
        }
        for (int i = 0; i < SENTINELS; i++) {
            sentinels.add(RedisServer.startSentinel(configuration(i, primary)));
        }
        for (RedisServer sentinel : sentinels) {
            Signals.await("the sentinels do not know each other", READY_SECONDS, () -> {
                String state = sentinel.require("SENTINEL", "MASTER", GROUP);
                return state.contains("num-other-sentinels\n" + (SENTINELS - 1))
                        && state.contains("num-slaves\n" + REPLICAS);
            });
        }
    }

    private Path configuration(int number, RedisServer primary) {
        String text = "sentinel monitor " + GROUP + " 127.0.0.1 " + primary.port() + " 2\n"
                + "sentinel down-after-milliseconds " + GROUP + " " + DOWN_AFTER_MILLIS + "\n"
                + "sentinel failover-timeout " + GROUP + " 4000\n"
                + "sentinel parallel-syncs " + GROUP + " 2\n";
        try {
            return Files.writeString(folder.resolve("sentinel-" + number + ".conf"), text);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /**
     * From now on the sentinels fail over when {@link #failOver} asks them to, and at no other time: a machine that is slow for
     * half a second makes nobody down.
     */
    public void failOverOnRequestOnly() {
        setDownAfter(NEVER_MILLIS);
    }

    /** From now on the sentinels fail over when the primary is down for half a second, as at the start. */
    public void failOverByThemselves() {
        setDownAfter(DOWN_AFTER_MILLIS);
    }

    private void setDownAfter(long millis) {
        for (RedisServer sentinel : sentinels) {
            sentinel.require("SENTINEL", "SET", GROUP, "down-after-milliseconds", Long.toString(millis));
        }
    }

    /** Makes another server the primary; returns it when all sentinels name it and it says so itself. */
    public RedisServer failOver() {
        RedisServer old = primary();
        RedisServer asked = sentinels.get(0);
        Signals.await("no failover", READY_SECONDS, () -> {
            RedisServer now = primaryOf(asked);
            if (now == old) {
                asked.call("SENTINEL", "FAILOVER", GROUP); // an error where one is under way
                return false;
            }
            for (RedisServer sentinel : sentinels) {
                if (primaryOf(sentinel) != now) {
                    return false;
                }
            }
            return now.info("replication", "role").equals("master");
        });
        return primaryOf(asked);
    }

    /** {@code redis-sentinel://host:port,…/0#primary}. */
    public String uri() {
        StringBuilder uri = new StringBuilder("redis-sentinel://");
        for (RedisServer sentinel : sentinels) {
            uri.append(uri.length() > "redis-sentinel://".length() ? "," : "")
                    .append("127.0.0.1:")
                    .append(sentinel.port());
        }
        return uri.append("/0#").append(GROUP).toString();
    }

    /** The primary and its replicas: which is which changes. */
    public List<RedisServer> servers() {
        return List.copyOf(servers);
    }

    /** The sentinels. */
    public List<RedisServer> sentinels() {
        return List.copyOf(sentinels);
    }

    /** Which server the sentinels take for the primary now. */
    public RedisServer primary() {
        for (RedisServer sentinel : sentinels) {
            if (sentinel.isAlive()) {
                return primaryOf(sentinel);
            }
        }
        throw new IllegalStateException("no sentinel knows a primary");
    }

    private RedisServer primaryOf(RedisServer sentinel) {
        String address = sentinel.require("SENTINEL", "GET-MASTER-ADDR-BY-NAME", GROUP);
        for (RedisServer server : servers) {
            if (address.endsWith("\n" + server.port())) {
                return server;
            }
        }
        throw new IllegalStateException("a sentinel names a primary that is not ours: " + address);
    }

    /** Waits until another server than the given one is primary and says so itself. */
    public RedisServer awaitPrimaryOtherThan(RedisServer old) {
        Signals.await("no failover", READY_SECONDS, () -> {
            RedisServer now = primary();
            return now != old && now.info("replication", "role").equals("master");
        });
        return primary();
    }

    @Override
    public void close() {
        sentinels.forEach(RedisServer::close);
        servers.forEach(RedisServer::close);
        Folders.delete(folder);
    }
}

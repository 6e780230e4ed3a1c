package dev.countersign.nonce.redis.connection;

import dev.countersign.nonce.redis.watching.WatchHistory;
import io.lettuce.core.RedisURI;

/** A server that claims go to: where it is, where its watch record lies, and what is remembered of the place. */
public final class Target {
    private final RedisURI uri;
    private final byte[] recordKey;
    private final boolean inCluster;
    private final WatchHistory history;

    /**
     * A server.
     *
     * @param recordKey where its watch record lies
     * @param inCluster whether it must be a node of a Cluster, or must not be one
     */
    public Target(RedisURI uri, byte[] recordKey, boolean inCluster, WatchHistory history) {
        this.uri = uri;
        this.recordKey = recordKey;
        this.inCluster = inCluster;
        this.history = history;
    }

    public RedisURI uri() {
        return uri;
    }

    public WatchHistory history() {
        return history;
    }

    /** {@code host:port}, or the path of a socket. */
    public String address() {
        return addressOf(uri);
    }

    /** {@code host:port}, or the path of a socket. */
    public static String addressOf(RedisURI uri) {
        return uri.getSocket() != null ? uri.getSocket() : uri.getHost() + ":" + uri.getPort();
    }

    byte[] recordKey() {
        return recordKey;
    }

    boolean inCluster() {
        return inCluster;
    }
}

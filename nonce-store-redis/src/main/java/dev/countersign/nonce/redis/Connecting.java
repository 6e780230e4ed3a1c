package dev.countersign.nonce.redis;

import dev.countersign.nonce.redis.cluster.ClusterTopology;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.topology.PrimaryLocator;
import dev.countersign.nonce.redis.topology.SentinelLocator;
import dev.countersign.nonce.redis.topology.SinglePrimary;
import dev.countersign.nonce.redis.topology.Topology;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import java.net.URI;
import java.util.List;

/** How a store gets its topology: by what its URI or its servers are. */
interface Connecting {
    /** The topology of one store. */
    Topology topology(StoreContext context, RedisClient client);

    /** One server, or a group under Sentinel. */
    static Connecting to(RedisURI uri) {
        return (context, client) -> new SinglePrimary(
                context,
                client,
                uri.getSentinels().isEmpty() ? PrimaryLocator.fixed(uri) : new SentinelLocator(client, uri));
    }

    /**
     * A Cluster.
     *
     * @param seeds some of its nodes
     * @throws IllegalArgumentException if there is none
     */
    static Connecting toCluster(List<RedisURI> seeds) {
        if (seeds.isEmpty()) {
            throw new IllegalArgumentException("a Cluster needs the address of at least one node");
        }
        return (context, client) -> new ClusterTopology(context, client, seeds);
    }

    /**
     * What a URI names.
     *
     * @throws IllegalArgumentException if it is no URI of Redis, or has a {@code /}, {@code ?} or {@code #} before an
     *     {@code @}. The message repeats nothing of the URI, which holds the password.
     */
    static Connecting to(String uri) {
        requireWholeAuthority(uri);
        try {
            return uri.startsWith("redis-cluster://") || uri.startsWith("rediss-cluster://")
                    ? toCluster(RedisClusterURIUtil.toRedisURIs(URI.create(uri.replaceFirst("-cluster:", ":"))))
                    : to(RedisURI.create(uri));
        } catch (RuntimeException unreadable) {
            throw new IllegalArgumentException(
                    "the Redis URI must look like redis://user:password@host:port/database or"
                            + " redis-sentinel://password@host:port,host:port/database#group or"
                            + " redis-cluster://user:password@host:port,host:port");
        }
    }

    /**
     * A delimiter in a password would end the authority, and the password's beginning would be taken for the host's
     * name.
     */
    private static void requireWholeAuthority(String uri) {
        int authority = uri.indexOf("//") + 2;
        for (int i = authority; i < uri.length(); i++) {
            if ("/?#".indexOf(uri.charAt(i)) >= 0) {
                if (uri.indexOf('@', i) >= 0) {
                    throw new IllegalArgumentException(
                            "the Redis URI has a '/', '?' or '#' before an '@': in a user name, a"
                                    + " password or a parameter write %2F, %3F, %23 and %40");
                }
                return;
            }
        }
    }
}

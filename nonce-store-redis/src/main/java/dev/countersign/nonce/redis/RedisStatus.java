package dev.countersign.nonce.redis;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link RedisNonceStore} is doing. Counters run since the store was built.
 *
 * @param available whether claims are sent; in a Cluster, whether all slots are served
 * @param outage why not, in words; null while available
 * @param server the address of the primary, or null before the first connection; in a Cluster, of one that is in trouble or
 *     else of any
 * @param version what Redis says its version is, or null before the first connection
 * @param evictionPolicy what Redis says its eviction policy is, or null before the first connection
 * @param watchingSince as {@link RedisNonceStore#watchingSince}
 * @param clockDifference Redis's clock less this node's, measured once a second to about half a round trip; null before
 *     the first connection
 * @param inFlight claims without an answer now
 * @param claims claims that were asked for, without those that found too many in flight
 * @param unknownOutcomes claims that were sent and whose answer never came, or came late, or that too few replicas confirmed:
 *     they may be stored
 * @param overloaded claims that failed because too many were in flight
 * @param scriptsReloaded how often Redis had lost the script
 * @param connections connections that were verified and used
 * @param outages how often an outage began
 * @param listenerFailures how often the listener threw
 */
public record RedisStatus(
        boolean available,
        @Nullable String outage,
        @Nullable String server,
        @Nullable String version,
        @Nullable String evictionPolicy,
        long watchingSince,
        @Nullable Duration clockDifference,
        int inFlight,
        long claims,
        long unknownOutcomes,
        long overloaded,
        long scriptsReloaded,
        long connections,
        long outages,
        long listenerFailures) {}

package dev.countersign.nonce.redis;

import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.nonce.redis.connection.ServerStatus;
import dev.countersign.nonce.redis.context.StoreCounters;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The status of a {@link RedisNonceStore}. The store is available while claims are sent; in a Cluster, while all slots
 * are served. The reason names the server in trouble and what to change. Counters begin when the store is built. Made
 * by the store only. Immutable and thread-safe.
 */
public final class RedisStatus extends StoreStatus {
    private final ServerStatus servers;
    private final long watchingSince;
    private final int inFlight;
    private final long claims;
    private final long unknownOutcomes;
    private final long overloaded;
    private final long scriptsReloaded;
    private final long connections;
    private final long outages;
    private final long listenerFailures;

    RedisStatus(StoreStatus status, ServerStatus servers, long watchingSince, int inFlight, StoreCounters counters) {
        super(status);
        this.servers = servers;
        this.watchingSince = watchingSince;
        this.inFlight = inFlight;
        this.claims = counters.claims.sum();
        this.unknownOutcomes = counters.unknownOutcomes.sum();
        this.overloaded = counters.overloaded.sum();
        this.scriptsReloaded = counters.scriptsReloaded.sum();
        this.connections = counters.connections.sum();
        this.outages = counters.outages.sum();
        this.listenerFailures = counters.listenerFailures.sum();
    }

    /**
     * The address of the primary; in a Cluster, of a primary in trouble, or of any. Empty before the first connection.
     */
    public Optional<String> server() {
        return Optional.ofNullable(servers.server());
    }

    /** The version of Redis; empty before the first connection. */
    public Optional<String> version() {
        return Optional.ofNullable(servers.version());
    }

    /** The eviction policy of Redis; empty before the first connection. */
    public Optional<String> evictionPolicy() {
        return Optional.ofNullable(servers.evictionPolicy());
    }

    /** As {@link RedisNonceStore#watchingSince}; empty for {@link NonceStore#ALWAYS}. */
    public Optional<Instant> watchingSince() {
        return watchingSince == NonceStore.ALWAYS
                ? Optional.empty()
                : Optional.of(Instant.ofEpochSecond(watchingSince));
    }

    /**
     * Redis's clock minus this node's, measured once a second, exact to about half a round trip; empty before the first
     * connection.
     */
    public Optional<Duration> clockDifference() {
        return Optional.ofNullable(servers.clockDifference());
    }

    /** Claims that wait for an answer now. */
    public int inFlight() {
        return inFlight;
    }

    /** Claims that were made, without those that failed because too many were in flight. */
    public long claims() {
        return claims;
    }

    /**
     * Claims that were sent and may be stored, although they failed: the answer did not come, came late, or too few
     * replicas confirmed it.
     */
    public long unknownOutcomes() {
        return unknownOutcomes;
    }

    /** Claims that failed because too many were in flight. */
    public long overloaded() {
        return overloaded;
    }

    /** How often Redis had lost the script. */
    public long scriptsReloaded() {
        return scriptsReloaded;
    }

    /** Connections that passed the check and were used. */
    public long connections() {
        return connections;
    }

    /** How often an outage began. */
    public long outages() {
        return outages;
    }

    /** How often the listener threw. */
    public long listenerFailures() {
        return listenerFailures;
    }
}

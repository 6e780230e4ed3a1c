package dev.countersign.nonce.redis;

import java.util.concurrent.CompletionStage;

/**
 * Which verified primary a claim goes to, and keeping it verified: one server, a group under Sentinel, or a Cluster.
 * Thread-safe.
 */
interface Topology {
    /**
     * Starts to connect, and goes on until closed.
     *
     * @return complete once all claims can be sent; failed with a {@link RefusedServerException} if a server is not set up
     *     for claims. It may never complete: servers that do not answer are asked again and again.
     */
    CompletionStage<Void> start();

    /** Sends a claim to the primary of its slot, or fails it at once. Never blocks, never throws. */
    void claim(ClaimCall call);

    /** The latest second from which any of the primaries is vouched for, as far as known. */
    long watchingSince();

    /** As {@link dev.countersign.api.store.NonceStore#isDown}: by looks, never by claims. */
    boolean isDown();

    /** Fills in what {@link RedisStatus} says of the servers. */
    ServerStatus status();

    /**
     * Ends all connections; what is in flight fails.
     *
     * @return complete once they are closed
     */
    CompletionStage<Void> close();
}

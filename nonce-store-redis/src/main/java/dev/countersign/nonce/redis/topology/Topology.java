package dev.countersign.nonce.redis.topology;

import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.connection.ServerStatus;
import java.util.concurrent.CompletionStage;

/**
 * Which checked primary a claim goes to, and keeping it checked: one server, a group under Sentinel, or a Cluster.
 * Thread-safe.
 */
public interface Topology {
    /**
     * Starts to connect, and goes on until closed.
     *
     * @return complete once all claims can be sent; failed with a refusal if a server is not set up for claims. It may
     *     never complete: servers that do not answer are asked again and again.
     */
    CompletionStage<Void> start();

    /** Sends a claim to the primary of its slot, or fails it at once. Never blocks, never throws. */
    void claim(ClaimCall call);

    /** The latest Unix second since which any of the primaries is watched, as far as known. */
    long watchingSince();

    /** Whether the place that claims go to is known to be down: by looks, never by claims. */
    boolean isDown();

    /** How the servers are doing. */
    ServerStatus status();

    /**
     * Ends all connections; what is in flight fails.
     *
     * @return complete once they are closed
     */
    CompletionStage<Void> close();
}

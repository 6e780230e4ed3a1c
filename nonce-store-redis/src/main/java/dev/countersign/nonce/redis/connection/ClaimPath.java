package dev.countersign.nonce.redis.connection;

import dev.countersign.nonce.redis.claim.ClaimCall;

/** How claims are sent on a connection: one by one, or in groups that replicas confirm. Thread-safe. */
interface ClaimPath {
    /** Sends a claim, or fails it. Never blocks, never throws. */
    void claim(ClaimCall call);

    /** The connection has ended: fails what is not sent yet. */
    void ended();
}

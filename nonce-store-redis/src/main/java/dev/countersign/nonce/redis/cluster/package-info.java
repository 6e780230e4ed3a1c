/** A Redis Cluster: who serves which slot, and claims whose slot moves. */
package dev.countersign.nonce.redis.cluster;

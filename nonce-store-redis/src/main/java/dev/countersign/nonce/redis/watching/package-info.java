/**
 * Since when a server is watched, which is to say since when its claims are complete: the watch record, the decision
 * over it, and what a store remembers.
 */
package dev.countersign.nonce.redis.watching;

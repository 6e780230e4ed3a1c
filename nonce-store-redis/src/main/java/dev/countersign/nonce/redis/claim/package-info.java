/**
 * What a claim asks, before it goes to a server: its keys, its device's quota, and which claims can have left Redis
 * already.
 */
package dev.countersign.nonce.redis.claim;

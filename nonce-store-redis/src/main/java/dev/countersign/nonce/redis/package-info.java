/**
 * A nonce store that many processes share: {@link dev.countersign.nonce.redis.RedisNonceStore} keeps replay tokens in
 * Redis, on connections of its own.
 */
package dev.countersign.nonce.redis;

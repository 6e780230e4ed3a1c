/** Which primary claims go to: one server, or the one that sentinels name. */
package dev.countersign.nonce.redis.topology;

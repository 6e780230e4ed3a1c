package dev.countersign.nonce.redis.connection;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the store's status says of its servers.
 *
 * @param outage why claims fail, in words; null if they do not
 * @param clockDifference the server's clock less this node's
 */
public record ServerStatus(
        @Nullable String outage,
        @Nullable String server,
        @Nullable String version,
        @Nullable String evictionPolicy,
        @Nullable Duration clockDifference) {}

package dev.countersign.nonce.redis;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a {@link RedisStatus} says of the servers. */
record ServerStatus(
        @Nullable String outage,
        @Nullable String server,
        @Nullable String version,
        @Nullable String evictionPolicy,
        @Nullable Duration clockDifference) {}

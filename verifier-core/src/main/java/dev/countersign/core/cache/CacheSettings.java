package dev.countersign.core.cache;

import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.engine.EcdsaP256Engine;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The settings of a key cache as {@link dev.countersign.core.KeyCacheBuilder} has checked them, which says what each
 * is.
 *
 * @param store what is remembered
 * @param engine what prepares keys
 * @param nanoTime the monotonic clock
 */
public record CacheSettings(
        PublicKeyStore store,
        EcdsaP256Engine engine,
        LongSupplier nanoTime,
        long maximumBytes,
        int maximumUnknown,
        Duration rememberUnknown,
        Duration pollInterval,
        Duration pollTimeLimit,
        Duration maxFeedLag,
        Duration outageTolerance,
        Duration refreshAfter,
        Duration expireAfter,
        Duration loadTimeLimit,
        int maxConcurrentLoads,
        int rechecksPerSecond) {}

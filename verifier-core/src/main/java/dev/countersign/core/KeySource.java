package dev.countersign.core;

import dev.countersign.api.store.PublicKeyStore;
import java.util.Objects;

/**
 * Where a verifier looks up devices and their keys: in a {@link KeyCache}, or in a store that it asks for each request.
 *
 * <p>It is sealed, so that a cache cannot be wrapped: the wrapper would lose the cache's second read before a
 * rejection.
 */
public sealed interface KeySource permits KeyCache, UncachedKeys {
    /**
     * Asks the store for each request. Use it with a store in memory.
     *
     * @param store the verifier does not close it
     */
    static KeySource uncached(PublicKeyStore store) {
        return new UncachedKeys(Objects.requireNonNull(store, "store"));
    }
}

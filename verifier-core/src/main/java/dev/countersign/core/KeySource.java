package dev.countersign.core;

import dev.countersign.api.store.PublicKeyStore;
import java.util.Objects;

/**
 * Where a verifier looks devices and their keys up: in a {@link KeyCache}, or in a store that it asks for each request. Sealed,
 * so that nobody puts a wrapper around a cache, which would lose what the cache does before a rejection.
 */
public sealed interface KeySource permits KeyCache, UncachedKeys {
    /**
     * The store itself, asked for each request: right for a store in memory.
     *
     * @param store stays the caller's
     */
    static KeySource uncached(PublicKeyStore store) {
        return new UncachedKeys(Objects.requireNonNull(store, "store"));
    }
}

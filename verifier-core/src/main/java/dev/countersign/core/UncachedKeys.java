package dev.countersign.core;

import dev.countersign.api.store.PublicKeyStore;

/** A store without a cache in front of it. */
record UncachedKeys(PublicKeyStore store) implements KeySource {}

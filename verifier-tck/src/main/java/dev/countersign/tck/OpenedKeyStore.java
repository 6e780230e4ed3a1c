package dev.countersign.tck;

import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.store.PublicKeyStore;
import java.util.Objects;

/**
 * A key store that a contract tests: as a verifier sees it, as an administration sees it, and how it is closed.
 *
 * @param keys finds what the registry writes
 * @param registry writes
 * @param owner is closed after each test, and by some tests before that: closing twice is one closing
 */
public record OpenedKeyStore(PublicKeyStore keys, DeviceRegistry registry, AutoCloseable owner) {
    /** Refuses missing parts. */
    public OpenedKeyStore {
        Objects.requireNonNull(keys, "keys");
        Objects.requireNonNull(registry, "registry");
        Objects.requireNonNull(owner, "owner");
    }

    /** One object that is all three. */
    public static <S extends PublicKeyStore & DeviceRegistry> OpenedKeyStore of(S store) {
        return new OpenedKeyStore(store, store, store);
    }
}

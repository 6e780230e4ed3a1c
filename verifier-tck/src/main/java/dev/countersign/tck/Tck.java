package dev.countersign.tck;

import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.PublicKeyStore;
import java.util.Map;

/**
 * The versions of these contracts and of the SPIs that they test. A store names them to say what it has passed.
 *
 * <p>A store that passed an earlier version may fail a later one, because of a fault that no test found before.
 */
public final class Tck {
    /** The version of the contracts. It grows with each release that has a new test, or a stricter one. */
    public static final int VERSION = 1;

    /**
     * The version of {@link NonceStore} that is tested. It grows with each method, and with each promise that stores
     * must keep.
     */
    public static final int NONCE_STORE = 1;

    /** The version of {@link PublicKeyStore} that is tested, growing as {@link #NONCE_STORE} does. */
    public static final int PUBLIC_KEY_STORE = 1;

    /** The version of {@link DeviceRegistry} that is tested, growing as {@link #NONCE_STORE} does. */
    public static final int DEVICE_REGISTRY = 1;

    private static final Map<Class<?>, Integer> SPIS = Map.of(
            NonceStore.class, NONCE_STORE,
            PublicKeyStore.class, PUBLIC_KEY_STORE,
            DeviceRegistry.class, DEVICE_REGISTRY);

    private Tck() {}

    /** The SPIs that these contracts test, each with its version. Unmodifiable. */
    public static Map<Class<?>, Integer> spis() {
        return SPIS;
    }
}

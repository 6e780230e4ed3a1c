package dev.countersign.core.engine;

import dev.countersign.api.device.DevicePublicKey;

/** A public key in the form in which an engine checks signatures. Thread-safe; shows no key material in toString(). */
public interface PreparedKey {
    /** The key that was prepared. */
    DevicePublicKey publicKey();

    /**
     * Roughly how many bytes of memory the prepared form takes at the moment, for a cache that is bounded by its size.
     * It may grow with use.
     */
    default int approximateBytes() {
        return 1024;
    }
}

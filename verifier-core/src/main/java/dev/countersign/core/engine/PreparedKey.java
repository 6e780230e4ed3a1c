package dev.countersign.core.engine;

import dev.countersign.api.DevicePublicKey;

/** A public key in the form in which an engine checks signatures. Thread-safe; shows no key material in toString(). */
public interface PreparedKey {
    /** The key that was prepared. */
    DevicePublicKey publicKey();
}

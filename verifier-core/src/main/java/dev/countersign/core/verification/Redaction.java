package dev.countersign.core.verification;

import dev.countersign.api.device.DeviceHash;
import dev.countersign.api.device.DeviceIdentity;

/** How a verifier names devices to listeners. Thread-safe. */
public final class Redaction {
    private final DeviceHash hash;

    /** @param key at least {@value DeviceHash#MIN_KEY_BYTES} bytes; copied */
    public Redaction(byte[] key) {
        this(DeviceHash.withKey(key));
    }

    private Redaction(DeviceHash hash) {
        this.hash = hash;
    }

    /** A key of the process. */
    public static Redaction withRandomKey() {
        return new Redaction(DeviceHash.withRandomKey());
    }

    String hash(DeviceIdentity device) {
        return hash.of(device);
    }
}

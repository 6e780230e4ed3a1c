package dev.countersign.core.verification;

import dev.countersign.api.device.DeviceIdentity;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Names devices in logs by a keyed hash: a bare hash of {@code device-123} could be guessed. Thread-safe. */
public final class Redaction {
    private static final String HMAC = "HmacSHA256";
    private static final int HASH_BYTES = 8;

    private final SecretKeySpec key;

    /** @param key copied */
    public Redaction(byte[] key) {
        this.key = new SecretKeySpec(key, HMAC);
    }

    /** A key of the process. */
    public static Redaction withRandomKey() {
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        return new Redaction(key);
    }

    /** The first 8 bytes of the HMAC, in hexadecimal; the lengths of the ids are hashed along. */
    String hash(DeviceIdentity device) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(key);
            update(mac, device.appId());
            update(mac, device.deviceId());
            return HexFormat.of().formatHex(mac.doFinal(), 0, HASH_BYTES);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every Java platform has HMAC-SHA256", impossible);
        }
    }

    private static void update(Mac mac, String id) {
        mac.update((byte) id.length());
        mac.update(id.getBytes(StandardCharsets.US_ASCII));
    }
}

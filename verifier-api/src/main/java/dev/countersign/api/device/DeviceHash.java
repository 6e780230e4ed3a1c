package dev.countersign.api.device;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The name of a device in logs. {@code VerificationEvent.deviceHash()} returns it. An operator computes it to find the
 * log lines of a device (operations, Logging, has a command line for that):
 *
 * <pre>{@code
 * String name = DeviceHash.withKey(redactionKey).of(new DeviceIdentity("com.acme.app", deviceId));
 * }</pre>
 *
 * <p>It is keyed because a plain hash of {@code device-123} can be guessed: the first 8 bytes, as 16 lower-case
 * hexadecimal digits, of HMAC-SHA256 under the deployment's redaction key over these bytes, without separators:
 *
 * <ol>
 *   <li>one byte: the length of the app id, 1 to 128
 *   <li>the app id in ASCII
 *   <li>one byte: the length of the device id, 1 to 128
 *   <li>the device id in ASCII as {@link DeviceIdentity} has it: a UUID in lower case, anything else as it is
 * </ol>
 *
 * <p>Immutable and thread-safe. {@code toString()} shows no key.
 */
public final class DeviceHash {
    /** The fewest bytes of a redaction key: a shorter one can be guessed. */
    public static final int MIN_KEY_BYTES = 16;

    private static final String HMAC = "HmacSHA256";
    private static final int HASH_BYTES = 8;
    private static final int RANDOM_KEY_BYTES = 32;

    private final SecretKeySpec key;

    private DeviceHash(byte[] key) {
        this.key = new SecretKeySpec(key, HMAC);
    }

    /**
     * Hashes under the {@code redactionKey} of a deployment's verifiers.
     *
     * @param redactionKey at least {@value #MIN_KEY_BYTES} bytes; copied
     * @throws IllegalArgumentException if it is shorter
     */
    public static DeviceHash withKey(byte[] redactionKey) {
        if (redactionKey.length < MIN_KEY_BYTES) {
            throw new IllegalArgumentException(
                    "a redaction key has at least " + MIN_KEY_BYTES + " bytes: a shorter one can be guessed");
        }
        return new DeviceHash(redactionKey);
    }

    /** Hashes under a new random key, as a verifier without a {@code redactionKey} does. */
    public static DeviceHash withRandomKey() {
        byte[] key = new byte[RANDOM_KEY_BYTES];
        new SecureRandom().nextBytes(key);
        return new DeviceHash(key);
    }

    /** The hash of a device: 16 lower-case hexadecimal digits. */
    public String of(DeviceIdentity device) {
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

    @Override
    public String toString() {
        return "DeviceHash[HMAC-SHA256]";
    }

    private static void update(Mac mac, String id) {
        mac.update((byte) id.length());
        mac.update(id.getBytes(StandardCharsets.US_ASCII));
    }
}

package dev.countersign.api.device;

import dev.countersign.api.wire.KeyedHash;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The public key of a device: a point of the curve P-256, checked to lie on it and not to be infinity, in one
 * normalised form. There is no way to hold one that has not been checked, so no store and no engine ever sees an
 * unchecked key.
 *
 * <p>Accepted forms (protocol, Keys): the uncompressed and the compressed point, SubjectPublicKeyInfo in DER, PEM,
 * and the coordinates of a JWK. Two keys are equal when they are the same point, whatever form they came in.
 *
 * <p>Immutable and thread-safe. {@code toString()} shows no key material. Every factory throws
 * {@link InvalidPublicKeyException} with a message that says what to change, and which does not repeat the input.
 */
public final class DevicePublicKey {
    private final byte[] point;
    private final byte[] fingerprint;
    private final int hash;

    private DevicePublicKey(byte[] checkedPoint) {
        this.point = checkedPoint;
        this.fingerprint = sha256(checkedPoint);
        ByteBuffer words = ByteBuffer.wrap(fingerprint);
        this.hash = KeyedHash.ofLongs(words.getLong(), words.getLong());
    }

    /**
     * Reads a point.
     *
     * @param encoded an uncompressed point (65 bytes, 04 x y) or a compressed one (33 bytes, 02 or 03 and x)
     */
    public static DevicePublicKey ofPoint(byte[] encoded) {
        return new DevicePublicKey(PublicKeyForms.fromPoint(encoded));
    }

    /**
     * Reads a SubjectPublicKeyInfo.
     *
     * @param der with the named curve prime256v1
     */
    public static DevicePublicKey ofSpki(byte[] der) {
        return new DevicePublicKey(PublicKeyForms.fromSpki(der));
    }

    /**
     * Reads a PEM block.
     *
     * @param pem one block {@code -----BEGIN PUBLIC KEY-----}
     */
    public static DevicePublicKey ofPem(String pem) {
        return new DevicePublicKey(PublicKeyForms.fromPem(pem));
    }

    /**
     * Reads the coordinates as a JWK (RFC 7517) writes them: 32 bytes each, Base64url without padding. Whoever reads the JWK
     * checks that {@code kty} is EC, {@code crv} is P-256, and no private part {@code d} is there.
     *
     * @param x the member {@code x}
     * @param y the member {@code y}
     */
    public static DevicePublicKey ofJwkCoordinates(String x, String y) {
        return new DevicePublicKey(PublicKeyForms.fromJwkCoordinates(x, y));
    }

    /**
     * Reads text in whichever form it is: PEM, or the padded standard Base64 of a point or of a
     * SubjectPublicKeyInfo.
     */
    public static DevicePublicKey parse(String text) {
        return new DevicePublicKey(PublicKeyForms.fromText(text));
    }

    /** The uncompressed point, 65 bytes: 04, x, y. A copy. */
    public byte[] toPoint() {
        return point.clone();
    }

    /** SHA-256 of the uncompressed point, 32 bytes: what replay tokens name a key by. A copy; not for logs. */
    public byte[] fingerprint() {
        return fingerprint.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DevicePublicKey key
                && Arrays.equals(fingerprint, key.fingerprint)
                && Arrays.equals(point, key.point);
    }

    /** Under a secret of this process: an owner of many keys can try them until some bits of a known hash are as he wants. */
    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return "DevicePublicKey[P-256]";
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}

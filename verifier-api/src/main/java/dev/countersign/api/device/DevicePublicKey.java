package dev.countersign.api.device;

import dev.countersign.api.wire.KeyedHash;
import dev.countersign.api.wire.P256;
import dev.countersign.api.wire.SignatureDer;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import java.util.Base64;

/**
 * The public key of a device: a point of the curve P-256, checked to lie on it and not to be infinity, in one
 * normalised form. There is no way to hold one that has not been checked, so no store and no engine ever sees an
 * unchecked key.
 *
 * <p>Accepted forms (protocol, Keys): the uncompressed and the compressed point, SubjectPublicKeyInfo in DER, PEM,
 * and the coordinates of a JWK. Two keys are equal when they are the same point, whatever form they came in. The ways
 * out are the same forms, always with the uncompressed point: what one of them gives, its factory reads as the same key.
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
     * Reads the coordinates as a JWK (RFC 7517) writes them: 32 bytes each, Base64url without padding. The caller
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

    /**
     * The SubjectPublicKeyInfo in DER, 91 bytes: the named curve prime256v1 and the uncompressed point. A new array each
     * time. Its Base64 between the two lines of {@code PUBLIC KEY} is PEM.
     */
    public byte[] toSpki() {
        return PublicKeyForms.toSpki(point);
    }

    /** The coordinates as a JWK writes them. */
    public JwkCoordinates toJwkCoordinates() {
        return new JwkCoordinates(coordinate(1), coordinate(1 + P256.FIELD_BYTES));
    }

    /**
     * The key as an object of the JCA, made by the first security provider that makes EC keys. For its bytes, use
     * {@link #toSpki()}: what {@code getEncoded()} gives is the provider's choice.
     *
     * @throws IllegalStateException if no provider of this Java platform knows P-256
     */
    public ECPublicKey toJca() {
        return PlatformEcdsa.publicKey(toSpki());
    }

    /**
     * Verifies one ECDSA signature with SHA-256 under this key, for the proof of possession when a key is registered, and
     * for the rotation, in which the old key signs the 65 bytes of the new one (protocol, Keys). The signature is DER,
     * read strictly: definite short lengths, numbers minimal and from 1 to n−1, nothing behind them. A high s is valid; the
     * raw 64 bytes r‖s are not DER.
     *
     * <p>Anything that a client sends gets an answer: what is malformed is false, as what does not verify. A use for the
     * rare calls of enrolment only: keys and signatures go through the security providers of the platform, which costs from
     * a tenth of a millisecond to a few. Requests are verified by the engines of the verifier. SunEC of JDK 17 says false to
     * a valid signature whose point has an x of at least n; by chance that is one in 2^130.
     *
     * @param message any bytes, which are hashed once; not changed, and not by others during the call
     * @param derSignature any bytes
     * @throws IllegalStateException if no provider of this Java platform knows ECDSA on P-256
     */
    public boolean verify(byte[] message, byte[] derSignature) {
        byte[] raw = SignatureDer.toRaw(derSignature);
        return raw != null && PlatformEcdsa.verify(toJca(), message, SignatureDer.fromRaw(raw));
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

    private String coordinate(int from) {
        byte[] bytes = Arrays.copyOfRange(point, from, from + P256.FIELD_BYTES);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}

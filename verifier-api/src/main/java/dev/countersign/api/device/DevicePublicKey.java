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
 * The public key of a device: a point of the curve P-256. Every factory checks that the point lies on the curve and is
 * not infinity, so stores and engines never get an unchecked key.
 *
 * <pre>{@code
 * DevicePublicKey key = DevicePublicKey.parse(text);                     // PEM or Base64, as a client sends it
 * boolean possesses = key.verify(challenge, signature);
 * byte[] der = key.toSpki();
 * }</pre>
 *
 * <p>Accepted forms (protocol, Keys): the uncompressed and the compressed point, SubjectPublicKeyInfo in DER, PEM, and
 * the coordinates of a JWK. Two keys are equal if they are the same point, in whatever form they were read. The
 * {@code to…} methods write the same forms, always with the uncompressed point.
 *
 * <p>Immutable and thread-safe. {@code toString()} shows no key material. Every factory throws
 * {@link InvalidPublicKeyException} for a key that it does not accept. The message says what to change and does not
 * repeat the input.
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
     * @param der the DER encoding, with the named curve prime256v1
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

    /** Reads text: PEM, or the padded standard Base64 of a point or of a SubjectPublicKeyInfo. */
    public static DevicePublicKey parse(String text) {
        return new DevicePublicKey(PublicKeyForms.fromText(text));
    }

    /** The uncompressed point, 65 bytes: 04, x, y. A copy. */
    public byte[] toPoint() {
        return point.clone();
    }

    /**
     * The SubjectPublicKeyInfo in DER, 91 bytes: the named curve prime256v1 and the uncompressed point. Each call
     * returns a new array. For PEM, put its Base64 between the two lines of {@code PUBLIC KEY}.
     */
    public byte[] toSpki() {
        return PublicKeyForms.toSpki(point);
    }

    /** The coordinates as a JWK writes them. */
    public JwkCoordinates toJwkCoordinates() {
        return new JwkCoordinates(coordinate(1), coordinate(1 + P256.FIELD_BYTES));
    }

    /**
     * The key as an object of the JCA, made by the first security provider that supports EC keys. For its bytes use
     * {@link #toSpki()}, because the form that {@code getEncoded()} returns depends on the provider.
     *
     * @throws IllegalStateException if no provider of this Java platform knows P-256
     */
    public ECPublicKey toJca() {
        return PlatformEcdsa.publicKey(toSpki());
    }

    /**
     * Verifies an ECDSA signature with SHA-256 under this key. Use it when a key is registered, for the proof of
     * possession, and for a rotation, in which the old key signs the 65 bytes of the new one (protocol, Keys).
     *
     * <p>The signature must be strict DER: definite short lengths, minimal numbers from 1 to n−1, no further bytes. A
     * high s is valid. The raw 64 bytes r‖s are not DER. A malformed signature gives false and no exception.
     *
     * <p>This method is for enrolment and not for requests, which the verifier's engine verifies. It uses the security
     * providers of the platform and takes from a tenth of a millisecond to a few. SunEC of JDK 17 returns false for a
     * valid signature whose point has an x of at least n, which happens by chance once in 2^130.
     *
     * @param message any bytes; hashed once and not changed. No other thread may change them during the call
     * @param derSignature any bytes
     * @throws IllegalStateException if no provider of this Java platform knows ECDSA on P-256
     */
    public boolean verify(byte[] message, byte[] derSignature) {
        byte[] raw = SignatureDer.toRaw(derSignature);
        return raw != null && PlatformEcdsa.verify(toJca(), message, SignatureDer.fromRaw(raw));
    }

    /** SHA-256 of the uncompressed point, 32 bytes. It stands for the key in replay tokens. A copy; do not log it. */
    public byte[] fingerprint() {
        return fingerprint.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DevicePublicKey key
                && Arrays.equals(fingerprint, key.fingerprint)
                && Arrays.equals(point, key.point);
    }

    /**
     * A hash under a random secret of this process, because an attacker can search for keys with a certain plain hash.
     */
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

package dev.countersign.api.device;

import dev.countersign.api.wire.P256;
import dev.countersign.api.wire.StrictBase64;
import java.util.Arrays;

/** Reads every form in which a P-256 public key is accepted into the 65 bytes of its uncompressed point, and back. */
final class PublicKeyForms {
    private static final int COMPRESSED_BYTES = 33;

    /** SubjectPublicKeyInfo in front of an uncompressed point: id-ecPublicKey, prime256v1, BIT STRING of 66 bytes. */
    private static final byte[] SPKI_UNCOMPRESSED = {
        0x30,
        0x59,
        0x30,
        0x13,
        0x06,
        0x07,
        0x2A,
        (byte) 0x86,
        0x48,
        (byte) 0xCE,
        0x3D,
        0x02,
        0x01,
        0x06,
        0x08,
        0x2A,
        (byte) 0x86,
        0x48,
        (byte) 0xCE,
        0x3D,
        0x03,
        0x01,
        0x07,
        0x03,
        0x42,
        0x00
    };

    /** The same in front of a compressed point. */
    private static final byte[] SPKI_COMPRESSED = {
        0x30,
        0x39,
        0x30,
        0x13,
        0x06,
        0x07,
        0x2A,
        (byte) 0x86,
        0x48,
        (byte) 0xCE,
        0x3D,
        0x02,
        0x01,
        0x06,
        0x08,
        0x2A,
        (byte) 0x86,
        0x48,
        (byte) 0xCE,
        0x3D,
        0x03,
        0x01,
        0x07,
        0x03,
        0x22,
        0x00
    };

    private static final String PEM_BEGIN = "-----BEGIN PUBLIC KEY-----";
    private static final String PEM_END = "-----END PUBLIC KEY-----";
    private static final int MAX_TEXT = 8192;

    private PublicKeyForms() {}

    /** An uncompressed (65 bytes) or compressed (33 bytes) point. */
    public static byte[] fromPoint(byte[] encoded) {
        if (encoded.length == P256.POINT_BYTES && encoded[0] == 4) {
            if (!P256.isOnCurve(encoded)) {
                throw new InvalidPublicKeyException("the point is not on the curve P-256");
            }
            return encoded.clone();
        }
        if (encoded.length == COMPRESSED_BYTES && (encoded[0] == 2 || encoded[0] == 3)) {
            byte[] point = P256.decompress(encoded);
            if (point == null) {
                throw new InvalidPublicKeyException("no point of the curve P-256 has this compressed form");
            }
            return point;
        }
        if (encoded.length == 1 && encoded[0] == 0) {
            throw new InvalidPublicKeyException("the point at infinity is not a public key");
        }
        if (encoded.length == P256.POINT_BYTES - 1) {
            throw new InvalidPublicKeyException("64 bytes: put the byte 04 in front of the coordinates x and y");
        }
        throw new InvalidPublicKeyException("expected a P-256 point: 65 bytes that start with 04, or 33 bytes that"
                + " start with 02 or 03; got " + encoded.length + " bytes");
    }

    /** A DER SubjectPublicKeyInfo with the named curve prime256v1. */
    public static byte[] fromSpki(byte[] der) {
        for (byte[] prefix : new byte[][] {SPKI_UNCOMPRESSED, SPKI_COMPRESSED}) {
            int pointBytes = prefix == SPKI_UNCOMPRESSED ? P256.POINT_BYTES : COMPRESSED_BYTES;
            if (der.length == prefix.length + pointBytes && startsWith(der, prefix)) {
                return fromPoint(Arrays.copyOfRange(der, prefix.length, der.length));
            }
        }
        throw new InvalidPublicKeyException("expected a DER SubjectPublicKeyInfo of an EC key on the named curve"
                + " prime256v1 (P-256); other algorithms, curves and explicit parameters are not accepted");
    }

    /** The SubjectPublicKeyInfo of an uncompressed point. */
    static byte[] toSpki(byte[] point) {
        byte[] der = Arrays.copyOf(SPKI_UNCOMPRESSED, SPKI_UNCOMPRESSED.length + point.length);
        System.arraycopy(point, 0, der, SPKI_UNCOMPRESSED.length, point.length);
        return der;
    }

    /**
     * A PEM block {@code PUBLIC KEY}; white space around the block is free, and so are spaces, tabs and line ends
     * inside it.
     */
    public static byte[] fromPem(String pem) {
        if (pem.length() > MAX_TEXT) {
            throw tooLong();
        }
        String text = pem.strip();
        if (text.contains("PRIVATE KEY")) {
            throw new InvalidPublicKeyException(
                    "this is a private key: register the public key, and treat the" + " private one as disclosed");
        }
        if (text.length() < PEM_BEGIN.length() + PEM_END.length()
                || !text.startsWith(PEM_BEGIN)
                || !text.endsWith(PEM_END)) {
            throw new InvalidPublicKeyException("expected one PEM block from '" + PEM_BEGIN + "' to '" + PEM_END + "'");
        }
        StringBuilder base64 = new StringBuilder();
        for (int i = PEM_BEGIN.length(); i < text.length() - PEM_END.length(); i++) {
            char c = text.charAt(i);
            if (c != '\n' && c != '\r' && c != ' ' && c != '\t') {
                base64.append(c);
            }
        }
        byte[] der = StrictBase64.decode(base64.toString());
        if (der == null) {
            throw new InvalidPublicKeyException("the PEM block does not hold Base64");
        }
        return fromSpki(der);
    }

    /** The coordinates of a JWK: 32 bytes each, Base64url without padding. */
    public static byte[] fromJwkCoordinates(String x, String y) {
        byte[] point = new byte[P256.POINT_BYTES];
        point[0] = 4;
        putCoordinate(x, "x", point, 1);
        putCoordinate(y, "y", point, 1 + P256.FIELD_BYTES);
        return fromPoint(point);
    }

    /** Text in any form: PEM, or the Base64 of a point or of a SubjectPublicKeyInfo. */
    public static byte[] fromText(String text) {
        if (text.length() > MAX_TEXT) {
            throw tooLong();
        }
        String stripped = text.strip();
        if (stripped.startsWith("-----")) {
            return fromPem(stripped);
        }
        if (stripped.startsWith("{")) {
            throw new InvalidPublicKeyException(
                    "this looks like JSON: for a JWK, pass its members \"x\" and \"y\" to ofJwkCoordinates");
        }
        byte[] bytes = StrictBase64.decode(stripped);
        if (bytes == null) {
            throw new InvalidPublicKeyException("expected Base64 (standard alphabet, padded) of a P-256 point or of a"
                    + " SubjectPublicKeyInfo, or a PEM block");
        }
        boolean spki = bytes.length > P256.POINT_BYTES || (bytes.length > 0 && bytes[0] == 0x30);
        return spki ? fromSpki(bytes) : fromPoint(bytes);
    }

    private static void putCoordinate(String base64Url, String name, byte[] point, int offset) {
        byte[] bytes = StrictBase64.decodeUrl(base64Url);
        if (bytes == null || bytes.length != P256.FIELD_BYTES) {
            throw new InvalidPublicKeyException(
                    "the JWK member \"" + name + "\" must be the unpadded Base64url of exactly 32 bytes");
        }
        System.arraycopy(bytes, 0, point, offset, P256.FIELD_BYTES);
    }

    private static boolean startsWith(byte[] bytes, byte[] prefix) {
        return Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static InvalidPublicKeyException tooLong() {
        return new InvalidPublicKeyException("a public key's text has at most " + MAX_TEXT + " characters");
    }
}

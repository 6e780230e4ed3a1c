package dev.countersign.conformance.signing;

import dev.countersign.conformance.suite.Hex;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.util.BigIntegers;

/**
 * A P-256 key pair of the suite, with its public key in every form. These keys are published: they protect nothing.
 *
 * @param d the private number, 1 ≤ d ≤ n−1
 */
public record P256Key(BigInteger d) {
    /** The curve. */
    public static final X9ECParameters CURVE = CustomNamedCurves.getByName("secp256r1");

    /** Order of the curve's group. */
    public static final BigInteger N = CURVE.getN();

    /** Refuses a number out of range. */
    public P256Key {
        if (d.signum() <= 0 || d.compareTo(N) >= 0) {
            throw new IllegalArgumentException("a private key is from 1 to n-1");
        }
    }

    /** The key of that name: its number is made from SHA-256 of a label and the name. */
    public static P256Key named(String name) {
        return ofHash(Hex.sha256(("countersign conformance key\n" + name).getBytes(StandardCharsets.UTF_8)));
    }

    /** The key whose number is a hash, taken modulo n − 1, plus 1. */
    public static P256Key ofHash(byte[] hash) {
        return new P256Key(
                new BigInteger(1, hash).mod(N.subtract(BigInteger.ONE)).add(BigInteger.ONE));
    }

    /** The public point. */
    public ECPoint publicPoint() {
        return timesBasePoint(d);
    }

    /** A multiple of the curve's base point, by tables that are made once. */
    public static ECPoint timesBasePoint(BigInteger factor) {
        return new FixedPointCombMultiplier().multiply(CURVE.getG(), factor).normalize();
    }

    /** The 65 bytes of the uncompressed point. */
    public byte[] point() {
        return publicPoint().getEncoded(false);
    }

    /** The 33 bytes of the compressed point. */
    public byte[] compressed() {
        return publicPoint().getEncoded(true);
    }

    /** SubjectPublicKeyInfo, DER. */
    public byte[] spki() {
        return concat(Hex.parse("3059301306072a8648ce3d020106082a8648ce3d030107034200"), point());
    }

    /** SubjectPublicKeyInfo, PEM with lines of 64 characters. */
    public String pem() {
        Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
        return "-----BEGIN PUBLIC KEY-----\n" + lines.encodeToString(spki()) + "\n-----END PUBLIC KEY-----\n";
    }

    /** The public key as a JWK. */
    public String jwk() {
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        byte[] point = point();
        byte[] x = java.util.Arrays.copyOfRange(point, 1, 33);
        byte[] y = java.util.Arrays.copyOfRange(point, 33, 65);
        return "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + base64.encodeToString(x) + "\",\"y\":\""
                + base64.encodeToString(y) + "\"}";
    }

    /** The private key as PKCS#8, DER, with the public key in it. */
    public byte[] pkcs8() {
        return concat(
                Hex.parse("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420"),
                BigIntegers.asUnsignedByteArray(32, d),
                Hex.parse("a144034200"),
                point());
    }

    /** The key's signature over a digest, as RFC 6979 makes it; other attempts give others, as unpredictable. */
    public RawSignature sign(byte[] digest, int attempt) {
        return Rfc6979.sign(this, digest, attempt);
    }

    /** Shows the public half only. */
    @Override
    public String toString() {
        return "P256Key[" + Hex.of(compressed()) + "]";
    }

    static byte[] concat(byte[]... parts) {
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}

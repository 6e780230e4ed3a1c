package dev.countersign.conformance.generator;

import dev.countersign.conformance.signing.P256Key;
import dev.countersign.conformance.signing.RawSignature;
import java.math.BigInteger;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.util.BigIntegers;

/**
 * A valid signature with chosen numbers. A verifier adds u1·G and u2·Q, where u1 = e/s and u2 = r/s, and compares the x
 * of the sum R with r; here the numbers are chosen first, and the key follows from them.
 *
 * @param key the public key Q
 * @param e the digest as a number, not reduced
 * @param signature r and s
 */
record EdgeSignature(ECPoint key, BigInteger e, RawSignature signature) {
    static final BigInteger N = P256Key.N;
    static final BigInteger P = P256Key.CURVE.getCurve().getField().getCharacteristic();

    /** The signature of a private key d with a chosen k. */
    static EdgeSignature of(BigInteger d, BigInteger k, BigInteger e) {
        BigInteger r = x(P256Key.timesBasePoint(k)).mod(N);
        BigInteger s = k.modInverse(N).multiply(e.add(r.multiply(d))).mod(N);
        return new EdgeSignature(P256Key.timesBasePoint(d), e, new RawSignature(r, s));
    }

    /** The key under which (x(R) mod n, s) is valid for e: Q = (s·R − e·G)/r. Nobody knows its private number. */
    static EdgeSignature of(ECPoint sum, BigInteger s, BigInteger e) {
        BigInteger r = x(sum).mod(N);
        ECPoint key = sum.multiply(s).subtract(P256Key.timesBasePoint(e.mod(N))).multiply(r.modInverse(N));
        return new EdgeSignature(key.normalize(), e, new RawSignature(r, s));
    }

    /** The first point at or after this x, going up or down, that is on the curve; the one of both with an even y. */
    static ECPoint pointNear(BigInteger x, int step) {
        for (BigInteger at = x; ; at = at.add(BigInteger.valueOf(step))) {
            byte[] compressed = new byte[33];
            compressed[0] = 2;
            System.arraycopy(BigIntegers.asUnsignedByteArray(32, at), 0, compressed, 1, 32);
            try {
                return P256Key.CURVE.getCurve().decodePoint(compressed);
            } catch (IllegalArgumentException notOnCurve) {
                // The next x: every second one is on the curve.
            }
        }
    }

    /** The same key and digest under another signature. */
    EdgeSignature with(RawSignature other) {
        return new EdgeSignature(key, e, other);
    }

    /** The same key and signature over another digest. */
    EdgeSignature over(BigInteger digest) {
        return new EdgeSignature(key, digest, signature);
    }

    /** The digest, 32 bytes. */
    byte[] digest() {
        return BigIntegers.asUnsignedByteArray(32, e);
    }

    private static BigInteger x(ECPoint point) {
        return point.normalize().getAffineXCoord().toBigInteger();
    }
}

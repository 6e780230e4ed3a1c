package dev.countersign.core.engine;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * What engines are compared with: the definition of ECDSA over P-256 in affine coordinates, by chord and tangent, doubling
 * and adding one bit at a time. Shares nothing with what it judges, remembers nothing, and takes some 7 ms a check.
 */
final class TextbookP256 {
    static final BigInteger P =
            new BigInteger("115792089210356248762697446949407573530086143415290314195533631308867097853951");
    static final BigInteger N =
            new BigInteger("115792089210356248762697446949407573529996955224135760342422259061068512044369");
    private static final BigInteger THREE = BigInteger.valueOf(3);
    private static final BigInteger B =
            new BigInteger("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16);
    static final Point G = new Point(
            new BigInteger("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296", 16),
            new BigInteger("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5", 16));

    private TextbookP256() {}

    /** A point other than infinity, which is null here. */
    record Point(BigInteger x, BigInteger y) {
        boolean isOnCurve() {
            BigInteger right = x.pow(3).subtract(THREE.multiply(x)).add(B);
            return y.pow(2).subtract(right).mod(P).signum() == 0;
        }
    }

    /** 4.1.4 of SEC 1, for a key that lies on the curve. */
    static boolean isValid(Point key, BigInteger digest, BigInteger r, BigInteger s) {
        if (!isInRange(r) || !isInRange(s)) {
            return false;
        }
        BigInteger inverse = s.modInverse(N);
        BigInteger u1 = digest.multiply(inverse).mod(N);
        BigInteger u2 = r.multiply(inverse).mod(N);
        Point sum = add(multiply(u1, G), multiply(u2, key));
        return sum != null && sum.x().mod(N).equals(r);
    }

    private static boolean isInRange(BigInteger number) {
        return number.signum() > 0 && number.compareTo(N) < 0;
    }

    static @Nullable Point multiply(BigInteger factor, Point point) {
        Point product = null;
        for (int bit = factor.bitLength() - 1; bit >= 0; bit--) {
            product = add(product, product);
            if (factor.testBit(bit)) {
                product = add(product, point);
            }
        }
        return product;
    }

    static @Nullable Point add(@Nullable Point a, @Nullable Point b) {
        if (a == null) {
            return b;
        }
        if (b == null) {
            return a;
        }
        BigInteger slope;
        if (a.x().equals(b.x())) {
            if (a.y().add(b.y()).mod(P).signum() == 0) {
                return null;
            }
            slope = THREE.multiply(a.x().pow(2))
                    .subtract(THREE)
                    .multiply(a.y().shiftLeft(1).modInverse(P));
        } else {
            slope = b.y().subtract(a.y()).multiply(b.x().subtract(a.x()).modInverse(P));
        }
        BigInteger x = slope.pow(2).subtract(a.x()).subtract(b.x()).mod(P);
        BigInteger y = slope.multiply(a.x().subtract(x)).subtract(a.y()).mod(P);
        return new Point(x, y);
    }
}

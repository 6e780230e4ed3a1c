package dev.countersign.api.wire;

import java.math.BigInteger;

/** The group of P-256 by the schoolbook, for tests: points from chosen scalars, so that a failure can be repeated. */
public final class SlowP256 {
    public static final BigInteger P = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    public static final BigInteger N = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    private static final BigInteger GX = hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
    private static final BigInteger GY = hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");

    private SlowP256() {}

    /** The affine coordinates of {@code k} times the generator; k in 1 to n−1. */
    public static BigInteger[] multiple(BigInteger k) {
        BigInteger[] sum = {GX, GY};
        for (int i = k.bitLength() - 2; i >= 0; i--) {
            sum = add(sum, sum);
            if (k.testBit(i)) {
                sum = add(sum, new BigInteger[] {GX, GY});
            }
        }
        return sum;
    }

    /** The uncompressed form of {@code seed} as a scalar, folded into the range. */
    public static byte[] point(long seed) {
        BigInteger k =
                BigInteger.valueOf(seed).pow(5).mod(N.subtract(BigInteger.ONE)).add(BigInteger.ONE);
        BigInteger[] xy = multiple(k);
        return uncompressed(xy[0], xy[1]);
    }

    public static byte[] uncompressed(BigInteger x, BigInteger y) {
        byte[] point = new byte[65];
        point[0] = 4;
        put(x, point, 33);
        put(y, point, 65);
        return point;
    }

    /** Writes the low 32 bytes, so that they end at {@code end}. */
    public static void put(BigInteger value, byte[] to, int end) {
        byte[] bytes = value.toByteArray();
        int length = Math.min(32, bytes.length);
        System.arraycopy(bytes, bytes.length - length, to, end - length, length);
    }

    private static BigInteger[] add(BigInteger[] a, BigInteger[] b) {
        BigInteger slope = a[0].equals(b[0])
                ? a[0].pow(2)
                        .subtract(BigInteger.ONE)
                        .multiply(BigInteger.valueOf(3))
                        .multiply(a[1].shiftLeft(1).modInverse(P))
                : b[1].subtract(a[1]).multiply(b[0].subtract(a[0]).mod(P).modInverse(P));
        BigInteger x = slope.pow(2).subtract(a[0]).subtract(b[0]).mod(P);
        return new BigInteger[] {
            x, slope.multiply(a[0].subtract(x)).subtract(a[1]).mod(P)
        };
    }

    private static BigInteger hex(String digits) {
        return new BigInteger(digits, 16);
    }
}

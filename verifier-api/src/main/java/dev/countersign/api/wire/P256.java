package dev.countersign.api.wire;

import java.math.BigInteger;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The curve P-256 (secp256r1) as far as checking and normalising a public key needs it. */
public final class P256 {
    private static final BigInteger P =
            new BigInteger("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16);
    private static final BigInteger B =
            new BigInteger("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16);
    private static final BigInteger N =
            new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);
    private static final BigInteger THREE = BigInteger.valueOf(3);
    private static final byte[] ORDER = fixed32(N);

    /** Bytes of a coordinate or of a scalar. */
    public static final int FIELD_BYTES = 32;

    /** Bytes of an uncompressed point: 04, x, y. */
    public static final int POINT_BYTES = 65;

    private P256() {}

    /**
     * Whether the 32 bytes at {@code offset}, read big-endian, are in 1 to n−1. Not constant-time: signatures are
     * public.
     */
    public static boolean isScalarInRange(byte[] bytes, int offset) {
        boolean zero = true;
        for (int i = 0; i < FIELD_BYTES; i++) {
            zero &= bytes[offset + i] == 0;
        }
        return !zero && Arrays.compareUnsigned(bytes, offset, offset + FIELD_BYTES, ORDER, 0, FIELD_BYTES) < 0;
    }

    /** Whether {@code point} is 04 followed by the coordinates of a point on the curve, each below p. */
    public static boolean isOnCurve(byte[] point) {
        if (point.length != POINT_BYTES || point[0] != 4) {
            return false;
        }
        BigInteger x = new BigInteger(1, point, 1, FIELD_BYTES);
        BigInteger y = new BigInteger(1, point, 1 + FIELD_BYTES, FIELD_BYTES);
        return x.compareTo(P) < 0 && y.compareTo(P) < 0 && y.multiply(y).mod(P).equals(rightHandSide(x));
    }

    /** The uncompressed form of a compressed point (02 or 03, x); null when no point of the curve has it. */
    public static byte @Nullable [] decompress(byte[] compressed) {
        if (compressed.length != 1 + FIELD_BYTES || (compressed[0] != 2 && compressed[0] != 3)) {
            return null;
        }
        BigInteger x = new BigInteger(1, compressed, 1, FIELD_BYTES);
        if (x.compareTo(P) >= 0) {
            return null;
        }
        // p ≡ 3 (mod 4), so a root of a square s is s^((p+1)/4); y is never 0, the group's order being odd.
        BigInteger square = rightHandSide(x);
        BigInteger y = square.modPow(P.add(BigInteger.ONE).shiftRight(2), P);
        if (!y.multiply(y).mod(P).equals(square)) {
            return null;
        }
        if (y.testBit(0) != (compressed[0] == 3)) {
            y = P.subtract(y);
        }
        byte[] point = new byte[POINT_BYTES];
        point[0] = 4;
        System.arraycopy(compressed, 1, point, 1, FIELD_BYTES);
        System.arraycopy(fixed32(y), 0, point, 1 + FIELD_BYTES, FIELD_BYTES);
        return point;
    }

    private static BigInteger rightHandSide(BigInteger x) {
        return x.multiply(x).subtract(THREE).multiply(x).add(B).mod(P);
    }

    private static byte[] fixed32(BigInteger value) {
        byte[] raw = value.toByteArray();
        byte[] fixed = new byte[FIELD_BYTES];
        int length = Math.min(raw.length, FIELD_BYTES);
        System.arraycopy(raw, raw.length - length, fixed, FIELD_BYTES - length, length);
        return fixed;
    }
}

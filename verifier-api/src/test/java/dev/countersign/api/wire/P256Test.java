package dev.countersign.api.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class P256Test {
    private static final BigInteger P = SlowP256.P;
    private static final BigInteger N = SlowP256.N;

    @Test
    void theTestsOwnCurveIsTheJdks() throws Exception {
        AlgorithmParameters named = AlgorithmParameters.getInstance("EC");
        named.init(new ECGenParameterSpec("secp256r1"));
        ECParameterSpec jdk = named.getParameterSpec(ECParameterSpec.class);
        assertEquals(jdk.getOrder(), N);
        BigInteger[] generator = SlowP256.multiple(BigInteger.ONE);
        assertEquals(jdk.getGenerator().getAffineX(), generator[0]);
        assertEquals(jdk.getGenerator().getAffineY(), generator[1]);
        BigInteger[] minusGenerator = SlowP256.multiple(N.subtract(BigInteger.ONE));
        assertEquals(generator[0], minusGenerator[0]);
        assertEquals(P.subtract(generator[1]), minusGenerator[1]);
    }

    @Test
    void keysOfTheJdkAreOnTheCurve() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        for (int i = 0; i < 100; i++) {
            ECPublicKey key = (ECPublicKey) generator.generateKeyPair().getPublic();
            byte[] point =
                    SlowP256.uncompressed(key.getW().getAffineX(), key.getW().getAffineY());
            assertTrue(P256.isOnCurve(point));
            assertArrayEquals(point, P256.decompress(compress(point)));
        }
    }

    @Property(tries = 150)
    void pointsOfTheGroupAreTakenInBothForms(@ForAll long seed) {
        byte[] point = SlowP256.point(seed);
        assertTrue(P256.isOnCurve(point));
        assertArrayEquals(point, P256.decompress(compress(point)));

        byte[] other = compress(point);
        other[0] ^= 1;
        byte[] negated = P256.decompress(other);
        assertNotNull(negated);
        assertTrue(P256.isOnCurve(negated));
        assertEquals(P, y(point).add(y(negated)));
    }

    @Property(tries = 150)
    void aChangedBitLeavesTheCurve(@ForAll long seed, @ForAll @IntRange(max = 519) int bit) {
        byte[] point = SlowP256.point(seed);
        point[bit / 8] ^= (byte) (1 << bit % 8);
        // A changed x has another curve point with the same y with a chance that no test ever sees.
        assertFalse(P256.isOnCurve(point));
    }

    @Property
    void anyXIsOnTheCurveExactlyWhenItDecompresses(@ForAll @Size(33) byte[] bytes, @ForAll boolean odd) {
        bytes[0] = (byte) (odd ? 3 : 2);
        BigInteger x = new BigInteger(1, bytes, 1, 32);
        BigInteger square = x.pow(3)
                .subtract(x.multiply(BigInteger.valueOf(3)))
                .add(new BigInteger("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16))
                .mod(P);
        // Euler's criterion: a square to the power (p−1)/2 is 1.
        boolean isSquare =
                square.modPow(P.subtract(BigInteger.ONE).shiftRight(1), P).equals(BigInteger.ONE);

        byte[] point = P256.decompress(bytes);
        assertEquals(isSquare && x.compareTo(P) < 0, point != null);
        if (point != null) {
            assertTrue(P256.isOnCurve(point));
            assertArrayEquals(bytes, compress(point));
        }
    }

    @Test
    void coordinatesThatStandForAPointModuloPAreRefused() {
        // Points with small coordinates, so that x + p and y + p still have 32 bytes.
        int found = 0;
        for (int small = 0; small < 50; small++) {
            byte[] compressed = new byte[33];
            compressed[0] = 2;
            SlowP256.put(BigInteger.valueOf(small), compressed, 33);
            byte[] point = P256.decompress(compressed);
            if (point != null) {
                found++;
                byte[] alias = point.clone();
                SlowP256.put(BigInteger.valueOf(small).add(P), alias, 33);
                assertFalse(P256.isOnCurve(alias), "x + p");
                SlowP256.put(BigInteger.valueOf(small).add(P), compressed, 33);
                assertNull(P256.decompress(compressed), "x + p");
            }
        }
        assertTrue(found > 10);
        byte[] all = new byte[65];
        Arrays.fill(all, (byte) 0xFF);
        all[0] = 4;
        assertFalse(P256.isOnCurve(all));
        assertFalse(P256.isOnCurve(SlowP256.uncompressed(P, P)));
    }

    @Test
    void otherFormsAreRefused() {
        byte[] point = SlowP256.point(7);
        for (int length : new int[] {0, 1, 33, 64, 66}) {
            assertFalse(P256.isOnCurve(Arrays.copyOf(point, length)));
        }
        for (int first : new int[] {0, 2, 3, 5, 6, 7, 0x84}) {
            byte[] other = point.clone();
            other[0] = (byte) first;
            assertFalse(P256.isOnCurve(other));
        }
        byte[] compressed = compress(point);
        for (int length : new int[] {0, 1, 32, 34, 65}) {
            assertNull(P256.decompress(Arrays.copyOf(compressed, length)));
        }
        for (int first : new int[] {0, 1, 4, 6, 7, 0x82}) {
            byte[] other = compressed.clone();
            other[0] = (byte) first;
            assertNull(P256.decompress(other));
        }
        assertFalse(P256.isOnCurve(SlowP256.uncompressed(BigInteger.ZERO, BigInteger.ZERO)));
    }

    @Property
    void scalarsAreFrom1ToNMinus1(@ForAll @Size(40) byte[] bytes, @ForAll @IntRange(max = 8) int offset) {
        BigInteger value = new BigInteger(1, bytes, offset, 32);
        assertEquals(value.signum() > 0 && value.compareTo(N) < 0, P256.isScalarInRange(bytes, offset));
    }

    @Test
    void theEndsOfTheScalarRange() {
        assertFalse(inRange(BigInteger.ZERO));
        assertTrue(inRange(BigInteger.ONE));
        assertTrue(inRange(N.subtract(BigInteger.ONE)));
        assertFalse(inRange(N));
        assertFalse(inRange(N.add(BigInteger.ONE)));
        assertFalse(inRange(BigInteger.ONE.shiftLeft(256).subtract(BigInteger.ONE)));
    }

    private static boolean inRange(BigInteger value) {
        byte[] bytes = new byte[32];
        SlowP256.put(value, bytes, 32);
        return P256.isScalarInRange(bytes, 0);
    }

    private static BigInteger y(byte[] point) {
        return new BigInteger(1, point, 33, 32);
    }

    private static byte[] compress(byte[] point) {
        byte[] compressed = Arrays.copyOf(point, 33);
        compressed[0] = (byte) (2 + (point[64] & 1));
        return compressed;
    }
}

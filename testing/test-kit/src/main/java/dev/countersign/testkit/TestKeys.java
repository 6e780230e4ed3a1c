package dev.countersign.testkit;

import dev.countersign.api.device.DevicePublicKey;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;

/**
 * P-256 keys for tests, made from a number. The same number gives the same key on every machine, so anybody can compute
 * the private keys: never use them outside of tests. Thread-safe.
 *
 * <pre>{@code
 * registry.register(device, TestKeys.publicKey(1), DeviceStatus.ACTIVE);
 * byte[] signature = TestKeys.sign(1, message);
 * }</pre>
 */
public final class TestKeys {
    private static final ECParameterSpec CURVE = curve();
    private static final BigInteger P = ((ECFieldFp) CURVE.getCurve().getField()).getP();
    private static final List<ECPoint> DOUBLINGS = doublingsOfGenerator();

    private TestKeys() {}

    /** The public key of a number. */
    public static DevicePublicKey publicKey(long seed) {
        BigInteger scalar = scalar(seed);
        ECPoint point = null;
        for (int bit = 0; bit < DOUBLINGS.size(); bit++) {
            if (scalar.testBit(bit)) {
                point = point == null ? DOUBLINGS.get(bit) : add(point, DOUBLINGS.get(bit));
            }
        }
        Objects.requireNonNull(point, "a scalar is not 0");
        return encoded(point);
    }

    /**
     * Many different public keys, made fast: one point of the curve after the other. Not thread-safe.
     *
     * @param first the number of the first one among all such points, 1 or more
     */
    public static Iterator<DevicePublicKey> successive(long first) {
        return new Iterator<>() {
            private ECPoint last = multiple(first);

            @Override
            public boolean hasNext() {
                return true;
            }

            @Override
            public DevicePublicKey next() {
                last = add(last, DOUBLINGS.get(0));
                return encoded(last);
            }
        };
    }

    /** Of the generator; beyond 1, so that the generator can be added to it. */
    private static ECPoint multiple(long number) {
        ECPoint point = DOUBLINGS.get(1);
        for (int bit = 2; bit < Long.SIZE; bit++) {
            if ((number << 2 & 1L << bit) != 0) {
                point = add(point, DOUBLINGS.get(bit));
            }
        }
        return point;
    }

    private static DevicePublicKey encoded(ECPoint point) {
        byte[] encoded = new byte[65];
        encoded[0] = 4;
        write(point.getAffineX(), encoded, 1);
        write(point.getAffineY(), encoded, 33);
        return DevicePublicKey.ofPoint(encoded);
    }

    /** The private key that belongs to {@link #publicKey} of the same number, for the JDK's own signatures. */
    public static PrivateKey privateKey(long seed) {
        try {
            return KeyFactory.getInstance("EC").generatePrivate(new ECPrivateKeySpec(scalar(seed), CURVE));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("the JDK knows P-256", impossible);
        }
    }

    /**
     * Signs any bytes, with the provider of the JDK: for requests that the client's library refuses to sign.
     *
     * @param seed the number of the key
     * @return ECDSA with SHA-256 over the message, in DER
     */
    public static byte[] sign(long seed, byte[] message) {
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(privateKey(seed));
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("the JDK signs with P-256", impossible);
        }
    }

    /** From 1 to n−1. */
    private static BigInteger scalar(long seed) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update("countersign test key".getBytes(StandardCharsets.US_ASCII));
            byte[] hash =
                    sha256.digest(ByteBuffer.allocate(Long.BYTES).putLong(seed).array());
            return new BigInteger(1, hash)
                    .mod(CURVE.getOrder().subtract(BigInteger.ONE))
                    .add(BigInteger.ONE);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    private static ECParameterSpec curve() {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec("secp256r1"));
            return parameters.getParameterSpec(ECParameterSpec.class);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("the JDK knows P-256", impossible);
        }
    }

    private static List<ECPoint> doublingsOfGenerator() {
        List<ECPoint> doublings = new ArrayList<>();
        ECPoint point = CURVE.getGenerator();
        for (int bit = 0; bit < CURVE.getOrder().bitLength(); bit++) {
            doublings.add(point);
            point = twice(point);
        }
        return List.copyOf(doublings);
    }

    /** Of points with different x, which the summands of a scalar below n are. */
    private static ECPoint add(ECPoint a, ECPoint b) {
        BigInteger slope = b.getAffineY()
                .subtract(a.getAffineY())
                .multiply(b.getAffineX().subtract(a.getAffineX()).modInverse(P));
        return onLine(a, b.getAffineX(), slope);
    }

    private static ECPoint twice(ECPoint a) {
        BigInteger slope = a.getAffineX()
                .pow(2)
                .multiply(BigInteger.valueOf(3))
                .add(CURVE.getCurve().getA())
                .multiply(a.getAffineY().shiftLeft(1).modInverse(P));
        return onLine(a, a.getAffineX(), slope);
    }

    private static ECPoint onLine(ECPoint a, BigInteger otherX, BigInteger slope) {
        BigInteger x = slope.pow(2).subtract(a.getAffineX()).subtract(otherX).mod(P);
        BigInteger y = a.getAffineX()
                .subtract(x)
                .multiply(slope)
                .subtract(a.getAffineY())
                .mod(P);
        return new ECPoint(x, y);
    }

    private static void write(BigInteger coordinate, byte[] to, int offset) {
        byte[] raw = coordinate.toByteArray();
        int length = Math.min(raw.length, 32);
        System.arraycopy(raw, raw.length - length, to, offset + 32 - length, length);
    }
}

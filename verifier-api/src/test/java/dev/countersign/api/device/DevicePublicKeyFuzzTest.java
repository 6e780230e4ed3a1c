package dev.countersign.api.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.countersign.api.wire.SlowP256;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/**
 * Whatever comes as a key is refused, or is a point of the curve that each way out gives back. The inputs lie among the resources;
 * CONTRIBUTING says how to look for more.
 */
class DevicePublicKeyFuzzTest {
    private static final BigInteger B =
            new BigInteger("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16);

    @FuzzTest
    void aPointIsOnTheCurve(byte[] data) {
        try {
            check(DevicePublicKey.ofPoint(data));
        } catch (InvalidPublicKeyException refused) {
            // As it should be.
        }
    }

    @FuzzTest
    void aSubjectPublicKeyInfoHoldsAPoint(byte[] data) {
        try {
            check(DevicePublicKey.ofSpki(data));
        } catch (InvalidPublicKeyException refused) {
            // As it should be.
        }
    }

    @FuzzTest
    void aTextHoldsAPoint(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        try {
            check(DevicePublicKey.parse(text));
        } catch (InvalidPublicKeyException refused) {
            // As it should be.
        }
        try {
            check(DevicePublicKey.ofPem(text));
        } catch (InvalidPublicKeyException refused) {
            // As it should be.
        }
        try {
            int half = text.length() / 2;
            check(DevicePublicKey.ofJwkCoordinates(text.substring(0, half), text.substring(half)));
        } catch (InvalidPublicKeyException refused) {
            // As it should be.
        }
    }

    private static void check(DevicePublicKey key) {
        byte[] point = key.toPoint();
        assertEquals(65, point.length);
        assertEquals(4, point[0]);
        BigInteger x = new BigInteger(1, point, 1, 32);
        BigInteger y = new BigInteger(1, point, 33, 32);
        assertEquals(-1, x.compareTo(SlowP256.P));
        assertEquals(-1, y.compareTo(SlowP256.P));
        BigInteger right = x.pow(3).subtract(x.multiply(BigInteger.valueOf(3))).add(B);
        assertEquals(right.mod(SlowP256.P), y.multiply(y).mod(SlowP256.P));
        assertEquals(key, DevicePublicKey.ofPoint(point));
        assertEquals(key, DevicePublicKey.ofSpki(key.toSpki()));
        JwkCoordinates coordinates = key.toJwkCoordinates();
        assertEquals(key, DevicePublicKey.ofJwkCoordinates(coordinates.x(), coordinates.y()));
    }
}

package dev.countersign.api.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.wire.SlowP256;
import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.KeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The ways out of a key: each gives what the way in of the same name reads. */
class DevicePublicKeyFormsTest {
    private static final byte[] POINT = SlowP256.point(42);

    @Property(tries = 100)
    void everyWayOutReadBackIsTheSameKey(@ForAll long seed) throws Exception {
        assertEveryWayOut(SlowP256.point(seed));
    }

    @Test
    void coordinatesKeepTheirLeadingZeros() throws Exception {
        byte[] compressed = new byte[33];
        compressed[0] = 2;
        compressed[32] = 5; // x = 5 is on the curve
        byte[] point = DevicePublicKey.ofPoint(compressed).toPoint();
        assertEveryWayOut(point);
        JwkCoordinates coordinates = DevicePublicKey.ofPoint(point).toJwkCoordinates();
        assertEquals("A".repeat(42) + "U", coordinates.x());
        assertEquals(43, coordinates.y().length());
    }

    @Test
    void aKnownKey() {
        // The example key of RFC 7515, A.3.
        String x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
        String y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
        DevicePublicKey key = DevicePublicKey.ofJwkCoordinates(x, y);
        assertEquals(x, key.toJwkCoordinates().x());
        assertEquals(y, key.toJwkCoordinates().y());
        assertEquals(
                "3059301306072a8648ce3d020106082a8648ce3d030107034200047fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13"
                        + "bacf6e3c7bd15445c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad",
                HexFormat.of().formatHex(key.toSpki()));
    }

    @Test
    void whatIsGivenIsACopy() {
        DevicePublicKey key = DevicePublicKey.ofPoint(POINT);
        Arrays.fill(key.toSpki(), (byte) 0);
        assertEquals(key, DevicePublicKey.ofSpki(key.toSpki()));
        assertArrayEquals(POINT, key.toPoint());
    }

    @Test
    void coordinatesAreEqualWhenTheKeysAre() {
        JwkCoordinates one = DevicePublicKey.ofPoint(POINT).toJwkCoordinates();
        JwkCoordinates same = DevicePublicKey.ofJwkCoordinates(one.x(), one.y()).toJwkCoordinates();
        byte[] negated = Arrays.copyOf(POINT, 33);
        negated[0] = (byte) (3 - (POINT[64] & 1));
        JwkCoordinates other = DevicePublicKey.ofPoint(negated).toJwkCoordinates();
        assertEquals(one, same);
        assertEquals(one.hashCode(), same.hashCode());
        assertEquals(one.x(), other.x());
        assertNotEquals(one, other);
        assertNotEquals(one, new Object());
        assertEquals("JwkCoordinates[P-256]", one.toString());
    }

    @Test
    void anotherProviderInFrontMayMakeTheJcaKey() throws Exception {
        DevicePublicKey key = DevicePublicKey.ofPoint(POINT);
        ProviderInFront.during("KeyFactory", "EC", ForeignKeyFactory.class, () -> {
            assertTrue(key.toJca() instanceof ForeignKey, "the provider in front was asked");
            assertEquals(new BigInteger(1, POINT, 1, 32), key.toJca().getW().getAffineX());
            assertEquals(key, DevicePublicKey.ofSpki(key.toSpki()), "bytes do not come from a provider");
        });
        assertFalse(key.toJca() instanceof ForeignKey);
    }

    @Test
    void aProviderInFrontThatMakesNoKeysIsPassedOver() throws Exception {
        DevicePublicKey key = DevicePublicKey.ofPoint(POINT);
        ProviderInFront.during("KeyFactory", "EC", RefusingKeyFactory.class, () -> {
            assertArrayEquals(key.toSpki(), key.toJca().getEncoded());
        });
    }

    @Test
    void aProviderThatGivesNoEcKeyIsNamed() throws Exception {
        DevicePublicKey key = DevicePublicKey.ofPoint(POINT);
        ProviderInFront.during("KeyFactory", "EC", OpaqueKeyFactory.class, () -> {
            IllegalStateException told = assertThrows(IllegalStateException.class, key::toJca);
            assertTrue(String.valueOf(told.getMessage()).contains(OpaqueKey.class.getName()), told.getMessage());
        });
    }

    private static void assertEveryWayOut(byte[] point) throws Exception {
        DevicePublicKey key = DevicePublicKey.ofPoint(point);
        byte[] spki = key.toSpki();
        String pem = "-----BEGIN PUBLIC KEY-----\n" + Base64.getEncoder().encodeToString(spki)
                + "\n-----END PUBLIC KEY-----\n";
        JwkCoordinates coordinates = key.toJwkCoordinates();
        ECPublicKey jca = key.toJca();
        assertEquals(key, DevicePublicKey.ofPoint(key.toPoint()));
        assertEquals(key, DevicePublicKey.ofSpki(spki));
        assertEquals(key, DevicePublicKey.ofPem(pem));
        assertEquals(key, DevicePublicKey.ofJwkCoordinates(coordinates.x(), coordinates.y()));
        assertEquals(key, DevicePublicKey.ofSpki(jca.getEncoded()));

        // As the JDK sees it, which had no part in any of them.
        assertEquals(new BigInteger(1, point, 1, 32), jca.getW().getAffineX());
        assertEquals(new BigInteger(1, point, 33, 32), jca.getW().getAffineY());
        assertEquals(SlowP256.N, jca.getParams().getOrder());
        PublicKey read = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(spki));
        assertEquals(jca, read);
        assertArrayEquals(read.getEncoded(), spki);
        Base64.Decoder url = Base64.getUrlDecoder();
        assertArrayEquals(Arrays.copyOfRange(point, 1, 33), url.decode(coordinates.x()));
        assertArrayEquals(Arrays.copyOfRange(point, 33, 65), url.decode(coordinates.y()));
    }

    /** A key of another make: compressed where bytes are asked for. */
    static final class ForeignKey implements ECPublicKey {
        private static final long serialVersionUID = 1L;
        private final ECPublicKey key;

        ForeignKey(ECPublicKey key) {
            this.key = key;
        }

        @Override
        public java.security.spec.ECPoint getW() {
            return key.getW();
        }

        @Override
        public java.security.spec.ECParameterSpec getParams() {
            return key.getParams();
        }

        @Override
        public String getAlgorithm() {
            return "EC";
        }

        @Override
        public String getFormat() {
            return "X.509";
        }

        @Override
        public byte[] getEncoded() {
            return new byte[] {2};
        }
    }

    /** Makes {@link ForeignKey}s. */
    public static final class ForeignKeyFactory extends ProviderInFront.KeyFactoryBase {
        @Override
        protected PublicKey engineGeneratePublic(KeySpec spec) throws java.security.spec.InvalidKeySpecException {
            try {
                KeyFactory factory = KeyFactory.getInstance("EC", ProviderInFront.own("KeyFactory", "EC"));
                return new ForeignKey((ECPublicKey) factory.generatePublic(spec));
            } catch (java.security.NoSuchAlgorithmException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }

    /** As one that has the algorithm for keys in hardware only. */
    public static final class RefusingKeyFactory extends ProviderInFront.KeyFactoryBase {
        @Override
        protected PublicKey engineGeneratePublic(KeySpec spec) throws java.security.spec.InvalidKeySpecException {
            throw new java.security.spec.InvalidKeySpecException("not here");
        }
    }

    /** Makes keys that show nothing. */
    public static final class OpaqueKeyFactory extends ProviderInFront.KeyFactoryBase {
        @Override
        protected PublicKey engineGeneratePublic(KeySpec spec) {
            return new OpaqueKey();
        }
    }

    /** A key that shows nothing. */
    static final class OpaqueKey implements PublicKey {
        private static final long serialVersionUID = 1L;

        @Override
        public String getAlgorithm() {
            return "EC";
        }

        @Override
        public @org.jspecify.annotations.Nullable String getFormat() {
            return null;
        }

        @Override
        public byte @org.jspecify.annotations.Nullable [] getEncoded() {
            return null;
        }
    }
}

package dev.countersign.api.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.wire.SignatureDer;
import dev.countersign.api.wire.SlowP256;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.SignatureSpi;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** {@link DevicePublicKey#verify}: against the JDK, against the schoolbook, and with providers that take anything. */
class ProofOfPossessionTest {
    private static final BigInteger N = SlowP256.N;
    private static final String ALGORITHM = "SHA256withECDSA";
    private static final byte[] MESSAGE = "proof".getBytes(StandardCharsets.US_ASCII);

    @Property(tries = 50)
    void aSignatureOfTheJdkVerifiesInBothItsForms(@ForAll @Size(max = 200) byte[] message) throws Exception {
        KeyPair pair = newPair();
        DevicePublicKey key = keyOf(pair);
        byte[] der = sign(pair, message);
        assertTrue(key.verify(message, der));
        byte[] mirrored = withOtherS(der);
        assertTrue(key.verify(message, mirrored), "one of the two has the high s");
        assertTrue(verifiesInTheJdk(pair.getPublic(), message, mirrored));
        assertFalse(keyOf(newPair()).verify(message, der), "another key");
        assertFalse(key.verify(Arrays.copyOf(message, message.length + 1), der), "another message");
    }

    @Property(tries = 200)
    void aChangedSignatureIsJudgedAsTheJdkJudgesItOrRefusedForItsForm(@ForAll long seed) throws Exception {
        Random random = new Random(seed);
        KeyPair pair = newPair();
        byte[] der = sign(pair, MESSAGE);
        der[random.nextInt(der.length)] ^= (byte) (1 << random.nextInt(8));
        boolean expected = SignatureDer.toRaw(der) != null && verifiesInTheJdk(pair.getPublic(), MESSAGE, der);
        assertEquals(expected, keyOf(pair).verify(MESSAGE, der));
    }

    @Property(tries = 15)
    void itAgreesWithTheSchoolbook(
            @ForAll("scalars") BigInteger r, @ForAll("scalars") BigInteger s, @ForAll @Size(max = 20) byte[] message)
            throws Exception {
        KeyPair pair = newPair();
        DevicePublicKey key = keyOf(pair);
        byte[] raw = SignatureDer.toRaw(sign(pair, message));
        assertNotNull(raw);
        BigInteger goodR = new BigInteger(1, raw, 0, 32);
        BigInteger goodS = new BigInteger(1, raw, 32, 32);
        for (BigInteger[] pairOfNumbers : List.of(
                new BigInteger[] {goodR, goodS},
                new BigInteger[] {goodR, N.subtract(goodS)},
                new BigInteger[] {goodS, goodR},
                new BigInteger[] {r, goodS},
                new BigInteger[] {goodR, s},
                new BigInteger[] {r, s})) {
            assertEquals(
                    SlowP256.verifies(key.toPoint(), sha256(message), pairOfNumbers[0], pairOfNumbers[1]),
                    key.verify(message, der(pairOfNumbers[0], pairOfNumbers[1])));
        }
    }

    @Property(tries = 300)
    void anyBytesAreFalseAndNoException(@ForAll @Size(max = 80) byte[] bytes) {
        DevicePublicKey key = DevicePublicKey.ofPoint(SlowP256.point(7));
        assertFalse(key.verify(MESSAGE, bytes));
        assertFalse(key.verify(bytes, bytes));
    }

    @Test
    void aSumAtInfinityIsFalse() throws Exception {
        // With the private number d, r = -e/d makes u1 G + u2 Q infinity for any s.
        BigInteger d = BigInteger.valueOf(1_234_567);
        BigInteger[] q = SlowP256.multiple(d);
        DevicePublicKey key = DevicePublicKey.ofPoint(SlowP256.uncompressed(q[0], q[1]));
        BigInteger e = new BigInteger(1, sha256(MESSAGE));
        BigInteger r = e.negate().multiply(d.modInverse(N)).mod(N);
        for (BigInteger s : List.of(BigInteger.ONE, BigInteger.TWO, N.subtract(BigInteger.ONE))) {
            assertFalse(SlowP256.verifies(key.toPoint(), sha256(MESSAGE), r, s));
            assertFalse(key.verify(MESSAGE, der(r, s)));
        }
    }

    @Test
    void anXAboveTheOrderIsTheProvidersBusiness() throws Exception {
        // R with x in n to p-1, so that r = x - n; then Q = (s R - e G) / r fits it.
        byte[] point = null;
        BigInteger x = N;
        while (point == null) {
            x = x.add(BigInteger.ONE);
            byte[] compressed = new byte[33];
            compressed[0] = 2;
            SlowP256.put(x, compressed, 33);
            point = pointOrNull(compressed);
        }
        BigInteger r = x.subtract(N);
        BigInteger s = BigInteger.valueOf(99);
        BigInteger e = new BigInteger(1, sha256(MESSAGE));
        BigInteger[] sR =
                SlowP256.times(s, new BigInteger[] {new BigInteger(1, point, 1, 32), new BigInteger(1, point, 33, 32)});
        BigInteger[] sum = SlowP256.sum(sR, SlowP256.multiple(N.subtract(e.mod(N))));
        assertNotNull(sum);
        BigInteger[] q = SlowP256.times(r.modInverse(N), sum);
        assertNotNull(q);
        DevicePublicKey key = DevicePublicKey.ofPoint(SlowP256.uncompressed(q[0], q[1]));
        assertTrue(SlowP256.verifies(key.toPoint(), sha256(MESSAGE), r, s));
        // SunEC of JDK 17 rejects it, that of 25 does not: docs/p256-findings.md.
        boolean verified = key.verify(MESSAGE, der(r, s));
        assertTrue(verified || Runtime.version().feature() < 25);
    }

    @Test
    void whatTheJdkForgivesIsRefused() throws Exception {
        KeyPair pair = newPair();
        DevicePublicKey key = keyOf(pair);
        byte[] der = signWithSignByteInR(pair);
        int rLength = der[3];
        byte[] withoutSignByte = new byte[der.length - 1];
        System.arraycopy(der, 0, withoutSignByte, 0, 4);
        System.arraycopy(der, 5, withoutSignByte, 4, der.length - 5);
        withoutSignByte[1]--;
        withoutSignByte[3] = (byte) (rLength - 1);
        assertTrue(key.verify(MESSAGE, der));
        assertTrue(
                verifiesInTheJdk(pair.getPublic(), MESSAGE, withoutSignByte), "SunEC takes a negative r; see the docs");
        assertFalse(key.verify(MESSAGE, withoutSignByte));
    }

    @Test
    void aProviderThatTakesAnythingDoesNotSeeWhatIsMalformed() throws Exception {
        KeyPair pair = newPair();
        DevicePublicKey key = keyOf(pair);
        byte[] good = sign(pair, MESSAGE);
        byte[] raw = SignatureDer.toRaw(good);
        assertNotNull(raw);
        BigInteger one = BigInteger.ONE;
        BigInteger zero = BigInteger.ZERO;
        byte[] longLength = new byte[good.length + 1];
        System.arraycopy(good, 1, longLength, 2, good.length - 1);
        longLength[0] = 0x30;
        longLength[1] = (byte) 0x81;
        ProviderInFront.during("Signature", ALGORITHM, TakesAnything.class, () -> {
            assertTrue(key.verify(MESSAGE, der(one, one)), "the provider in front was asked");
            for (byte[] malformed : List.of(
                    der(zero, zero), // CVE-2022-21449
                    der(zero, one),
                    der(one, zero),
                    der(N, one),
                    der(one, N),
                    der(N, N),
                    der(one.negate(), one),
                    new byte[0],
                    raw,
                    new byte[64],
                    longLength,
                    Arrays.copyOf(good, good.length + 1),
                    Arrays.copyOf(good, good.length - 1))) {
                assertNull(SignatureDer.toRaw(malformed));
                assertFalse(key.verify(MESSAGE, malformed));
            }
        });
        assertTrue(key.verify(MESSAGE, good));
        assertFalse(key.verify(MESSAGE, der(one, one)));
    }

    @Test
    void aProviderGetsACopyInTheOnlyForm() throws Exception {
        DevicePublicKey key = keyOf(newPair());
        byte[] der = der(BigInteger.TWO, BigInteger.TEN);
        ProviderInFront.during("Signature", ALGORITHM, Overwrites.class, () -> {
            assertTrue(key.verify(MESSAGE, der));
        });
        assertArrayEquals(der(BigInteger.TWO, BigInteger.TEN), der);
    }

    @Test
    void aProviderThatThrowsForASignatureSaysNoWithIt() throws Exception {
        DevicePublicKey key = keyOf(newPair());
        ProviderInFront.during("Signature", ALGORITHM, Throws.class, () -> {
            assertFalse(key.verify(MESSAGE, der(BigInteger.ONE, BigInteger.ONE)));
        });
    }

    @Test
    void aProviderThatCannotUseTheKeyIsPassedOver() throws Exception {
        KeyPair pair = newPair();
        ProviderInFront.during("Signature", ALGORITHM, WantsItsOwnKeys.class, () -> {
            assertTrue(keyOf(pair).verify(MESSAGE, sign(pair, MESSAGE)));
        });
    }

    @Test
    void arraysAreLeftAsTheyAre() throws Exception {
        KeyPair pair = newPair();
        byte[] der = sign(pair, MESSAGE);
        byte[] message = MESSAGE.clone();
        byte[] signature = der.clone();
        assertTrue(keyOf(pair).verify(message, signature));
        assertArrayEquals(MESSAGE, message);
        assertArrayEquals(der, signature);
    }

    @Test
    void nullIsACallersMistake() {
        DevicePublicKey key = DevicePublicKey.ofPoint(SlowP256.point(1));
        assertThrows(NullPointerException.class, () -> key.verify(MESSAGE, absent()));
    }

    @SuppressWarnings("NullAway") // what a caller without a checker can do
    private static byte[] absent() {
        return null;
    }

    private static KeyPair newPair() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static DevicePublicKey keyOf(KeyPair pair) {
        return DevicePublicKey.ofSpki(pair.getPublic().getEncoded());
    }

    private static byte[] sign(KeyPair pair, byte[] message) throws Exception {
        Signature signature = Signature.getInstance(ALGORITHM, ProviderInFront.own("Signature", ALGORITHM));
        signature.initSign(pair.getPrivate());
        signature.update(message);
        return signature.sign();
    }

    /** Every second one has it. */
    private static byte[] signWithSignByteInR(KeyPair pair) throws Exception {
        for (int i = 0; i < 1000; i++) {
            byte[] der = sign(pair, MESSAGE);
            if (der[3] == 33) {
                return der;
            }
        }
        throw new AssertionError("none of a thousand");
    }

    private static boolean verifiesInTheJdk(PublicKey key, byte[] message, byte[] der) throws Exception {
        Signature signature = Signature.getInstance(ALGORITHM);
        signature.initVerify(key);
        signature.update(message);
        try {
            return signature.verify(der);
        } catch (SignatureException malformed) {
            return false;
        }
    }

    private static byte[] withOtherS(byte[] der) {
        byte[] raw = SignatureDer.toRaw(der);
        assertNotNull(raw);
        SlowP256.put(N.subtract(new BigInteger(1, raw, 32, 32)).add(BigInteger.ONE.shiftLeft(256)), raw, 64);
        return SignatureDer.fromRaw(raw);
    }

    private static byte[] der(BigInteger r, BigInteger s) {
        byte[] rBytes = r.toByteArray();
        byte[] sBytes = s.toByteArray();
        byte[] der = new byte[6 + rBytes.length + sBytes.length];
        der[0] = 0x30;
        der[1] = (byte) (der.length - 2);
        der[2] = 2;
        der[3] = (byte) rBytes.length;
        System.arraycopy(rBytes, 0, der, 4, rBytes.length);
        der[4 + rBytes.length] = 2;
        der[5 + rBytes.length] = (byte) sBytes.length;
        System.arraycopy(sBytes, 0, der, 6 + rBytes.length, sBytes.length);
        return der;
    }

    private static byte[] sha256(byte[] message) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(message);
    }

    private static byte @org.jspecify.annotations.Nullable [] pointOrNull(byte[] compressed) {
        try {
            return DevicePublicKey.ofPoint(compressed).toPoint();
        } catch (InvalidPublicKeyException notOnTheCurve) {
            return null;
        }
    }

    @Provide
    Arbitrary<BigInteger> scalars() {
        return Arbitraries.oneOf(
                Arbitraries.bigIntegers().between(BigInteger.ONE, N.subtract(BigInteger.ONE)),
                Arbitraries.integers().between(0, 255).map(BigInteger.ONE::shiftLeft),
                Arbitraries.integers().between(1, 1000).map(i -> N.subtract(BigInteger.valueOf(i))));
    }

    /** Says yes to any signature of two numbers, whatever they are. */
    public static class TakesAnything extends SignatureSpi {
        @Override
        protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
            assertTrue(key instanceof ECPublicKey);
        }

        @Override
        protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
            throw new InvalidKeyException("verifies only");
        }

        @Override
        protected void engineUpdate(byte b) {}

        @Override
        protected void engineUpdate(byte[] bytes, int from, int length) {}

        @Override
        protected byte[] engineSign() throws SignatureException {
            throw new SignatureException("verifies only");
        }

        @Override
        protected boolean engineVerify(byte[] signature) throws SignatureException {
            return true;
        }

        @Override
        @Deprecated
        protected void engineSetParameter(String name, Object value) {}

        @Override
        @Deprecated
        protected Object engineGetParameter(String name) {
            throw new UnsupportedOperationException(name);
        }
    }

    /** Writes into what it gets. */
    public static final class Overwrites extends TakesAnything {
        @Override
        protected boolean engineVerify(byte[] signature) {
            Arrays.fill(signature, (byte) 0);
            return true;
        }
    }

    /** Throws for a signature that it does not like. */
    public static final class Throws extends TakesAnything {
        @Override
        protected boolean engineVerify(byte[] signature) throws SignatureException {
            throw new SignatureException("no");
        }
    }

    /** As one for keys in hardware. */
    public static final class WantsItsOwnKeys extends TakesAnything {
        @Override
        protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
            throw new InvalidKeyException("not of this make");
        }
    }
}

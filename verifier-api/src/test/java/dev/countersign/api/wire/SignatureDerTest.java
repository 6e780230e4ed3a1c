package dev.countersign.api.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.HexFormat;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignatureDerTest {
    private static final BigInteger N = SlowP256.N;

    @Property
    void takesWhatBigIntegerWrites(@ForAll("scalars") BigInteger r, @ForAll("scalars") BigInteger s) {
        byte[] der = der(r.toByteArray(), s.toByteArray());
        byte[] raw = SignatureDer.toRaw(der);
        assertNotNull(raw);
        assertEquals(SignatureDer.RAW_BYTES, raw.length);
        assertEquals(r, new BigInteger(1, raw, 0, 32));
        assertEquals(s, new BigInteger(1, raw, 32, 32));
        assertArrayEquals(der, SignatureDer.fromRaw(raw));
        assertTrue(der.length <= SignatureDer.MAX_BYTES);
    }

    @Property(tries = 60)
    void everyMutationOfOneByteIsRefusedOrAnotherSignatureInItsOnlyForm(
            @ForAll("scalars") BigInteger r, @ForAll("scalars") BigInteger s) {
        byte[] der = der(r.toByteArray(), s.toByteArray());
        for (int at = 0; at < der.length; at++) {
            for (int value = 0; value < 256; value++) {
                byte[] changed = der.clone();
                changed[at] = (byte) value;
                assertRefusedOrOnlyForm(changed);
            }
            byte[] shorter = new byte[der.length - 1];
            System.arraycopy(der, 0, shorter, 0, at);
            System.arraycopy(der, at + 1, shorter, at, der.length - at - 1);
            assertRefusedOrOnlyForm(shorter);
        }
        for (int at = 0; at <= der.length; at++) {
            for (int value : new int[] {0, 1, 2, 0x30, 0x7F, 0x80, 0x81, 0xFF}) {
                byte[] longer = new byte[der.length + 1];
                System.arraycopy(der, 0, longer, 0, at);
                longer[at] = (byte) value;
                System.arraycopy(der, at, longer, at + 1, der.length - at);
                assertRefusedOrOnlyForm(longer);
            }
            assertRefusedOrOnlyForm(Arrays.copyOf(der, at));
        }
    }

    @Property
    void anyBytesAreRefusedOrTheOnlyForm(@ForAll @Size(max = 80) byte[] bytes) {
        assertRefusedOrOnlyForm(bytes);
    }

    @Property
    void numbersOutOfRangeAreRefused(@ForAll("scalars") BigInteger good, @ForAll("outOfRange") BigInteger bad) {
        assertNull(SignatureDer.toRaw(der(good.toByteArray(), bad.toByteArray())));
        assertNull(SignatureDer.toRaw(der(bad.toByteArray(), good.toByteArray())));
    }

    @Test
    void theEndsOfTheRange() {
        BigInteger last = N.subtract(BigInteger.ONE);
        assertNotNull(SignatureDer.toRaw(der(last.toByteArray(), last.toByteArray())));
        assertNotNull(SignatureDer.toRaw(der(new byte[] {1}, new byte[] {1})), "eight bytes, the shortest");
        assertNull(SignatureDer.toRaw(der(N.toByteArray(), last.toByteArray())));
        assertNull(SignatureDer.toRaw(der(last.toByteArray(), N.toByteArray())));
        assertNull(SignatureDer.toRaw(der(new byte[] {0}, last.toByteArray())));
        assertNull(SignatureDer.toRaw(der(last.toByteArray(), new byte[] {0})));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", // nothing
                "3006", // ends early
                "300602010102", // the second INTEGER is cut
                "30060201010202", // and again
                "308106020101020101", // long-form length
                "30820006020101020101",
                "3080020101020101" + "0000", // indefinite length
                "30060281010102010100", // long-form length inside
                "30060201010201" + "01" + "00", // something behind
                "30080202000102020001", // padded with zeros
                "3007020200010201" + "01",
                "3006020181020101", // negative r
                "3006020101020181", // negative s
                "3006020100020101", // zero
                "3006020101020100",
                "3004020002" + "00", // empty INTEGERs
                "3106020101020101", // a SET
                "3006030101020101", // not an INTEGER
                "3006020101" + "030101",
                "3009020101020101020101", // three INTEGERs
                "30050201010201", // length of the SEQUENCE one short of what is in it
                "3003020101" // one INTEGER
            })
    void formIsStrict(String hex) {
        assertNull(SignatureDer.toRaw(HexFormat.of().parseHex(hex)));
    }

    @Test
    void aRawSignatureIsNotDer() {
        byte[] raw = new byte[64];
        Arrays.fill(raw, (byte) 1);
        assertNull(SignatureDer.toRaw(raw));
    }

    @Test
    void signaturesOfTheJdkKeepTheirMeaning() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair keys = generator.generateKeyPair();
        Signature jdk = Signature.getInstance("SHA256withECDSA");
        for (int i = 0; i < 100; i++) {
            byte[] message = {(byte) i};
            jdk.initSign(keys.getPrivate());
            jdk.update(message);
            byte[] raw = SignatureDer.toRaw(jdk.sign());
            assertNotNull(raw);
            jdk.initVerify(keys.getPublic());
            jdk.update(message);
            assertTrue(jdk.verify(SignatureDer.fromRaw(raw)));
        }
    }

    private static void assertRefusedOrOnlyForm(byte[] bytes) {
        byte[] raw = SignatureDer.toRaw(bytes);
        if (raw != null) {
            assertArrayEquals(bytes, SignatureDer.fromRaw(raw));
            for (int offset : new int[] {0, 32}) {
                BigInteger number = new BigInteger(1, raw, offset, 32);
                assertTrue(number.signum() > 0 && number.compareTo(N) < 0);
            }
        }
    }

    private static byte[] der(byte[] r, byte[] s) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0x30);
        out.write(4 + r.length + s.length);
        for (byte[] number : new byte[][] {r, s}) {
            out.write(2);
            out.write(number.length);
            out.writeBytes(number);
        }
        return out.toByteArray();
    }

    @Provide
    Arbitrary<BigInteger> scalars() {
        // Every length, with and without a sign bit to pad, and both halves of the range: high s is valid.
        return Arbitraries.oneOf(
                Arbitraries.bigIntegers().between(BigInteger.ONE, N.subtract(BigInteger.ONE)),
                Arbitraries.integers().between(0, 255).map(BigInteger.ONE::shiftLeft),
                Arbitraries.integers().between(1, 1000).map(i -> N.subtract(BigInteger.valueOf(i))));
    }

    @Provide
    Arbitrary<BigInteger> outOfRange() {
        return Arbitraries.oneOf(
                Arbitraries.bigIntegers().between(N, BigInteger.ONE.shiftLeft(264)),
                Arbitraries.bigIntegers().between(BigInteger.ONE.shiftLeft(255).negate(), BigInteger.ZERO));
    }
}

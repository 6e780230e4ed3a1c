package dev.countersign.api.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.wire.SlowP256;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevicePublicKeyTest {
    private static final byte[] POINT = SlowP256.point(42);
    private static final String X = base64Url(POINT, 1);
    private static final String Y = base64Url(POINT, 33);

    @Property(tries = 100)
    void everyFormGivesTheSameKey(@ForAll long seed) throws Exception {
        byte[] point = SlowP256.point(seed);
        byte[] spki = spkiOfTheJdk(point);
        String base64Spki = Base64.getEncoder().encodeToString(spki);
        String pem = pem("\n", spki);
        byte[] compressedSpki = HexFormat.of()
                .parseHex("3039301306072a8648ce3d020106082a8648ce3d030107032200"
                        + HexFormat.of().formatHex(compress(point)));

        DevicePublicKey key = DevicePublicKey.ofPoint(point);
        assertArrayEquals(point, key.toPoint());
        assertArrayEquals(MessageDigest.getInstance("SHA-256").digest(point), key.fingerprint());
        for (DevicePublicKey same : List.of(
                DevicePublicKey.ofPoint(compress(point)),
                DevicePublicKey.ofSpki(spki),
                DevicePublicKey.ofSpki(compressedSpki),
                DevicePublicKey.ofPem(pem),
                DevicePublicKey.ofPem(pem("\r\n", spki)),
                DevicePublicKey.ofPem("\n  " + pem + "\n\n"),
                DevicePublicKey.ofPem(pem.replace("\n", " ")),
                DevicePublicKey.ofPem(pem.replace("\n", "")),
                DevicePublicKey.ofJwkCoordinates(base64Url(point, 1), base64Url(point, 33)),
                DevicePublicKey.parse(Base64.getEncoder().encodeToString(point)),
                DevicePublicKey.parse(Base64.getEncoder().encodeToString(compress(point))),
                DevicePublicKey.parse(base64Spki),
                DevicePublicKey.parse(" " + base64Spki + "\n"),
                DevicePublicKey.parse(Base64.getEncoder().encodeToString(compressedSpki)),
                DevicePublicKey.parse(pem))) {
            assertEquals(key, same);
            assertEquals(key.hashCode(), same.hashCode());
        }
    }

    @Property(tries = 100)
    void everyChangedBitOfAPointOrSpkiIsRefusedOrAnotherKey(@ForAll long seed, @ForAll @IntRange(max = 727) int bit)
            throws Exception {
        byte[] point = SlowP256.point(seed);
        DevicePublicKey key = DevicePublicKey.ofPoint(point);
        assertRefusedOrOther(key, flip(point, bit), DevicePublicKey::ofPoint);
        assertRefusedOrOther(key, flip(compress(point), bit), DevicePublicKey::ofPoint);
        assertRefusedOrOther(key, flip(spkiOfTheJdk(point), bit), DevicePublicKey::ofSpki);
    }

    @Property(tries = 300)
    void everyChangedCharacterOfATextIsRefusedOrAnotherKeyOrWhiteSpace(
            @ForAll("places") double place, @ForAll char other, @ForAll boolean insert) throws Exception {
        byte[] spki = spkiOfTheJdk(POINT);
        for (String text : List.of(
                Base64.getEncoder().encodeToString(POINT), Base64.getEncoder().encodeToString(spki), pem("\n", spki))) {
            int at = (int) (place * (text.length() - 1));
            String mutant = text.substring(0, at) + other + text.substring(insert ? at : at + 1);
            DevicePublicKey parsed = parsedOrNull(mutant);
            if (parsed != null && parsed.equals(DevicePublicKey.ofPoint(POINT))) {
                boolean onlySpace = mutant.replaceAll("\\s", "").equals(text.replaceAll("\\s", ""))
                        || Character.isWhitespace(other);
                assertTrue(onlySpace, "at " + at + " U+" + Integer.toHexString(other));
            }
        }
    }

    @Property
    void onlyInvalidPublicKeyExceptionEscapesForBytes(@ForAll @Size(max = 100) byte[] bytes) {
        onlyInvalid(() -> DevicePublicKey.ofPoint(bytes));
        onlyInvalid(() -> DevicePublicKey.ofSpki(bytes));
        onlyInvalid(() -> DevicePublicKey.parse(Base64.getEncoder().encodeToString(bytes)));
        onlyInvalid(() -> DevicePublicKey.parse(new String(bytes, StandardCharsets.ISO_8859_1)));
    }

    @Property
    void onlyInvalidPublicKeyExceptionEscapesForPointsOfTheRightShape(@ForAll @Size(64) byte[] rest) {
        for (int first : new int[] {0, 2, 3, 4, 6, 7}) {
            byte[] bytes = new byte[65];
            bytes[0] = (byte) first;
            System.arraycopy(rest, 0, bytes, 1, 64);
            onlyInvalid(() -> DevicePublicKey.ofPoint(bytes));
            onlyInvalid(() -> DevicePublicKey.ofPoint(Arrays.copyOf(bytes, 33)));
        }
    }

    @Property
    void onlyInvalidPublicKeyExceptionEscapesForText(@ForAll("hostile") String text, @ForAll("hostile") String other) {
        onlyInvalid(() -> DevicePublicKey.parse(text));
        onlyInvalid(() -> DevicePublicKey.ofPem(text));
        onlyInvalid(() -> DevicePublicKey.ofJwkCoordinates(text, other));
        onlyInvalid(() -> DevicePublicKey.ofJwkCoordinates(X, other));
        onlyInvalid(() -> DevicePublicKey.parse("-----BEGIN PUBLIC KEY-----" + text + "-----END PUBLIC KEY-----"));
        onlyInvalid(() -> DevicePublicKey.parse("-----" + text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"secp384r1", "secp521r1"})
    void otherCurvesAreRefused(String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        assertForeignKeyRefused(generator.generateKeyPair().getPublic());
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "Ed25519", "DSA"})
    void otherAlgorithmsAreRefused(String algorithm) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        assertForeignKeyRefused(generator.generateKeyPair().getPublic());
    }

    @Test
    void pointsThatAreNoneAreRefused() {
        byte[] offCurve = POINT.clone();
        offCurve[64] ^= 1;
        byte[] hybrid = POINT.clone();
        hybrid[0] = (byte) (6 + (POINT[64] & 1));
        for (byte[] bad : List.of(
                new byte[0],
                new byte[1], // infinity
                new byte[33],
                new byte[65],
                offCurve,
                hybrid,
                Arrays.copyOf(POINT, 64),
                Arrays.copyOfRange(POINT, 1, 65),
                Arrays.copyOf(POINT, 66),
                SlowP256.uncompressed(SlowP256.P, SlowP256.P),
                SlowP256.uncompressed(new BigInteger(1, POINT, 1, 32), SlowP256.P))) {
            assertInvalid(() -> DevicePublicKey.ofPoint(bad));
        }
    }

    @Test
    void anAliasOfACoordinateIsRefused() {
        byte[] compressed = new byte[33];
        compressed[0] = 2;
        compressed[32] = 5; // x = 5 is on the curve
        byte[] point = DevicePublicKey.ofPoint(compressed).toPoint();
        byte[] alias = point.clone();
        SlowP256.put(BigInteger.valueOf(5).add(SlowP256.P), alias, 33);
        assertEquals(
                DevicePublicKey.ofPoint(point),
                DevicePublicKey.ofJwkCoordinates(base64Url(point, 1), base64Url(point, 33)));
        assertInvalid(() -> DevicePublicKey.ofPoint(alias));
        assertInvalid(() -> DevicePublicKey.ofJwkCoordinates(base64Url(alias, 1), base64Url(alias, 33)));
    }

    @Test
    void pemIsOneBlockOfAPublicKey() throws Exception {
        byte[] spki = spkiOfTheJdk(POINT);
        String pem = pem("\n", spki);
        for (String bad : List.of(
                "",
                "-----BEGIN PUBLIC KEY-----",
                "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----",
                "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
                "-----BEGIN PUBLIC KEY-----END PUBLIC KEY-----",
                pem + pem,
                "x" + pem,
                pem + "x",
                pem.replace("PUBLIC KEY", "EC PUBLIC KEY"),
                pem.replace("PUBLIC KEY", "CERTIFICATE"),
                pem.replace("BEGIN", "begin"),
                pem.replaceFirst("\n", "\nProc-Type: 4,ENCRYPTED\n\n"),
                pem.replaceFirst("\n", "\n\u00A0"),
                pem.replaceFirst("\n", "\n\u0000"),
                pem.replace("=", ""),
                "-----BEGIN PUBLIC KEY-----\n" + Base64.getEncoder().encodeToString(POINT)
                        + "\n-----END PUBLIC KEY-----")) {
            assertInvalid(() -> DevicePublicKey.ofPem(bad));
            if (!bad.startsWith("x")) {
                assertInvalid(() -> DevicePublicKey.parse(bad));
            }
        }
        String privatePem = pem.replace("PUBLIC", "PRIVATE");
        assertTrue(refusal(() -> DevicePublicKey.parse(privatePem)).contains("private key"));
        assertTrue(refusal(() -> DevicePublicKey.parse(privatePem.replace("PRIVATE", "EC PRIVATE")))
                .contains("private key"));
    }

    @Test
    void coordinatesThatAreNoneAreRefused() {
        for (String bad : List.of(
                "",
                X + "=",
                X + "A",
                " " + X,
                X.substring(1),
                Y,
                Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[33]))) {
            assertInvalid(() -> DevicePublicKey.ofJwkCoordinates(bad, Y));
        }
    }

    @Test
    void aWholeJwkIsRefusedWithWhatToCallInstead() {
        String jwk = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + X + "\",\"y\":\"" + Y + "\"}";
        assertTrue(refusal(() -> DevicePublicKey.parse(jwk)).contains("ofJwkCoordinates"));
    }

    @Test
    void textHasAnEnd() throws Exception {
        String pem = pem("\n", spkiOfTheJdk(POINT));
        String longest = " ".repeat(8192 - pem.length()) + pem;
        assertEquals(DevicePublicKey.ofPoint(POINT), DevicePublicKey.parse(longest));
        assertEquals(DevicePublicKey.ofPoint(POINT), DevicePublicKey.ofPem(longest));
        assertInvalid(() -> DevicePublicKey.parse(" " + longest));
        assertInvalid(() -> DevicePublicKey.ofPem(" " + longest));
        assertInvalid(() -> DevicePublicKey.ofJwkCoordinates("A".repeat(1_000_000), Y));
        assertInvalid(() -> DevicePublicKey.ofSpki(new byte[1_000_000]));
        assertInvalid(() -> DevicePublicKey.parse("A".repeat(1_000_000)));
    }

    @Test
    void arraysAreCopied() {
        byte[] given = POINT.clone();
        DevicePublicKey key = DevicePublicKey.ofPoint(given);
        Arrays.fill(given, (byte) 0);
        Arrays.fill(key.toPoint(), (byte) 0);
        Arrays.fill(key.fingerprint(), (byte) 0);
        assertArrayEquals(POINT, key.toPoint());
        assertEquals(DevicePublicKey.ofPoint(POINT), key);
        assertArrayEquals(DevicePublicKey.ofPoint(POINT).fingerprint(), key.fingerprint());
    }

    @Test
    void otherPointsAreOtherKeys() {
        byte[] negated = compress(POINT);
        negated[0] ^= 1;
        assertNotEquals(DevicePublicKey.ofPoint(POINT), DevicePublicKey.ofPoint(negated), "the same x");
        assertNotEquals(DevicePublicKey.ofPoint(POINT), DevicePublicKey.ofPoint(SlowP256.point(43)));
        assertNotEquals(DevicePublicKey.ofPoint(POINT), new Object());
    }

    @Test
    void neitherToStringNorMessagesShowAKey() {
        assertEquals("DevicePublicKey[P-256]", DevicePublicKey.ofPoint(POINT).toString());
        byte[] offCurve = POINT.clone();
        offCurve[64] ^= 1;
        String hex = HexFormat.of().formatHex(offCurve);
        String base64 = Base64.getEncoder().encodeToString(offCurve);
        for (String message : List.of(
                refusal(() -> DevicePublicKey.ofPoint(offCurve)),
                refusal(() -> DevicePublicKey.parse(base64)),
                refusal(() -> DevicePublicKey.parse(base64 + "!")),
                refusal(() -> DevicePublicKey.parse("-----" + base64)),
                refusal(() -> DevicePublicKey.ofJwkCoordinates(base64Url(offCurve, 1), base64Url(offCurve, 33))),
                refusal(() -> DevicePublicKey.parse("{\"" + base64 + "\":\"\\x\"}")))) {
            assertFalse(message.contains(hex.substring(2, 18)) || message.contains(base64.substring(1, 12)), message);
            assertFalse(message.contains(X.substring(0, 8)), message);
        }
    }

    private static void assertForeignKeyRefused(PublicKey key) {
        byte[] spki = key.getEncoded();
        assertInvalid(() -> DevicePublicKey.ofSpki(spki));
        assertInvalid(() -> DevicePublicKey.parse(Base64.getEncoder().encodeToString(spki)));
        assertInvalid(() -> DevicePublicKey.parse(pem("\n", spki)));
    }

    private static void assertRefusedOrOther(
            DevicePublicKey key, byte[] mutant, Function<byte[], DevicePublicKey> factory) {
        try {
            assertNotEquals(key, factory.apply(mutant));
        } catch (InvalidPublicKeyException refused) {
            assertFalse(String.valueOf(refused.getMessage()).isEmpty());
        }
    }

    private interface Making {
        DevicePublicKey make();
    }

    private static void onlyInvalid(Making making) {
        try {
            assertEquals(65, making.make().toPoint().length);
        } catch (InvalidPublicKeyException expected) {
            assertFalse(String.valueOf(expected.getMessage()).isEmpty());
        }
    }

    private static void assertInvalid(Making making) {
        assertFalse(refusal(making).isEmpty());
    }

    private static String refusal(Making making) {
        return String.valueOf(
                assertThrows(InvalidPublicKeyException.class, making::make).getMessage());
    }

    private static @org.jspecify.annotations.Nullable DevicePublicKey parsedOrNull(String text) {
        try {
            return DevicePublicKey.parse(text);
        } catch (InvalidPublicKeyException refused) {
            return null;
        }
    }

    private static byte[] flip(byte[] bytes, int bit) {
        byte[] flipped = bytes.clone();
        flipped[bit / 8 % bytes.length] ^= (byte) (1 << bit % 8);
        return flipped;
    }

    private static byte[] spkiOfTheJdk(byte[] point) throws GeneralSecurityException {
        AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
        curve.init(new ECGenParameterSpec("secp256r1"));
        ECPoint w = new ECPoint(new BigInteger(1, point, 1, 32), new BigInteger(1, point, 33, 32));
        return KeyFactory.getInstance("EC")
                .generatePublic(new ECPublicKeySpec(w, curve.getParameterSpec(ECParameterSpec.class)))
                .getEncoded();
    }

    private static String pem(String lineEnd, byte[] der) {
        String base64 = Base64.getMimeEncoder(64, lineEnd.getBytes(StandardCharsets.US_ASCII))
                .encodeToString(der);
        return "-----BEGIN PUBLIC KEY-----" + lineEnd + base64 + lineEnd + "-----END PUBLIC KEY-----" + lineEnd;
    }

    private static String base64Url(byte[] point, int from) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOfRange(point, from, from + 32));
    }

    private static byte[] compress(byte[] point) {
        byte[] compressed = Arrays.copyOf(point, 33);
        compressed[0] = (byte) (2 + (point[64] & 1));
        return compressed;
    }

    @Provide
    Arbitrary<Double> places() {
        return Arbitraries.doubles().between(0, 1);
    }

    @Provide
    Arbitrary<String> hostile() {
        return Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(60),
                Arbitraries.strings()
                        .withChars("{}[]\",:\\ukdxy01-+. \n\r\t\u0000\uFF21\u0130\uD800=/_AZ")
                        .ofMaxLength(60),
                Arbitraries.randomValue(DevicePublicKeyTest::pieces));
    }

    /** Pieces of valid forms in any order. */
    private static String pieces(Random random) {
        String[] pieces = {
            "{",
            "}",
            "\"kty\":\"EC\"",
            ",",
            "\"crv\":\"P-256\"",
            "\"x\":\"",
            X,
            "\"",
            "\"y\":\"",
            Y,
            "-----",
            "BEGIN PUBLIC KEY",
            "END PUBLIC KEY",
            "-----",
            "PRIVATE KEY",
            "\n",
            " ",
            "\u0000",
            "=",
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
            "[",
            "]"
        };
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(12); i >= 0; i--) {
            text.append(pieces[random.nextInt(pieces.length)]);
        }
        return text.toString();
    }
}

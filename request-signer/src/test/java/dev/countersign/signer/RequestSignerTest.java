package dev.countersign.signer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.wire.SignatureDer;
import dev.countersign.api.wire.UuidText;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestSignerTest {
    private static final String DEVICE = "6BA7B810-9dad-41d1-80b4-00c04fd430c8";
    private static final String NONCE = "0F8FAD5B-d9cb-469f-a165-70867728950e";
    private static final byte[] BODY = {0, 13, 10, (byte) 0xFF, '{'};
    private static final KeyPair KEYS = newKeys("secp256r1");
    private static final BigInteger N =
            new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

    private final RequestSigner signer = signer(SigningCallback.of(KEYS.getPrivate()));

    @Test
    void giveExactlyTheSixHeadersInOrder() {
        RequestSignature signature = signer.sign("com.acme.App", "POST", "/v1/x", BODY, 1_700_000_000L, NONCE);

        Map<String, String> headers = signature.headers();
        assertEquals(
                List.of(
                        "X-App-ID",
                        "X-Device-ID",
                        "X-Synheart-Signature",
                        "X-Synheart-Timestamp",
                        "X-Synheart-Nonce",
                        "X-Synheart-Sig-Version"),
                new ArrayList<>(headers.keySet()));
        assertEquals("com.acme.App", headers.get("X-App-ID"));
        assertEquals(DEVICE, headers.get("X-Device-ID"), "sent as it was issued");
        assertEquals("1700000000", headers.get("X-Synheart-Timestamp"));
        assertEquals(NONCE, headers.get("X-Synheart-Nonce"));
        assertEquals("1", headers.get("X-Synheart-Sig-Version"));
        assertThrows(UnsupportedOperationException.class, () -> headers.remove("X-App-ID"));
    }

    @Property(tries = 200)
    void theJdkVerifiesWhatWasSigned(
            @ForAll("methods") String method, @ForAll("paths") String path, @ForAll byte[] body) throws Exception {
        RequestSignature signed = signer.signRequest("app", method, path, body);

        byte[] message = concat((method + "\n" + path + "\n" + signed.timestamp() + "\n"), body);
        Signature jdk = Signature.getInstance("SHA256withECDSA");
        jdk.initVerify(KEYS.getPublic());
        jdk.update(message);
        assertTrue(jdk.verify(Base64.getDecoder().decode(signed.signature())));
        jdk.update(concat("X", message));
        assertFalse(jdk.verify(Base64.getDecoder().decode(signed.signature())));
    }

    @Test
    void theMessageIsHashedOnce() throws Exception {
        RequestSignature signed = signer.sign("app", "PUT", "/v1/x", BODY, 5, NONCE);

        byte[] digest = MessageDigest.getInstance("SHA-256").digest(concat("PUT\n/v1/x\n5\n", BODY));
        Signature overDigest = Signature.getInstance("NONEwithECDSA");
        overDigest.initVerify(KEYS.getPublic());
        overDigest.update(digest);
        assertTrue(overDigest.verify(Base64.getDecoder().decode(signed.signature())));
    }

    @Test
    void theMessageHasTheKnownBytes() {
        AtomicReference<byte[]> seen = new AtomicReference<>(new byte[0]);
        RequestSigner recording = signer(message -> {
            seen.set(message);
            return rawOf(BigInteger.ONE, BigInteger.ONE);
        });

        assertNotNull(recording.sign("app", "POST", "/ingest/v1/%2F//a;b/..", BODY, 1_700_000_000L, NONCE));
        assertEquals(
                "504f53540a" + "2f696e676573742f76312f2532462f2f613b622f2e2e0a" + "313730303030303030300a"
                        + "000d0aff7b",
                HexFormat.of().formatHex(seen.get()));

        assertNotNull(recording.sign("app", "GET", "/", new byte[0], 0, NONCE));
        assertEquals("4745540a2f0a300a", HexFormat.of().formatHex(seen.get()), "an empty body leaves its LF");
    }

    @Test
    void theCallbackMayChangeItsMessageAndKeepItsAnswer() {
        byte[] der = SignatureDer.fromRaw(rawOf(BigInteger.TWO, BigInteger.TEN));
        byte[] body = BODY.clone();
        RequestSigner careless = signer(message -> {
            Arrays.fill(message, (byte) 0);
            return der;
        });
        RequestSignature signed = careless.sign("app", "GET", "/", body, 1, NONCE);
        String before = signed.signature();
        Arrays.fill(der, (byte) 0);
        assertEquals(before, signed.signature());
        assertArrayEquals(BODY, body);
    }

    @Property(tries = 500)
    void rawAndDerAnswersGiveTheSameHeader(@ForAll("scalars") BigInteger r, @ForAll("scalars") BigInteger s) {
        byte[] raw = rawOf(r, s);
        byte[] der = SignatureDer.fromRaw(raw);

        String fromRaw =
                signer(message -> raw).sign("app", "GET", "/", BODY, 1, NONCE).signature();
        String fromDer =
                signer(message -> der).sign("app", "GET", "/", BODY, 1, NONCE).signature();

        assertEquals(fromDer, fromRaw);
        assertEquals(Base64.getEncoder().encodeToString(jdkDer(r, s)), fromRaw);
        assertEquals(0, fromRaw.length() % 4, "padded");
    }

    @Test
    void anAnswerOf64BytesThatIsDerIsTakenAsDer() {
        byte[] der =
                SignatureDer.fromRaw(rawOf(BigInteger.ONE.shiftLeft(29 * 8 - 2), BigInteger.ONE.shiftLeft(29 * 8 - 2)));
        assertEquals(64, der.length);
        String header =
                signer(message -> der).sign("app", "GET", "/", BODY, 1, NONCE).signature();
        assertEquals(Base64.getEncoder().encodeToString(der), header);
    }

    @Test
    void whatIsNoSignatureIsRefusedWithoutItsBytes() {
        byte[] good = SignatureDer.fromRaw(rawOf(BigInteger.valueOf(0xABCDEF), N.subtract(BigInteger.ONE)));
        byte[] padded = {0x30, 8, 2, 3, 0, 0, 1, 2, 1, 1};
        List<byte[]> bad = List.of(
                new byte[0],
                new byte[64],
                new byte[63],
                new byte[65],
                rawOf(BigInteger.ZERO, BigInteger.ONE),
                rawOf(BigInteger.ONE, BigInteger.ZERO),
                rawOf(N, BigInteger.ONE),
                rawOf(BigInteger.ONE, N),
                Arrays.copyOf(good, good.length + 1),
                Arrays.copyOf(good, good.length - 1),
                padded);
        for (byte[] answer : bad) {
            SigningException refused = assertThrows(
                    SigningException.class,
                    () -> signer(message -> answer).sign("app", "GET", "/", BODY, 1, NONCE),
                    () -> HexFormat.of().formatHex(answer));
            assertEquals(
                    "the signing callback must give a P-256 signature, either strict DER or the raw 64 bytes r and s",
                    refused.getMessage());
        }
    }

    @Test
    @SuppressWarnings("NullAway") // what a careless callback does
    void aCallbackThatGivesNullOrThrowsIsASigningException() {
        assertThrows(SigningException.class, () -> signer(message -> null).signRequest("app", "GET", "/", BODY));

        InvalidKeyException locked = new InvalidKeyException("locked");
        SigningException failed = assertThrows(
                SigningException.class,
                () -> signer(message -> {
                            throw locked;
                        })
                        .signRequest("app", "GET", "/", BODY));
        assertSame(locked, failed.getCause());

        SigningException broken = assertThrows(
                SigningException.class,
                () -> signer(message -> {
                            throw new IllegalStateException("gone");
                        })
                        .signRequest("app", "GET", "/", BODY));
        assertInstanceOf(IllegalStateException.class, broken.getCause());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "v1/secret",
                "https://host/secret",
                "/secret?q=1",
                "/secret#f",
                "/secret\\x",
                "/secret x",
                "/secret\n",
                "/secret\u0000",
                "/secret\u007F",
                "/sécret",
                "*"
            })
    void aPathNotInItsFormIsRefusedBeforeTheCallback(String path) {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> untouched().signRequest("app", "GET", path, BODY));
        assertFalse(refused.getMessage() != null && refused.getMessage().contains("ecret"), refused.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "get",
                "Get",
                "-GET",
                "GET ",
                "GE\nT",
                "M1",
                "ＧＥＴ",
                "GET\n",
                "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG"
            })
    void aMethodNotInItsFormIsRefusedBeforeTheCallback(String method) {
        assertThrows(IllegalArgumentException.class, () -> untouched().signRequest("app", method, "/", BODY));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a,b", "a b", "a\n", "ä", "\u0000"})
    void anIdNotInItsFormIsRefused(String id) {
        assertThrows(IllegalArgumentException.class, () -> untouched().signRequest(id, "GET", "/", BODY));
        assertThrows(IllegalArgumentException.class, () -> RequestSigner.builder(id, message -> message));
    }

    @Test
    void idsHaveAtMost128Characters() {
        String longest = "x".repeat(128);
        assertEquals(longest, signer.signRequest(longest, "GET", "/", BODY).appId());
        assertThrows(IllegalArgumentException.class, () -> signer.signRequest(longest + "x", "GET", "/", BODY));
        assertNotNull(RequestSigner.builder(longest, message -> message).build());
        assertThrows(IllegalArgumentException.class, () -> RequestSigner.builder(longest + "x", message -> message));
    }

    @Test
    void explicitTimestampsAndNoncesAreChecked() {
        for (long timestamp : new long[] {-1, Long.MIN_VALUE, 100_000_000_000L, Long.MAX_VALUE}) {
            assertThrows(
                    IllegalArgumentException.class, () -> untouched().sign("app", "GET", "/", BODY, timestamp, NONCE));
        }
        assertEquals("0", signer.sign("app", "GET", "/", BODY, 0, NONCE).timestamp());
        assertEquals(
                "99999999999",
                signer.sign("app", "GET", "/", BODY, 99_999_999_999L, NONCE).timestamp());
        for (String nonce : List.of("", "0f8fad5b-d9cb-169f-a165-70867728950e", NONCE + " ", "secret")) {
            IllegalArgumentException refused = assertThrows(
                    IllegalArgumentException.class, () -> untouched().sign("app", "GET", "/", BODY, 1, nonce));
            assertFalse(
                    nonce.length() > 1 && String.valueOf(refused.getMessage()).contains(nonce));
        }
    }

    @Test
    @SuppressWarnings("NullAway") // what a careless source does
    void aNonceSourceThatGivesNoVersion4UuidIsRefusedWithoutItsValue() {
        for (String nonce : new String[] {null, "", "secret", "0f8fad5b-d9cb-169f-a165-70867728950e"}) {
            RequestSigner broken = RequestSigner.builder(DEVICE, SigningCallback.of(KEYS.getPrivate()))
                    .nonces(() -> nonce)
                    .build();
            IllegalStateException refused =
                    assertThrows(IllegalStateException.class, () -> broken.signRequest("app", "GET", "/", BODY));
            assertEquals("the nonce source must give version 4 UUIDs of the form 8-4-4-4-12", refused.getMessage());
        }
    }

    @Test
    void timeAndNonceComeFromTheGivenSources() {
        RequestSigner fixed = RequestSigner.builder(DEVICE, SigningCallback.of(KEYS.getPrivate()))
                .clockOffset(ClockOffset.of(Clock.fixed(Instant.ofEpochMilli(1_999), ZoneOffset.UTC)))
                .nonces(() -> NONCE)
                .build();
        assertEquals("1", fixed.signRequest("app", "GET", "/", BODY).timestamp());
        assertEquals(NONCE, fixed.signRequest("app", "GET", "/", BODY).nonce());

        fixed.correctClockSkew(1_700_000_000L);
        assertEquals("1700000000", fixed.signRequest("app", "GET", "/", BODY).timestamp());
    }

    @Test
    void noncesAreFreshVersion4Uuids() {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        for (int i = 0; i < 200; i++) {
            String nonce = signer.signRequest("app", "GET", "/", BODY).nonce();
            assertTrue(UuidText.isVersion4(nonce));
            assertTrue(seen.add(nonce));
        }
    }

    @Test
    void manyThreadsShareASigner() throws Exception {
        int threads = 8;
        int each = 50;
        Set<String> nonces = ConcurrentHashMap.newKeySet();
        CountDownLatch together = new CountDownLatch(threads);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<Integer>> results = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                byte[] body = {(byte) t};
                Callable<Integer> work = () -> {
                    together.countDown();
                    assertTrue(together.await(30, TimeUnit.SECONDS));
                    Signature jdk = Signature.getInstance("SHA256withECDSA");
                    jdk.initVerify(KEYS.getPublic());
                    int verified = 0;
                    for (int i = 0; i < each; i++) {
                        RequestSignature signed = signer.signRequest("app", "POST", "/v1/" + i, body);
                        assertTrue(nonces.add(signed.nonce()));
                        jdk.update(concat("POST\n/v1/" + i + "\n" + signed.timestamp() + "\n", body));
                        verified += jdk.verify(Base64.getDecoder().decode(signed.signature())) ? 1 : 0;
                    }
                    return verified;
                };
                results.add(pool.submit(work));
            }
            for (Future<Integer> result : results) {
                assertEquals(each, result.get(60, TimeUnit.SECONDS));
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void aSignatureInProgressHoldsNoLock() throws Exception {
        CountDownLatch inside = new CountDownLatch(2);
        RequestSigner meeting = signer(message -> {
            inside.countDown();
            try {
                // Passes only if the other thread gets in here too.
                return inside.await(30, TimeUnit.SECONDS) ? rawOf(BigInteger.ONE, BigInteger.ONE) : new byte[0];
            } catch (InterruptedException interrupted) {
                throw new GeneralSecurityException(interrupted);
            }
        });
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            Future<RequestSignature> one = pool.submit(() -> meeting.signRequest("app", "GET", "/", BODY));
            Future<RequestSignature> two = pool.submit(() -> meeting.signRequest("app", "GET", "/", BODY));
            assertNotEquals(
                    one.get(60, TimeUnit.SECONDS).nonce(),
                    two.get(60, TimeUnit.SECONDS).nonce());
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void onlyKeysOfP256AreTaken() throws Exception {
        KeyPair p384 = newKeys("secp384r1");
        KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
        rsa.initialize(2048);
        KeyPair rsaKeys = rsa.generateKeyPair();
        assertThrows(IllegalArgumentException.class, () -> SigningCallback.of(p384.getPrivate()));
        assertThrows(IllegalArgumentException.class, () -> SigningCallback.of(rsaKeys.getPrivate()));
    }

    @Test
    void aKeyThatShowsNoCurveIsTakenAndFailsWhenItSigns() {
        PrivateKey opaque = new PrivateKey() {
            private static final long serialVersionUID = 1L;

            @Override
            public String getAlgorithm() {
                return "EC";
            }

            @Override
            public @Nullable String getFormat() {
                return null;
            }

            @Override
            public byte @Nullable [] getEncoded() {
                return null;
            }
        };
        RequestSigner remote = signer(SigningCallback.of(opaque));
        SigningException failed =
                assertThrows(SigningException.class, () -> remote.signRequest("app", "GET", "/", BODY));
        assertInstanceOf(InvalidKeyException.class, failed.getCause(), "no provider here can use it");
    }

    @Test
    void nothingShowsInToString() {
        RequestSignature signed = signer.sign("app", "POST", "/v1/x", BODY, 1_700_000_000L, NONCE);
        assertEquals("RequestSignature[]", signed.toString());
        assertEquals("RequestSigner[]", signer.toString());
        assertEquals(
                "SigningCallback[SHA256withECDSA]",
                SigningCallback.of(KEYS.getPrivate()).toString());
    }

    @Provide
    Arbitrary<String> methods() {
        return Arbitraries.of("GET", "POST", "PUT", "PATCH", "DELETE", "M-SEARCH", "A", "A" + "-".repeat(31));
    }

    @Provide
    Arbitrary<String> paths() {
        return Arbitraries.strings()
                .withCharRange('!', '~')
                .excludeChars('?', '#', '\\')
                .ofMaxLength(60)
                .map(rest -> "/" + rest);
    }

    @Provide
    Arbitrary<BigInteger> scalars() {
        // Of every length, with and without a leading sign bit, and both halves: high s included.
        return Arbitraries.oneOf(
                Arbitraries.bigIntegers().between(BigInteger.ONE, N.subtract(BigInteger.ONE)),
                Arbitraries.integers().between(0, 255).map(BigInteger.ONE::shiftLeft),
                Arbitraries.integers()
                        .between(1, 255)
                        .map(bits -> BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE)),
                Arbitraries.integers().between(1, 1000).map(i -> N.subtract(BigInteger.valueOf(i))));
    }

    private static RequestSigner untouched() {
        AtomicInteger calls = new AtomicInteger();
        return signer(message -> {
            throw new AssertionError("called " + calls.incrementAndGet() + " times");
        });
    }

    private static RequestSigner signer(SigningCallback callback) {
        return RequestSigner.builder(DEVICE, callback).build();
    }

    /** DER as somebody else writes it: an INTEGER is what BigInteger writes. */
    private static byte[] jdkDer(BigInteger r, BigInteger s) {
        byte[] rBytes = r.toByteArray();
        byte[] sBytes = s.toByteArray();
        byte[] head = {0x30, (byte) (4 + rBytes.length + sBytes.length), 2, (byte) rBytes.length};
        return concat(concat(concat(head, rBytes), new byte[] {2, (byte) sBytes.length}), sBytes);
    }

    private static byte[] rawOf(BigInteger r, BigInteger s) {
        byte[] raw = new byte[64];
        put(r, raw, 32);
        put(s, raw, 64);
        return raw;
    }

    private static void put(BigInteger value, byte[] raw, int end) {
        byte[] bytes = value.toByteArray();
        int length = Math.min(32, bytes.length);
        System.arraycopy(bytes, bytes.length - length, raw, end - length, length);
    }

    private static byte[] concat(String head, byte[] tail) {
        return concat(head.getBytes(StandardCharsets.ISO_8859_1), tail);
    }

    private static byte[] concat(byte[] head, byte[] tail) {
        byte[] both = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, both, head.length, tail.length);
        return both;
    }

    private static KeyPair newKeys(String curve) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}

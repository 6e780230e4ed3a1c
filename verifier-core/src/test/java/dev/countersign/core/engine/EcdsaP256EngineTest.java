package dev.countersign.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.testkit.TestKeys;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.util.BigIntegers;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Signatures made by the JDK's own provider, which is not what checks them. */
class EcdsaP256EngineTest {
    private static final BigInteger N = CustomNamedCurves.getByName("secp256r1").getN();

    /** Uses its table from the third verification of a key on, so that three rounds see both ways. */
    private final EcdsaP256Engine engine = new BouncyCastleEngine(2);

    @Property(tries = 60)
    void takesWhatTheJdkSignedAndNothingElse(
            @ForAll long seed, @ForAll byte[] message, @ForAll @IntRange(max = 511) int bit) throws Exception {
        PreparedKey key = engine.prepare(TestKeys.publicKey(seed));
        byte[] digest = sha256(message);
        byte[] signature = sign(seed, message);
        byte[] flipped = signature.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        byte[] otherDigest = digest.clone();
        otherDigest[bit / 8 % 32] ^= (byte) (1 << bit % 8);
        // Five verifications a round: the first two without the key's table, the others with it.
        for (int round = 0; round < 3; round++) {
            assertTrue(engine.verify(key, digest, signature), "the signature itself");
            assertTrue(engine.verify(key, digest, withNegatedS(signature)), "n−s in place of s");
            assertFalse(engine.verify(key, digest, flipped), "a flipped bit of the signature");
            assertFalse(engine.verify(key, otherDigest, signature), "a flipped bit of the digest");
            assertFalse(engine.verify(key, sha256(digest), signature), "hashed twice");
        }
    }

    @Property(tries = 40)
    void anotherKeyDoesNotVerify(@ForAll long seed, @ForAll @IntRange(min = 1) int other) throws Exception {
        byte[] message = {1, 2, 3};
        PreparedKey stranger = engine.prepare(TestKeys.publicKey(seed + other));
        for (int round = 0; round < 4; round++) {
            assertFalse(engine.verify(stranger, sha256(message), sign(seed, message)));
        }
    }

    /** With Q = d·G and r chosen so that e + r·d ≡ 0, the sum is the point at infinity, which has no x. */
    @Property(tries = 40)
    void theSumAtInfinityIsNoSignature(@ForAll long seed, @ForAll byte[] message) throws Exception {
        BigInteger d = new BigInteger(1, sha256(new byte[] {(byte) seed, 7}))
                .mod(N.subtract(BigInteger.ONE))
                .add(BigInteger.ONE);
        PreparedKey key = engine.prepare(publicKeyOf(d));
        byte[] digest = sha256(message);
        BigInteger e = new BigInteger(1, digest);
        BigInteger r = e.negate().multiply(d.modInverse(N)).mod(N);
        for (int s = 1; s < 6; s++) {
            assertFalse(engine.verify(key, digest, raw(r, BigInteger.valueOf(s))));
        }
    }

    /** Digests at the edges: 0, n, n−1, 2²⁵⁶−1 and 1, compared with the equation in plain affine arithmetic. */
    @Test
    void digestsAndNumbersAtTheEdges() {
        BigInteger d = BigInteger.valueOf(0x1234567);
        PreparedKey key = engine.prepare(publicKeyOf(d));
        BigInteger full = BigInteger.ONE.shiftLeft(256).subtract(BigInteger.ONE);
        int valid = 0;
        for (BigInteger e : List.of(BigInteger.ZERO, BigInteger.ONE, N, N.subtract(BigInteger.ONE), full)) {
            for (BigInteger k : List.of(BigInteger.ONE, BigInteger.TWO, N.subtract(BigInteger.ONE), d)) {
                BigInteger r = G.multiply(k)
                        .normalize()
                        .getAffineXCoord()
                        .toBigInteger()
                        .mod(N);
                BigInteger s = k.modInverse(N).multiply(e.add(r.multiply(d))).mod(N);
                byte[] digest = BigIntegers.asUnsignedByteArray(32, e);
                assertTrue(engine.verify(key, digest, raw(r, s)));
                assertEquals(r.equals(s), engine.verify(key, digest, raw(s, r)));
                assertFalse(engine.verify(key, digest, raw(BigInteger.ONE, BigInteger.ONE)));
                assertFalse(engine.verify(key, digest, raw(N.subtract(BigInteger.ONE), N.subtract(BigInteger.ONE))));
                valid++;
            }
        }
        assertEquals(20, valid);
    }

    /** Where x of the sum lies between n and p, r is x − n. Such a point is found by solving for the key. */
    @Test
    void anXAboveTheOrderWrapsAround() {
        BigInteger p =
                CustomNamedCurves.getByName("secp256r1").getCurve().getField().getCharacteristic();
        BigInteger r = BigInteger.ZERO;
        ECPoint sum = null;
        while (sum == null) {
            r = r.add(BigInteger.ONE);
            assertTrue(r.add(N).compareTo(p) < 0 && r.bitLength() < 8, "one x in two has a point");
            sum = pointWithX(r.add(N));
        }
        // Choose e and s, and solve R = (e·G + r·Q)/s for Q.
        byte[] digest = sha256(new byte[] {42});
        BigInteger e = new BigInteger(1, digest);
        BigInteger s = BigInteger.valueOf(99);
        ECPoint q = sum.multiply(s)
                .subtract(G.multiply(e))
                .multiply(r.modInverse(N))
                .normalize();
        PreparedKey key = engine.prepare(DevicePublicKey.ofPoint(q.getEncoded(false)));
        for (int round = 0; round < 3; round++) {
            assertTrue(engine.verify(key, digest, raw(r, s)));
            assertFalse(engine.verify(key, digest, raw(r.add(BigInteger.ONE), s)));
        }
    }

    @Test
    void edgeKeys() throws GeneralSecurityException {
        // d = 1 and d = n−1: tables of G itself and of its mirror image, where sums meet and cancel.
        for (BigInteger d : List.of(BigInteger.ONE, BigInteger.TWO, N.subtract(BigInteger.ONE))) {
            PreparedKey key = engine.prepare(publicKeyOf(d));
            Random random = new Random(5);
            for (int i = 0; i < 50; i++) {
                byte[] digest = new byte[32];
                random.nextBytes(digest);
                BigInteger e = new BigInteger(1, digest);
                BigInteger k = new BigInteger(255, random).add(BigInteger.ONE);
                BigInteger r = G.multiply(k)
                        .normalize()
                        .getAffineXCoord()
                        .toBigInteger()
                        .mod(N);
                BigInteger s = k.modInverse(N).multiply(e.add(r.multiply(d))).mod(N);
                assertTrue(engine.verify(key, digest, raw(r, s)));
                assertFalse(
                        engine.verify(key, digest, raw(r, s.add(BigInteger.ONE).mod(N))));
            }
        }
    }

    @Test
    void oneKeyServesManyThreads() throws Exception {
        PreparedKey key = engine.prepare(TestKeys.publicKey(3));
        byte[] message = {9};
        byte[] digest = sha256(message);
        byte[] good = sign(3, message);
        byte[] bad = withNegatedS(good);
        bad[63] ^= 1;
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Integer>> tasks = IntStream.range(0, 8)
                    .<Callable<Integer>>mapToObj(t -> () -> {
                        int right = 0;
                        for (int i = 0; i < 200; i++) {
                            right += engine.verify(key, digest, good) ? 1 : 0;
                            right += engine.verify(key, digest, bad) ? 0 : 1;
                        }
                        return right;
                    })
                    .toList();
            for (Future<Integer> task : pool.invokeAll(tasks)) {
                assertEquals(400, task.get());
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void aKeyChangesOverToItsTableInTheMiddleOfItsWork() throws Exception {
        EcdsaP256Engine usual = EcdsaP256Engine.bouncyCastle();
        PreparedKey key = usual.prepare(TestKeys.publicKey(4));
        byte[] message = {1};
        byte[] digest = sha256(message);
        byte[] good = sign(4, message);
        byte[] bad = good.clone();
        bad[40] ^= 1;
        for (int i = 0; i < 2 * BouncyCastleEngine.USES_BEFORE_TABLE; i++) {
            assertTrue(usual.verify(key, digest, good));
            assertFalse(usual.verify(key, digest, bad));
        }
    }

    @Test
    void showsNoKeyMaterial() {
        PreparedKey key = engine.prepare(TestKeys.publicKey(1));
        assertEquals("PreparedKey[P-256]", key.toString());
        assertEquals(TestKeys.publicKey(1), key.publicKey());
        assertEquals("bouncycastle", engine.name());
    }

    private static final ECPoint G = CustomNamedCurves.getByName("secp256r1").getG();

    private static DevicePublicKey publicKeyOf(BigInteger d) {
        return DevicePublicKey.ofPoint(G.multiply(d).normalize().getEncoded(false));
    }

    private static @Nullable ECPoint pointWithX(BigInteger x) {
        byte[] compressed = new byte[33];
        compressed[0] = 2;
        System.arraycopy(BigIntegers.asUnsignedByteArray(32, x), 0, compressed, 1, 32);
        try {
            return G.getCurve().decodePoint(compressed);
        } catch (IllegalArgumentException noSuchPoint) {
            return null;
        }
    }

    private static byte[] sign(long seed, byte[] message) throws GeneralSecurityException {
        Signature signer = Signature.getInstance("SHA256withECDSAinP1363Format");
        signer.initSign(TestKeys.privateKey(seed));
        signer.update(message);
        return signer.sign();
    }

    private static byte[] withNegatedS(byte[] signature) {
        BigInteger r = new BigInteger(1, Arrays.copyOf(signature, 32));
        BigInteger s = new BigInteger(1, Arrays.copyOfRange(signature, 32, 64));
        return raw(r, N.subtract(s));
    }

    private static byte[] raw(BigInteger r, BigInteger s) {
        byte[] raw = new byte[64];
        System.arraycopy(BigIntegers.asUnsignedByteArray(32, r), 0, raw, 0, 32);
        System.arraycopy(BigIntegers.asUnsignedByteArray(32, s), 0, raw, 32, 32);
        return raw;
    }

    private static byte[] sha256(byte[] message) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(message);
        } catch (GeneralSecurityException impossible) {
            throw new AssertionError(impossible);
        }
    }
}

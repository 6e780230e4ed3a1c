package dev.countersign.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.testkit.TestKeys;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A table costs more than ten checks. Who makes us build one? Only the key's holder, one key at a time. */
class TableBuildingTest {
    private static final byte[] MESSAGE = {4, 2};

    private final byte[] digest = digest();
    private final AtomicInteger built = new AtomicInteger();

    @Test
    void badSignaturesBuildNothing() throws Exception {
        EcdsaP256Engine engine = EcdsaP256Engine.bouncyCastle();
        PreparedKey key = engine.prepare(TestKeys.publicKey(1));
        int bytes = key.approximateBytes();
        byte[] good = sign(1);
        byte[] bad = sign(2);
        for (int i = 0; i < 10 * BouncyCastleEngine.USES_BEFORE_TABLE; i++) {
            assertFalse(engine.verify(key, digest, bad));
        }
        assertEquals(bytes, key.approximateBytes(), "no table after bad signatures only");
        for (int i = 0; i < BouncyCastleEngine.USES_BEFORE_TABLE; i++) {
            assertTrue(engine.verify(key, digest, good));
            assertFalse(engine.verify(key, digest, bad));
        }
        assertEquals(bytes, key.approximateBytes(), "bad signatures do not count between good ones either");
        assertTrue(engine.verify(key, digest, good));
        assertTrue(key.approximateBytes() > bytes, "a table by good signatures");
    }

    @Test
    void oneTableIsBuiltAtATime() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        EcdsaP256Engine engine = new BouncyCastleEngine(0, point -> {
            if (built.incrementAndGet() == 1) {
                begun.countDown();
                await(gate);
            }
            return new CombTable(point);
        });
        PreparedKey first = engine.prepare(TestKeys.publicKey(1));
        PreparedKey second = engine.prepare(TestKeys.publicKey(2));
        byte[] firstSignature = sign(1);
        byte[] secondSignature = sign(2);
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            Future<Boolean> building = other.submit(() -> engine.verify(first, digest, firstSignature));
            await(begun);
            for (int i = 0; i < 50; i++) {
                assertTrue(engine.verify(first, digest, firstSignature), "goes on without");
                assertTrue(engine.verify(second, digest, secondSignature), "goes on without");
            }
            assertEquals(1, built.get(), "nobody else builds meanwhile");
            gate.countDown();
            assertTrue(building.get(1, TimeUnit.MINUTES));
            assertTrue(engine.verify(second, digest, secondSignature));
            assertEquals(2, built.get(), "the other key's next signature builds its table");
            assertTrue(engine.verify(first, digest, firstSignature));
            assertTrue(engine.verify(second, digest, secondSignature));
            assertEquals(2, built.get());
        } finally {
            gate.countDown();
            other.shutdownNow();
        }
    }

    @Test
    void aBuildThatFailsIsNotRetriedForEverAndChangesNoVerdict() throws Exception {
        EcdsaP256Engine engine = new BouncyCastleEngine(2, point -> {
            built.incrementAndGet();
            throw new OutOfMemoryError("as far as this test goes");
        });
        PreparedKey key = engine.prepare(TestKeys.publicKey(1));
        byte[] good = sign(1);
        byte[] bad = sign(2);
        for (int i = 1; i <= 300; i++) {
            assertTrue(engine.verify(key, digest, good));
            assertFalse(engine.verify(key, digest, bad));
            assertTrue(built.get() <= i / 3, "uses between two attempts");
        }
        assertEquals(BouncyCastleEngine.ATTEMPTS_TO_BUILD, built.get());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(1, TimeUnit.MINUTES));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] sign(long seed) throws GeneralSecurityException {
        Signature signer = Signature.getInstance("SHA256withECDSAinP1363Format");
        signer.initSign(TestKeys.privateKey(seed));
        signer.update(MESSAGE);
        return signer.sign();
    }

    private static byte[] digest() {
        try {
            return MessageDigest.getInstance("SHA-256").digest(MESSAGE);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}

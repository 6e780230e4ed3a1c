package dev.countersign.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECCurve;
import org.bouncycastle.util.BigIntegers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The engine, with tables and without, against the definition. {@link EngineComparison} does the same at length. */
class EngineReferenceTest {
    private static final ECCurve CURVE =
            CustomNamedCurves.getByName("secp256r1").getCurve();
    private static final EcdsaP256Engine PLAIN = new BouncyCastleEngine(Integer.MAX_VALUE);
    static final EcdsaP256Engine TABLES = new BouncyCastleEngine(0);

    @Test
    void agreesWithTheDefinition() {
        compare(20_261_126, 2_000);
    }

    @Test
    @Tag("full")
    void agreesWithTheDefinitionInManyMoreCases() {
        compare(System.nanoTime(), 20_000);
    }

    private static void compare(long seed, int count) {
        HardCases cases = new HardCases(seed);
        List<String> wrong = new ArrayList<>();
        Set<String> kinds = new TreeSet<>();
        int valid = 0;
        for (int i = 0; i < count; i++) {
            HardCases.Case each = cases.next();
            boolean expected = TextbookP256.isValid(each.textbookKey(), each.digest(), each.r(), each.s());
            kinds.add(each.about().replaceFirst(",.*", ""));
            valid += expected ? 1 : 0;
            PreparedKey plain = PLAIN.prepare(each.publicKey());
            if (PLAIN.verify(plain, each.digestBytes(), each.signature()) != expected) {
                wrong.add("without table, case " + i + ": " + each.about());
            }
            if (TABLES.verify(withTable(each), each.digestBytes(), each.signature()) != expected) {
                wrong.add("with table, case " + i + ": " + each.about());
            }
            if (each.mustBe() != null && each.mustBe() != expected) {
                wrong.add("the reference itself, case " + i + ": " + each.about());
            }
        }
        assertEquals(List.of(), wrong, "seed " + seed);
        assertTrue(valid > count / 3 && valid < count * 5 / 6, valid + " valid of " + count);
        assertEquals(9, kinds.size(), kinds.toString());
    }

    @Test
    void everyTableEntryAndItsNegativeIsAKey() {
        long seed = System.nanoTime();
        List<HardCases.Case> cases = HardCases.keysOfEveryTableEntry(seed);
        assertEquals(2 * ((1 << CombTable.TEETH) - 1), cases.size());
        for (HardCases.Case each : cases) {
            String what = each.about() + ", seed " + seed;
            byte[] digest = each.digestBytes();
            byte[] signature = each.signature();
            assertTrue(TextbookP256.isValid(each.textbookKey(), each.digest(), each.r(), each.s()), what);
            assertTrue(TABLES.verify(withTable(each), digest, signature), what);
            assertTrue(PLAIN.verify(PLAIN.prepare(each.publicKey()), digest, signature), what);
            digest[31] ^= 1;
            assertFalse(TABLES.verify(withTable(each), digest, signature), what);
        }
    }

    /** A key gets its table by a valid signature: of the digest 0 by r = s = x(Q) mod n, for then u1 = 0 and u2 = 1. */
    static PreparedKey withTable(HardCases.Case each) {
        PreparedKey key = TABLES.prepare(each.publicKey());
        int before = key.approximateBytes();
        assertTrue(TABLES.verify(key, new byte[32], validForZero(each)), "r = s = x(Q) signs the digest 0");
        assertTrue(key.approximateBytes() > before, "has its table");
        return key;
    }

    private static byte[] validForZero(HardCases.Case each) {
        BigInteger x = each.textbookKey().x().mod(TextbookP256.N);
        byte[] half = BigIntegers.asUnsignedByteArray(32, x);
        byte[] signature = new byte[64];
        System.arraycopy(half, 0, signature, 0, 32);
        System.arraycopy(half, 0, signature, 32, 32);
        return signature;
    }

    @Test
    void everyEntryOfATableIsTheSumItStandsFor() {
        for (BigInteger d : List.of(BigInteger.ONE, BigInteger.valueOf(7))) {
            TextbookP256.Point point = TextbookP256.multiply(d, TextbookP256.G);
            assertNotNull(point);
            assertTrue(point.isOnCurve());
            CombTable table = new CombTable(CURVE.createPoint(point.x(), point.y()));
            List<TextbookP256.Point> teeth = new ArrayList<>();
            TextbookP256.Point tooth = point;
            for (int j = 0; j < CombTable.TEETH; j++) {
                teeth.add(tooth);
                for (int i = 0; i < CombTable.SPACING; i++) {
                    tooth = TextbookP256.add(tooth, tooth);
                    assertNotNull(tooth);
                }
            }
            for (int index = 1; index < 1 << CombTable.TEETH; index++) {
                TextbookP256.Point sum = null;
                BigInteger scalar = BigInteger.ZERO;
                for (int j = 0; j < CombTable.TEETH; j++) {
                    if ((index >> j & 1) != 0) {
                        sum = TextbookP256.add(sum, teeth.get(j));
                        scalar = scalar.setBit(j * CombTable.SPACING);
                    }
                }
                assertNotNull(sum);
                var entry = table.at(CombTable.words(scalar), 0).normalize();
                assertEquals(sum.x(), entry.getAffineXCoord().toBigInteger(), "entry " + index);
                assertEquals(sum.y(), entry.getAffineYCoord().toBigInteger(), "entry " + index);
            }
            assertTrue(table.at(CombTable.words(BigInteger.ZERO), 0).isInfinity());
        }
    }

    @Test
    void theReferenceKnowsTheGroup() {
        assertTrue(TextbookP256.G.isOnCurve());
        assertNull(TextbookP256.multiply(TextbookP256.N, TextbookP256.G), "n G is infinity");
        assertEquals(TextbookP256.G, TextbookP256.multiply(TextbookP256.N.add(BigInteger.ONE), TextbookP256.G));
    }
}

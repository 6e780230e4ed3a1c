package dev.countersign.core.engine;

import dev.countersign.api.device.DevicePublicKey;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.function.Function;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.util.BigIntegers;
import org.jspecify.annotations.Nullable;

/**
 * Keys and signatures made to hurt: keys whose tables meet the generator's, scalars that leave columns empty or full, sums
 * at infinity, x between n and p, numbers at the edges. Endless; the same seed gives the same cases.
 */
final class HardCases implements Iterator<HardCases.Case> {
    /**
     * One check.
     *
     * @param about the class of the key and how the signature was made and changed
     * @param mustBe what the making says about it, or null where it says nothing
     */
    record Case(
            String about,
            ECPoint key,
            BigInteger digest,
            BigInteger r,
            BigInteger s,
            @Nullable Boolean mustBe) {
        DevicePublicKey publicKey() {
            return DevicePublicKey.ofPoint(key.getEncoded(false));
        }

        TextbookP256.Point textbookKey() {
            return new TextbookP256.Point(
                    key.getAffineXCoord().toBigInteger(), key.getAffineYCoord().toBigInteger());
        }

        byte[] digestBytes() {
            return BigIntegers.asUnsignedByteArray(32, digest);
        }

        byte[] signature() {
            byte[] raw = new byte[64];
            System.arraycopy(BigIntegers.asUnsignedByteArray(32, r), 0, raw, 0, 32);
            System.arraycopy(BigIntegers.asUnsignedByteArray(32, s), 0, raw, 32, 32);
            return raw;
        }
    }

    private record Named<T>(String name, T value) {}

    static final int CASES_A_KEY = 8;

    private static final X9ECParameters CURVE = CustomNamedCurves.getByName("secp256r1");
    private static final BigInteger N = CURVE.getN();
    private static final BigInteger P = CURVE.getCurve().getField().getCharacteristic();
    private static final ECPoint G = CURVE.getG();
    private static final BigInteger ZERO = BigInteger.ZERO;
    private static final BigInteger ONE = BigInteger.ONE;
    private static final BigInteger FULL = ONE.shiftLeft(256).subtract(ONE);

    private final Random random;
    private final List<Case> made = new ArrayList<>();
    private int keys;

    HardCases(long seed) {
        this.random = new Random(seed);
    }

    @Override
    public boolean hasNext() {
        return true;
    }

    @Override
    public Case next() {
        while (made.isEmpty()) {
            makeKey();
        }
        if (made.isEmpty()) {
            throw new NoSuchElementException();
        }
        return made.remove(made.size() - 1);
    }

    private void makeKey() {
        int kind = keys++ % 9;
        if (kind == 7) {
            solveForTheKey(
                    "key solved for x from n to p",
                    () -> pointWithXFrom(N.add(BigInteger.valueOf(random.nextInt(1 << 20)))));
            return;
        }
        if (kind == 8) {
            BigInteger edge = P.subtract(N);
            solveForTheKey(
                    "key solved for r small or near p - n",
                    () -> pointWithXFrom(
                            random.nextBoolean()
                                    ? BigInteger.valueOf(1 + random.nextInt(300))
                                    : edge.add(BigInteger.valueOf(random.nextInt(40) - 20))));
            return;
        }
        Named<BigInteger> key =
                switch (kind) {
                    case 0 -> new Named<>("key k G with small k", BigInteger.valueOf(1 + random.nextInt(300)));
                    case 1 -> new Named<>("key 2^k G", ONE.shiftLeft(random.nextInt(256)));
                    case 2 ->
                        new Named<>(
                                "key (2^k - 1) G",
                                ONE.shiftLeft(1 + random.nextInt(255)).subtract(ONE));
                    case 3 -> new Named<>("key a table entry", tableEntry(1 + keys / 9 % 255));
                    case 4 ->
                        new Named<>(
                                "key an entry's inverse",
                                tableEntry(1 + keys / 9 % 255).modInverse(N));
                    case 5 ->
                        new Named<>(
                                "key 1/k G with small k",
                                BigInteger.valueOf(1 + random.nextInt(300)).modInverse(N));
                    default -> new Named<>("key random", number());
                };
        BigInteger d = key.value().mod(N);
        if (random.nextBoolean()) {
            d = N.subtract(d);
        }
        if (d.signum() == 0) {
            return;
        }
        ECPoint q = G.multiply(d).normalize();
        for (int i = 0; i < CASES_A_KEY; i++) {
            int how = i < 3 ? i : random.nextInt(5);
            switch (how) {
                case 0 -> chosenScalars(key.name(), q, scalar(), scalar());
                case 1 -> chosenDigest(key.name(), q, d);
                case 2 -> atInfinity(key.name(), q, d);
                case 3 -> {
                    // Partial sums that meet or cancel on the way.
                    BigInteger u2 = scalar();
                    BigInteger u1 = u2.multiply(d).add(BigInteger.valueOf(random.nextInt(5) - 2L));
                    chosenScalars(
                            key.name(),
                            q,
                            random.nextBoolean() ? u1.mod(N) : u1.negate().mod(N),
                            u2);
                }
                default -> edgeNumbers(key.name(), q, d);
            }
        }
    }

    /** The entry of a comb table: a sum of 2^(32 j). */
    private static BigInteger tableEntry(int index) {
        BigInteger sum = ZERO;
        for (int j = 0; j < CombTable.TEETH; j++) {
            if ((index >> j & 1) != 0) {
                sum = sum.setBit(j * CombTable.SPACING);
            }
        }
        return sum;
    }

    /** Every entry of a comb table, and its negative, as a key under a valid signature. */
    static List<Case> keysOfEveryTableEntry(long seed) {
        HardCases maker = new HardCases(seed);
        List<Case> cases = new ArrayList<>();
        for (int index = 1; index < 1 << CombTable.TEETH; index++) {
            ECPoint q = G.multiply(tableEntry(index)).normalize();
            cases.add(maker.valid("key table entry " + index, q));
            cases.add(maker.valid(
                    "key negative of table entry " + index, q.negate().normalize()));
        }
        return cases;
    }

    private Case valid(String about, ECPoint q) {
        BigInteger u1 = new BigInteger(255, random).add(ONE);
        BigInteger u2 = new BigInteger(255, random).add(ONE);
        ECPoint sum = G.multiply(u1).add(q.multiply(u2)).normalize();
        BigInteger r = sum.getAffineXCoord().toBigInteger().mod(N); // not 0, nor is the sum infinity, but once in 2^255
        BigInteger s = r.multiply(u2.modInverse(N)).mod(N);
        return new Case(about, q, u1.multiply(s).mod(N), r, s, true);
    }

    /** For any u1 and u2 there is a digest for which x(u1 G + u2 Q) signs it. */
    private void chosenScalars(String about, ECPoint q, BigInteger u1, BigInteger u2) {
        if (u2.signum() == 0) {
            return; // r would be 0
        }
        ECPoint sum = G.multiply(u1).add(q.multiply(u2)).normalize();
        if (sum.isInfinity()) {
            return;
        }
        BigInteger r = sum.getAffineXCoord().toBigInteger().mod(N);
        BigInteger s = r.multiply(u2.modInverse(N)).mod(N);
        if (r.signum() == 0) {
            return;
        }
        String which = u1.signum() == 0 ? ", u1 = 0" : ", chosen scalars";
        addChanged(about + which, q, digest(u1.multiply(s).mod(N)), r, s);
    }

    private void chosenDigest(String about, ECPoint q, BigInteger d) {
        BigInteger e =
                switch (random.nextInt(8)) {
                    case 0 -> ZERO;
                    case 1 -> ONE;
                    case 2 -> N;
                    case 3 -> N.subtract(ONE);
                    case 4 -> N.add(BigInteger.valueOf(random.nextInt(1000)));
                    case 5 -> FULL;
                    case 6 -> P;
                    default -> new BigInteger(256, random);
                };
        BigInteger k = random.nextInt(4) == 0 ? BigInteger.valueOf(1 + random.nextInt(50)) : number();
        BigInteger r =
                G.multiply(k).normalize().getAffineXCoord().toBigInteger().mod(N);
        BigInteger s = k.modInverse(N).multiply(e.add(r.multiply(d))).mod(N);
        if (s.signum() != 0 && r.signum() != 0) {
            String which = e.compareTo(N) >= 0 ? ", digest n or more" : e.signum() == 0 ? ", digest 0" : ", digest";
            addChanged(about + which, q, e, r, s);
        }
    }

    /** u1 = -u2 d: the sum has no x, whatever r is. */
    private void atInfinity(String about, ECPoint q, BigInteger d) {
        BigInteger u2 = scalar();
        if (u2.signum() == 0) {
            return;
        }
        BigInteger r = random.nextBoolean() ? edge() : number();
        BigInteger s = r.multiply(u2.modInverse(N)).mod(N);
        BigInteger u1 = u2.multiply(d).negate().mod(N);
        made.add(new Case(about + ", sum at infinity", q, digest(u1.multiply(s).mod(N)), r, s, false));
    }

    /** r or s of 1, 2, n-1, n-2: with a digest that makes it valid where there is one, and with any other. */
    private void edgeNumbers(String about, ECPoint q, BigInteger d) {
        if (random.nextBoolean()) {
            BigInteger k = number();
            BigInteger s = edge();
            BigInteger r =
                    G.multiply(k).normalize().getAffineXCoord().toBigInteger().mod(N);
            BigInteger e = s.multiply(k).subtract(r.multiply(d)).mod(N);
            addChanged(about + ", s at the edge", q, digest(e), r, s);
        } else {
            BigInteger s = random.nextBoolean() ? edge() : number();
            made.add(new Case(about + ", r at the edge", q, new BigInteger(256, random), edge(), s, null));
        }
    }

    /** Chooses R, e and s, and solves s R = e G + r Q for Q. */
    private void solveForTheKey(String about, java.util.function.Supplier<@Nullable ECPoint> choice) {
        ECPoint sum = choice.get();
        if (sum == null) {
            return;
        }
        BigInteger x = sum.getAffineXCoord().toBigInteger();
        BigInteger r = x.mod(N);
        BigInteger s = scalar();
        BigInteger e = random.nextInt(4) == 0 ? ZERO : new BigInteger(256, random);
        if (r.signum() == 0 || s.signum() == 0) {
            return;
        }
        ECPoint q = sum.multiply(s)
                .subtract(G.multiply(e.mod(N)))
                .multiply(r.modInverse(N))
                .normalize();
        if (q.isInfinity()) {
            return;
        }
        for (int i = 0; i < CASES_A_KEY / 2; i++) {
            addChanged(about, q, e, r, s);
        }
        if (x.compareTo(N) < 0 && x.add(N).compareTo(P) < 0) {
            // The same r under the negated point is valid too, and r + n is the x of another sum, or of none.
            addChanged(about + ", s negated", q, e, r, N.subtract(s));
        }
    }

    /** The signature, or one that differs a little. */
    private void addChanged(String about, ECPoint q, BigInteger e, BigInteger r, BigInteger s) {
        switch (random.nextInt(12)) {
            case 0 -> made.add(new Case(about + ", s negated", q, e, r, N.subtract(s), true));
            case 1 -> made.add(new Case(about + ", bit of r", q, e, inRange(r.flipBit(random.nextInt(256))), s, null));
            case 2 -> made.add(new Case(about + ", bit of s", q, e, r, inRange(s.flipBit(random.nextInt(256))), null));
            case 3 -> made.add(new Case(about + ", bit of digest", q, e.flipBit(random.nextInt(256)), r, s, null));
            case 4 -> made.add(new Case(about + ", r and s swapped", q, e, s, r, null));
            case 5 -> made.add(new Case(about + ", key negated", q.negate().normalize(), e, r, s, null));
            case 6 -> made.add(new Case(about + ", r + 1", q, e, inRange(r.add(ONE)), s, null));
            default -> made.add(new Case(about, q, e, r, s, true));
        }
    }

    private static BigInteger inRange(BigInteger number) {
        return number.mod(N.subtract(ONE)).add(ONE);
    }

    /** The digest as it is, or the other one of 256 bits that means the same where there is one. */
    private BigInteger digest(BigInteger e) {
        BigInteger other = e.add(N);
        return other.compareTo(FULL) <= 0 && random.nextBoolean() ? other : e;
    }

    /** A scalar below n: empty and full columns and teeth, edges, few bits, or any. */
    private BigInteger scalar() {
        BigInteger scalar =
                switch (random.nextInt(9)) {
                    case 0 -> ZERO;
                    case 1 -> BigInteger.valueOf(random.nextInt(20));
                    case 2 -> N.subtract(BigInteger.valueOf(1 + random.nextInt(20)));
                    case 3 -> ONE.shiftLeft(random.nextInt(256));
                    case 4 -> tableEntry(1 + random.nextInt(255)).shiftLeft(random.nextInt(32));
                    case 5 -> BigInteger.valueOf(0xffffffffL).shiftLeft(32 * random.nextInt(8));
                    case 6 -> FULL.subtract(tableEntry(1 + random.nextInt(255)));
                    case 7 -> ONE.shiftLeft(random.nextInt(256)).add(ONE.shiftLeft(random.nextInt(256)));
                    default -> number();
                };
        return scalar.mod(N);
    }

    private BigInteger edge() {
        BigInteger near = BigInteger.valueOf(1 + random.nextInt(2));
        return random.nextBoolean() ? near : N.subtract(near);
    }

    private BigInteger number() {
        return inRange(new BigInteger(256, random));
    }

    private static @Nullable ECPoint pointWithXFrom(BigInteger first) {
        Function<BigInteger, byte[]> compressed = x -> {
            byte[] encoded = new byte[33];
            encoded[0] = 2;
            System.arraycopy(BigIntegers.asUnsignedByteArray(32, x), 0, encoded, 1, 32);
            return encoded;
        };
        for (int i = 0; i < 64; i++) {
            BigInteger x = first.add(BigInteger.valueOf(i));
            try {
                return x.compareTo(P) < 0
                        ? G.getCurve().decodePoint(compressed.apply(x)).normalize()
                        : null;
            } catch (IllegalArgumentException noSuchPoint) {
                // every second x has one
            }
        }
        return null;
    }
}

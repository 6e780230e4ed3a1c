package dev.countersign.core.engine;

import dev.countersign.api.device.DevicePublicKey;
import java.math.BigInteger;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECAlgorithms;
import org.bouncycastle.math.ec.ECCurve;
import org.bouncycastle.math.ec.ECFieldElement;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.util.BigIntegers;
import org.jspecify.annotations.Nullable;

/**
 * The textbook equation on Bouncy Castle's P-256 arithmetic: w = s⁻¹, R = e·w·G + r·w·Q, valid if R is not infinity and
 * the x of R is r modulo n.
 *
 * <p>A key's first verifications use the plain double multiplication, whose own small tables Bouncy Castle keeps with
 * the point; one that has verified more often gets a table of ours. It is built when what it would have saved by then
 * has reached what it costs, so that no order of keys makes us pay more than twice (docs/decisions has the figures).
 * Only signatures that are valid count, so that nobody but a key's holder makes us build its table; and of all the keys
 * of an engine one at a time is built, while checks of the others go on without.
 */
final class BouncyCastleEngine implements EcdsaP256Engine {
    private static final int COORDINATE = 32;

    private static final X9ECParameters P256 = CustomNamedCurves.getByName("secp256r1");
    private static final ECCurve CURVE = P256.getCurve();
    private static final BigInteger N = P256.getN();
    private static final BigInteger P = CURVE.getField().getCharacteristic();
    private static final ECPoint G = P256.getG();
    private static final CombTable G_TABLE = new CombTable(G);

    /** A table costs about as much as it saves in so many verifications. */
    static final int USES_BEFORE_TABLE = 32;

    /** A table that could not be built so often is done without: the next attempt would fail as well. */
    static final int ATTEMPTS_TO_BUILD = 3;

    private final int usesBeforeTable;
    private final Function<ECPoint, CombTable> construction;
    private final AtomicBoolean building = new AtomicBoolean();

    BouncyCastleEngine(int usesBeforeTable) {
        this(usesBeforeTable, CombTable::new);
    }

    /** For tests: {@code construction} makes the tables of keys. */
    BouncyCastleEngine(int usesBeforeTable, Function<ECPoint, CombTable> construction) {
        this.usesBeforeTable = usesBeforeTable;
        this.construction = construction;
    }

    @Override
    public PreparedKey prepare(DevicePublicKey key) {
        return new Key(key, usesBeforeTable);
    }

    @Override
    public boolean verify(PreparedKey key, byte[] digest, byte[] signature) {
        BigInteger r = new BigInteger(1, signature, 0, COORDINATE);
        BigInteger s = new BigInteger(1, signature, COORDINATE, COORDINATE);
        BigInteger e = new BigInteger(1, digest);
        BigInteger w = BigIntegers.modOddInverseVar(N, s);
        BigInteger u1 = e.multiply(w).mod(N);
        BigInteger u2 = r.multiply(w).mod(N);
        Key mine = (Key) key;
        boolean valid = hasAffineX(mine.sum(u1, u2), r);
        if (valid && mine.isDueForTable()) {
            build(mine);
        }
        return valid;
    }

    /** Builds a key's table unless another is being built: then the key's next valid signature comes back to it. */
    private void build(Key key) {
        if (!building.compareAndSet(false, true)) {
            return;
        }
        try {
            if (key.table == null) {
                key.table = construction.apply(key.point);
            }
        } catch (RuntimeException | Error e) {
            // The verdict stands without a table, which only saves time. Most likely memory is short.
            key.buildFailed(usesBeforeTable);
        } finally {
            building.set(false);
        }
    }

    @Override
    public String name() {
        return "bouncycastle";
    }

    /** Whether x(R) mod n = r, in Jacobian coordinates: x = X/Z², so r·Z² = X saves an inversion. */
    private static boolean hasAffineX(ECPoint sum, BigInteger r) {
        if (sum.isInfinity()) {
            return false;
        }
        ECFieldElement jacobianX = sum.getXCoord();
        ECFieldElement zSquared = sum.getZCoord(0).square();
        if (CURVE.fromBigInteger(r).multiply(zSquared).equals(jacobianX)) {
            return true;
        }
        // x may lie between n and p: about once in 2^128, and made on purpose in test vectors.
        BigInteger wrapped = r.add(N);
        return wrapped.compareTo(P) < 0
                && CURVE.fromBigInteger(wrapped).multiply(zSquared).equals(jacobianX);
    }

    /** A point of the curve, and its table once it has been used before. */
    private static final class Key implements PreparedKey {
        // As measured on JDK 17: the point with the small tables that Bouncy Castle keeps with it, and our table.
        private static final int POINT_BYTES = 3 << 10;
        private static final int TABLE_BYTES = (20 << 10) + 512;

        private final DevicePublicKey publicKey;
        private final ECPoint point;
        private volatile int usesLeft; // counted without a lock: one more or less does not matter
        private volatile int attemptsLeft = ATTEMPTS_TO_BUILD; // changed by the thread that builds: one at a time
        private volatile @Nullable CombTable table;

        Key(DevicePublicKey publicKey, int usesBeforeTable) {
            this.publicKey = publicKey;
            this.usesLeft = usesBeforeTable;
            this.point = CURVE.decodePoint(publicKey.toPoint());
        }

        @Override
        public DevicePublicKey publicKey() {
            return publicKey;
        }

        @Override
        public int approximateBytes() {
            return POINT_BYTES + (table == null ? 0 : TABLE_BYTES);
        }

        ECPoint sum(BigInteger u1, BigInteger u2) {
            CombTable mine = table;
            if (mine != null) {
                return combSum(u1, u2, mine);
            }
            return ECAlgorithms.sumOfTwoMultiplies(G, u1, point, u2);
        }

        /** Counts a valid signature. Whether the key has verified so many that a table pays. */
        boolean isDueForTable() {
            if (table != null || attemptsLeft <= 0) {
                return false;
            }
            int left = usesLeft;
            if (left > 0) {
                usesLeft = left - 1;
                return false;
            }
            return true;
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // only called by the one thread that builds
        void buildFailed(int usesBeforeNextAttempt) {
            attemptsLeft--;
            usesLeft = usesBeforeNextAttempt;
        }

        private static ECPoint combSum(BigInteger u1, BigInteger u2, CombTable keyTable) {
            int[] a = CombTable.words(u1);
            int[] b = CombTable.words(u2);
            ECPoint sum = CURVE.getInfinity();
            for (int column = CombTable.SPACING - 1; column >= 0; column--) {
                sum = sum.twicePlus(G_TABLE.at(a, column)).add(keyTable.at(b, column));
            }
            return sum;
        }

        @Override
        public String toString() {
            return "PreparedKey[P-256]";
        }
    }
}

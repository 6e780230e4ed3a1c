package dev.countersign.core.engine;

import java.math.BigInteger;
import org.bouncycastle.math.ec.ECCurve;
import org.bouncycastle.math.ec.ECLookupTable;
import org.bouncycastle.math.ec.ECPoint;

/**
 * Multiples of one point for a comb: entry i is the sum of 2^(j·{@value #SPACING})·P over the set bits j of i. A scalar
 * is read in {@value #SPACING} columns of {@value #TEETH} bits that lie {@value #SPACING} apart, so two products with
 * such tables share {@value #SPACING} doublings instead of 256.
 *
 * <p>Which entries are read depends on the scalar. That leaks nothing: signatures and public keys are not secret.
 */
final class CombTable {
    /** Bits of a scalar that one look-up covers. */
    static final int TEETH = 8;

    /** Columns, and distance of the teeth: {@code TEETH * SPACING} covers 256 bits. */
    static final int SPACING = 32;

    /**
     * What a table takes of the heap, measured, in KiB: 256 entries of two coordinates of 32 bytes, and what holds
     * them.
     */
    static final int APPROXIMATE_KILOBYTES = 20;

    private final ECPoint infinity;

    /** Entries 1 to 255, packed; entry 0 is infinity, which has no coordinates to pack. */
    private final ECLookupTable entries;

    CombTable(ECPoint point) {
        ECCurve curve = point.getCurve();
        ECPoint[] sums = new ECPoint[1 << TEETH];
        sums[0] = curve.getInfinity();
        ECPoint tooth = point;
        for (int j = 0; j < TEETH; j++) {
            for (int i = 0; i < 1 << j; i++) {
                sums[1 << j | i] = sums[i].add(tooth);
            }
            tooth = tooth.timesPow2(SPACING);
        }
        curve.normalizeAll(sums);
        this.infinity = curve.getInfinity();
        this.entries = curve.createCacheSafeLookupTable(sums, 1, sums.length - 1);
    }

    /** The entry for the column {@code column} of a scalar. */
    ECPoint at(int[] scalar, int column) {
        int index = 0;
        for (int j = TEETH - 1; j >= 0; j--) {
            index = index << 1 | (scalar[j] >>> column & 1);
        }
        return index == 0 ? infinity : entries.lookupVar(index - 1);
    }

    /** The 256 bits of a scalar as eight words, least significant first: word j holds tooth j of all columns. */
    static int[] words(BigInteger scalar) {
        int[] words = new int[TEETH];
        for (int j = 0; j < TEETH; j++) {
            words[j] = scalar.shiftRight(j * SPACING).intValue();
        }
        return words;
    }
}

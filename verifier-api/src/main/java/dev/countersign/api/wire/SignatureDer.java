package dev.countersign.api.wire;

import org.jspecify.annotations.Nullable;

/**
 * The DER form of an ECDSA P-256 signature, {@code SEQUENCE { INTEGER r, INTEGER s }}, and its raw form of 64 bytes, r
 * before s, 32 bytes each and big-endian.
 */
public final class SignatureDer {
    /** Bytes of the raw form. */
    public static final int RAW_BYTES = 64;

    /** The longest DER form: two INTEGERs of 33 bytes. */
    public static final int MAX_BYTES = 72;

    private static final int SEQUENCE = 0x30;
    private static final int INTEGER = 0x02;

    private SignatureDer() {}

    /**
     * Reads strict DER: definite short lengths, INTEGERs positive and minimal, nothing behind them, 1 ≤ r,s ≤ n−1. Both
     * the low and the high s are taken.
     *
     * @return the raw form, or null for anything else
     */
    public static byte @Nullable [] toRaw(byte[] der) {
        if (der.length < 8 || der.length > MAX_BYTES || der[0] != SEQUENCE || der[1] != der.length - 2) {
            return null;
        }
        byte[] raw = new byte[RAW_BYTES];
        int afterR = readInteger(der, 2, raw, 0);
        int afterS = afterR < 0 ? -1 : readInteger(der, afterR, raw, P256.FIELD_BYTES);
        boolean whole = afterS == der.length;
        return whole && P256.isScalarInRange(raw, 0) && P256.isScalarInRange(raw, P256.FIELD_BYTES) ? raw : null;
    }

    /** Writes the DER form of a raw signature of 64 bytes; its numbers are not checked. */
    public static byte[] fromRaw(byte[] raw) {
        int rSkip = leadingZeros(raw, 0);
        int sSkip = leadingZeros(raw, P256.FIELD_BYTES);
        int rLength = integerLength(raw, 0, rSkip);
        int sLength = integerLength(raw, P256.FIELD_BYTES, sSkip);
        byte[] der = new byte[2 + 2 + rLength + 2 + sLength];
        der[0] = SEQUENCE;
        der[1] = (byte) (der.length - 2);
        writeInteger(raw, 0, rSkip, der, 2, rLength);
        writeInteger(raw, P256.FIELD_BYTES, sSkip, der, 4 + rLength, sLength);
        return der;
    }

    /** Returns where the INTEGER at {@code at} ends, or −1 if it is not one of 1 to 32 significant bytes. */
    private static int readInteger(byte[] der, int at, byte[] raw, int rawOffset) {
        if (at + 2 > der.length || der[at] != INTEGER) {
            return -1;
        }
        int length = der[at + 1];
        int from = at + 2;
        int end = from + length;
        if (length < 1 || length > P256.FIELD_BYTES + 1 || end > der.length || der[from] < 0) {
            return -1;
        }
        boolean padded = der[from] == 0 && length > 1;
        if (padded && der[from + 1] >= 0) {
            return -1; // a zero in front that no sign bit asks for
        }
        int significant = padded ? length - 1 : length;
        if (significant > P256.FIELD_BYTES) {
            return -1;
        }
        System.arraycopy(der, end - significant, raw, rawOffset + P256.FIELD_BYTES - significant, significant);
        return end;
    }

    private static int leadingZeros(byte[] raw, int offset) {
        int zeros = 0;
        while (zeros < P256.FIELD_BYTES - 1 && raw[offset + zeros] == 0) {
            zeros++;
        }
        return zeros;
    }

    private static int integerLength(byte[] raw, int offset, int skip) {
        return P256.FIELD_BYTES - skip + (raw[offset + skip] < 0 ? 1 : 0);
    }

    private static void writeInteger(byte[] raw, int offset, int skip, byte[] der, int at, int length) {
        der[at] = INTEGER;
        der[at + 1] = (byte) length;
        int significant = P256.FIELD_BYTES - skip;
        System.arraycopy(raw, offset + skip, der, at + 2 + length - significant, significant);
    }
}

package dev.countersign.conformance.signing;

import java.math.BigInteger;
import java.util.Base64;
import org.bouncycastle.util.BigIntegers;

/**
 * The two numbers of an ECDSA signature; nothing is checked, for the suite needs wrong ones, too.
 *
 * @param r first
 * @param s second
 */
public record RawSignature(BigInteger r, BigInteger s) {
    private static final BigInteger HALF = P256Key.N.shiftRight(1);

    /** Whether s is above n/2. */
    public boolean isHigh() {
        return s.compareTo(HALF) > 0;
    }

    /** (r, n−s): valid whenever this one is. */
    public RawSignature flipped() {
        return new RawSignature(r, P256Key.N.subtract(s));
    }

    /** DER. */
    public byte[] der() {
        return sequence(P256Key.concat(integer(r.toByteArray()), integer(s.toByteArray())));
    }

    /** Base64 of DER: the text of the header. */
    public String text() {
        return Base64.getEncoder().encodeToString(der());
    }

    /** r and s, 32 bytes each. */
    public byte[] raw() {
        return P256Key.concat(BigIntegers.asUnsignedByteArray(32, r), BigIntegers.asUnsignedByteArray(32, s));
    }

    /** A DER INTEGER with this content, minimal or not; shorter than 128 bytes. */
    static byte[] integer(byte[] content) {
        return P256Key.concat(new byte[] {0x02, (byte) content.length}, content);
    }

    /** A DER SEQUENCE with this content, shorter than 128 bytes. */
    static byte[] sequence(byte[] content) {
        if (content.length > 127) {
            throw new IllegalArgumentException("needs a long length");
        }
        return P256Key.concat(new byte[] {0x30, (byte) content.length}, content);
    }
}

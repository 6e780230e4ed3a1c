package dev.countersign.conformance.signing;

import java.math.BigInteger;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;

/** Deterministic ECDSA (RFC 6979 with HMAC-SHA-256): the same key and digest give the same bytes on every machine. */
final class Rfc6979 {
    private Rfc6979() {}

    /**
     * A signature.
     *
     * @param attempt 0 for RFC 6979's own; i for the one of the i-th further k that its generator gives, so that one
     *     message has many signatures
     */
    static RawSignature sign(P256Key key, byte[] digest, int attempt) {
        HMacDSAKCalculator generator = new HMacDSAKCalculator(new SHA256Digest());
        generator.init(P256Key.N, key.d(), digest);
        int left = attempt;
        while (true) {
            BigInteger k = generator.nextK();
            RawSignature signature = sign(key.d(), digest, k);
            if (signature != null && left-- == 0) {
                return signature;
            }
        }
    }

    private static @org.jspecify.annotations.Nullable RawSignature sign(BigInteger d, byte[] digest, BigInteger k) {
        BigInteger n = P256Key.N;
        BigInteger r =
                P256Key.timesBasePoint(k).getAffineXCoord().toBigInteger().mod(n);
        BigInteger s = k.modInverse(n)
                .multiply(new BigInteger(1, digest).add(r.multiply(d)))
                .mod(n);
        return r.signum() == 0 || s.signum() == 0 ? null : new RawSignature(r, s);
    }
}

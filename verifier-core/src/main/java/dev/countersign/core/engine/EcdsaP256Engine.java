package dev.countersign.core.engine;

import dev.countersign.api.device.DevicePublicKey;

/**
 * Checks ECDSA signatures over P-256. A verifier uses one engine; implementations are thread-safe.
 *
 * <p>An engine gets only keys that lie on the curve and numbers in range. It checks the equation, including the case
 * that the sum is the point at infinity. Both the low and the high s are valid.
 */
public interface EcdsaP256Engine {
    /** Prepares a key for verifications. Only this engine can use the result. */
    PreparedKey prepare(DevicePublicKey key);

    /**
     * Whether a signature is valid.
     *
     * @param key prepared by this engine
     * @param digest the 32 bytes of SHA-256 of the message; not changed
     * @param signature 64 bytes, r before s, big-endian, 1 ≤ r,s ≤ n−1; not changed
     * @return false for every invalid signature, without an exception
     */
    boolean verify(PreparedKey key, byte[] digest, byte[] signature);

    /** A short name for benchmarks and reports. */
    String name();

    /**
     * The engine over Bouncy Castle's curve arithmetic: no native code, nothing registered with the JVM. For a key that
     * verifies often it keeps a table of about {@value CombTable#APPROXIMATE_KILOBYTES} KiB.
     *
     * @throws IllegalStateException if the Bouncy Castle that the JVM loaded fails a check of known answers, which an
     *     old one or bc-fips before ours on the class path does; the message names the jar. Checked once per process
     */
    static EcdsaP256Engine bouncyCastle() {
        KnownAnswers.require();
        return new BouncyCastleEngine(BouncyCastleEngine.USES_BEFORE_TABLE);
    }
}

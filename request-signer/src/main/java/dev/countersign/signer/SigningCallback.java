package dev.countersign.signer;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;

/**
 * Signs with the device's private key, which may be in a hardware key store, a remote service or a {@link PrivateKey}.
 * A signer calls it on the thread that calls the signer, so it must be thread-safe if several threads use the signer.
 */
@FunctionalInterface
public interface SigningCallback {
    /**
     * Signs the message with ECDSA on P-256 and SHA-256. The callback computes the hash, once.
     *
     * @param message the bytes to sign; the callback's own, to keep or change
     * @return the signature, either as DER or as the raw 64 bytes r‖s, 32 bytes each and big-endian. 64 bytes that are
     *     a strict DER signature are taken as one; one raw signature in about 2<sup>47</sup> looks like that, and then
     *     verifies nowhere.
     * @throws GeneralSecurityException if the key cannot sign
     */
    byte[] sign(byte[] message) throws GeneralSecurityException;

    /**
     * A callback over a private key, through the JDK's {@code SHA256withECDSA}. Thread-safe. A key that shows its curve
     * must show P-256; a key of a hardware provider may show none.
     *
     * @throws IllegalArgumentException if it is no EC key, or one of another curve
     */
    static SigningCallback of(PrivateKey key) {
        return new PrivateKeyCallback(key);
    }
}

package dev.countersign.api.device;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;

/**
 * P-256 by the security providers of the platform, in their order of preference. Providers differ in what they take:
 * SunEC reads negative numbers as positive ones, and before CVE-2022-21449 was mended it took zeros for any signature.
 * So they get only what our own strict readers took and wrote again.
 */
final class PlatformEcdsa {
    private static final String ALGORITHM = "SHA256withECDSA";

    private PlatformEcdsa() {}

    /** @param spki of a point that was checked: a provider may take others without a word */
    static ECPublicKey publicKey(byte[] spki) {
        PublicKey key;
        try {
            key = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(spki));
        } catch (NoSuchAlgorithmException | InvalidKeySpecException lacking) {
            throw unsupported(lacking);
        }
        if (key instanceof ECPublicKey ec) {
            return ec;
        }
        throw new IllegalStateException("a security provider gives EC keys that are no java.security.interfaces."
                + "ECPublicKey: " + key.getClass().getName());
    }

    /** @param der the one DER form of an r and an s in range */
    static boolean verify(ECPublicKey key, byte[] message, byte[] der) {
        Signature signature;
        try {
            signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(key);
            signature.update(message);
        } catch (NoSuchAlgorithmException | InvalidKeyException | SignatureException lacking) {
            throw unsupported(lacking);
        }
        try {
            return signature.verify(der);
        } catch (SignatureException notVerified) {
            return false;
        }
    }

    private static IllegalStateException unsupported(GeneralSecurityException lacking) {
        return new IllegalStateException(
                "no security provider of this Java platform does ECDSA on P-256; an image that jlink makes of JDK 17 needs"
                        + " the module jdk.crypto.ec",
                lacking);
    }
}

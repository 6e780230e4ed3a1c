package dev.countersign.signer;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;

/** Signs through the JDK's providers. */
final class PrivateKeyCallback implements SigningCallback {
    private final PrivateKey key;

    PrivateKeyCallback(PrivateKey key) {
        if (!key.getAlgorithm().equals("EC") || (key instanceof ECKey ec && !isP256(ec.getParams()))) {
            throw new IllegalArgumentException("expected a private key of the curve P-256 (algorithm EC)");
        }
        this.key = key;
    }

    @Override
    public byte[] sign(byte[] message) throws GeneralSecurityException {
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update(message);
        return signature.sign();
    }

    @Override
    public String toString() {
        return "SigningCallback[SHA256withECDSA]";
    }

    private static boolean isP256(ECParameterSpec actual) {
        try {
            AlgorithmParameters named = AlgorithmParameters.getInstance("EC");
            named.init(new ECGenParameterSpec("secp256r1"));
            ECParameterSpec expected = named.getParameterSpec(ECParameterSpec.class);
            return actual.getCurve().equals(expected.getCurve())
                    && actual.getGenerator().equals(expected.getGenerator())
                    && actual.getOrder().equals(expected.getOrder());
        } catch (GeneralSecurityException unsupported) {
            throw new IllegalStateException("this Java platform does not know the curve secp256r1", unsupported);
        }
    }
}

package dev.countersign.conformance.harness;

import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;

/** The JDK's own provider as an engine: slow, and written by others. */
final class JdkEngine implements EcdsaP256Engine {
    private static final String ALGORITHM = "NONEwithECDSAinP1363Format";

    @Override
    public PreparedKey prepare(DevicePublicKey key) {
        byte[] point = key.toPoint();
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec("secp256r1"));
            ECPoint w = new ECPoint(new BigInteger(1, point, 1, 32), new BigInteger(1, point, 33, 32));
            return new Key(
                    key,
                    KeyFactory.getInstance("EC")
                            .generatePublic(
                                    new ECPublicKeySpec(w, parameters.getParameterSpec(ECParameterSpec.class))));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK does not take a key that lies on the curve", e);
        }
    }

    @Override
    public boolean verify(PreparedKey key, byte[] digest, byte[] signature) {
        try {
            Signature verifier = Signature.getInstance(ALGORITHM);
            verifier.initVerify(((Key) key).jdkKey());
            verifier.update(digest);
            return verifier.verify(signature);
        } catch (SignatureException notVerified) {
            return false;
        } catch (InvalidKeyException e) {
            throw new IllegalStateException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + ALGORITHM, e);
        }
    }

    @Override
    public String name() {
        return "jdk";
    }

    private record Key(DevicePublicKey publicKey, PublicKey jdkKey) implements PreparedKey {
        @Override
        public String toString() {
            return "JdkEngine.Key[" + publicKey + "]";
        }
    }
}

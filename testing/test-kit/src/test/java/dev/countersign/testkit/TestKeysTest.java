package dev.countersign.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TestKeysTest {
    @Test
    void theSameNumberGivesTheSameKeyAndAnotherNumberAnotherOne() {
        assertEquals(TestKeys.publicKey(7), TestKeys.publicKey(7));
        assertNotEquals(TestKeys.publicKey(7), TestKeys.publicKey(8));
    }

    @Test
    void theTwoHalvesBelongTogether() throws Exception {
        for (long seed = -2; seed < 20; seed++) {
            byte[] message = ("message " + seed).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            Signature signer = Signature.getInstance("SHA256withECDSA");
            signer.initSign(TestKeys.privateKey(seed));
            signer.update(message);
            byte[] signature = signer.sign();

            Signature verifier = Signature.getInstance("SHA256withECDSA");
            verifier.initVerify(jdkKey(TestKeys.publicKey(seed).toPoint()));
            verifier.update(message);
            assertTrue(verifier.verify(signature), "seed " + seed);
        }
    }

    private static PublicKey jdkKey(byte[] point) throws Exception {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        ECPoint xy = new ECPoint(
                new BigInteger(1, Arrays.copyOfRange(point, 1, 33)),
                new BigInteger(1, Arrays.copyOfRange(point, 33, 65)));
        return KeyFactory.getInstance("EC")
                .generatePublic(new ECPublicKeySpec(xy, parameters.getParameterSpec(ECParameterSpec.class)));
    }
}

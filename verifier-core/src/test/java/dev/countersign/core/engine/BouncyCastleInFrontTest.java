package dev.countersign.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DevicePublicKey;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.api.Test;

/** An application that prefers Bouncy Castle's provider gets its keys from it, and the same answers. */
class BouncyCastleInFrontTest {
    @Test
    void theWaysOutAndTheProofOfPossessionStayAsTheyAre() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        DevicePublicKey key = DevicePublicKey.ofSpki(pair.getPublic().getEncoded());
        byte[] message = {1, 2, 3};
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(pair.getPrivate());
        signature.update(message);
        byte[] der = signature.sign();

        assertEquals(1, Security.insertProviderAt(new BouncyCastleProvider(), 1));
        try {
            assertTrue(key.toJca().getClass().getName().startsWith("org.bouncycastle."), "its keys come first");
            assertEquals(key, DevicePublicKey.ofSpki(key.toJca().getEncoded()));
            assertEquals(key, DevicePublicKey.ofSpki(key.toSpki()));
            assertTrue(key.verify(message, der));
            assertFalse(key.verify(new byte[] {1, 2, 4}, der));
            assertFalse(key.verify(message, Arrays.copyOf(der, der.length + 1)));
            assertFalse(key.verify(message, new byte[] {0x30, 6, 2, 1, 0, 2, 1, 0}));
            assertFalse(key.verify(message, new byte[] {0x30, 6, 2, 1, 1, 2, 1, 1}));
        } finally {
            Security.removeProvider(BouncyCastleProvider.PROVIDER_NAME);
        }
    }
}

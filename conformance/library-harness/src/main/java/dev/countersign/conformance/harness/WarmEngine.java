package dev.countersign.conformance.harness;

import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.conformance.signing.P256Key;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import java.math.BigInteger;
import org.bouncycastle.util.BigIntegers;

/** An engine whose every key has been used so often that it has got its table. */
final class WarmEngine implements EcdsaP256Engine {
    /** More than any engine waits before it prepares a key for frequent use. */
    private static final int USES = 64;

    private final EcdsaP256Engine engine;

    WarmEngine(EcdsaP256Engine engine) {
        this.engine = engine;
    }

    @Override
    public PreparedKey prepare(DevicePublicKey key) {
        PreparedKey prepared = engine.prepare(key);
        // Only valid signatures count as use. With e = 0 and r = s, the sum is 0·G + 1·Q, so r = x(Q) mod n is one.
        byte[] signature = new byte[64];
        byte[] x = BigIntegers.asUnsignedByteArray(32, new BigInteger(1, key.toPoint(), 1, 32).mod(P256Key.N));
        System.arraycopy(x, 0, signature, 0, 32);
        System.arraycopy(x, 0, signature, 32, 32);
        for (int i = 0; i < USES; i++) {
            if (!engine.verify(prepared, new byte[32], signature)) {
                throw new IllegalStateException("r = s = x(Q) verifies the digest 0 under every key Q");
            }
        }
        return prepared;
    }

    @Override
    public boolean verify(PreparedKey key, byte[] digest, byte[] signature) {
        return engine.verify(key, digest, signature);
    }

    @Override
    public String name() {
        return engine.name() + "-table";
    }
}

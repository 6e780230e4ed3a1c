package dev.countersign.conformance.harness;

import dev.countersign.api.DevicePublicKey;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;

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
        byte[] signature = new byte[64];
        signature[31] = 1;
        signature[63] = 1;
        for (int i = 0; i < USES; i++) {
            if (engine.verify(prepared, new byte[32], signature)) {
                throw new IllegalStateException("r = s = 1 verifies for no key of the suite");
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

package dev.countersign.core;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.countersign.api.DeviceIdentity;
import dev.countersign.api.DevicePublicKey;
import dev.countersign.api.PublicKeyStore;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/** The store, asked each time: nothing of what it said is remembered but the engine's work on its keys. */
final class DirectKeys implements KeySource {
    private static final long READ_FOR_THIS_REQUEST = 0;

    private final PublicKeyStore store;
    private final EcdsaP256Engine engine;
    private final Cache<DevicePublicKey, PreparedKey> prepared;

    DirectKeys(PublicKeyStore store, EcdsaP256Engine engine, int preparedKeys) {
        this.store = store;
        this.engine = engine;
        this.prepared = Caffeine.newBuilder()
                .maximumSize(preparedKeys)
                .executor(Runnable::run)
                .build();
    }

    @Override
    public CompletionStage<DeviceEntry> find(DeviceIdentity claimed) {
        return store.find(claimed)
                .thenApply(found -> new DeviceEntry(found.orElse(null), READ_FOR_THIS_REQUEST, true, this::prepare));
    }

    /** What was read for this request stands. */
    @Override
    public CompletionStage<DeviceEntry> recheck(DeviceIdentity claimed, DeviceEntry seen, long begunAt) {
        return seen.stage();
    }

    @Override
    public boolean mayReject(DeviceIdentity claimed, DeviceEntry by, long begunAt) {
        return true;
    }

    @Override
    public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        return store.confirm(device, key, at);
    }

    private PreparedKey prepare(DevicePublicKey key) {
        return prepared.get(key, engine::prepare);
    }
}

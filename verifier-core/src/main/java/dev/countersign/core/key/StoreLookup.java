package dev.countersign.core.key;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The store, asked each time: nothing of what it said is remembered but the engine's work on its keys. Thread-safe. */
public final class StoreLookup implements DeviceLookup<FoundDevice> {
    private final PublicKeyStore store;
    private final EcdsaP256Engine engine;
    private final Cache<DevicePublicKey, PreparedKey> prepared;

    /**
     * A lookup in a store.
     *
     * @param preparedKeys for how many keys the engine's work is kept
     */
    public StoreLookup(PublicKeyStore store, EcdsaP256Engine engine, int preparedKeys) {
        this.store = store;
        this.engine = engine;
        this.prepared = Caffeine.newBuilder()
                .maximumSize(preparedKeys)
                .executor(Runnable::run)
                .build();
    }

    @Override
    public CompletionStage<FoundDevice> find(DeviceIdentity claimed) {
        return store.find(claimed).thenApply(found -> new StoredDevice(found.orElse(null)));
    }

    /** What was read for this request stands. */
    @Override
    public CompletionStage<FoundDevice> recheck(DeviceIdentity claimed, FoundDevice seen, long begunAt) {
        return CompletableFuture.completedFuture(seen);
    }

    @Override
    public boolean mayReject(DeviceIdentity claimed, FoundDevice by, long begunAt) {
        return true;
    }

    @Override
    public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        return store.confirm(device, key, at);
    }

    private final class StoredDevice implements FoundDevice {
        private final @Nullable DeviceRecord record;

        StoredDevice(@Nullable DeviceRecord record) {
            this.record = record;
        }

        @Override
        public @Nullable DeviceRecord record() {
            return record;
        }

        @Override
        public PreparedKey prepared(DeviceKey key) {
            return prepared.get(key.publicKey(), engine::prepare);
        }

        @Override
        public boolean isSuperseded() {
            return false;
        }
    }
}

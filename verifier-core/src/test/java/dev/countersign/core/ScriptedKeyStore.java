package dev.countersign.core;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.PublicKeyStore;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Another key store in front of which a script can be put. */
final class ScriptedKeyStore implements PublicKeyStore {
    final AtomicInteger lookups = new AtomicInteger();
    final AtomicInteger confirmations = new AtomicInteger();
    private final PublicKeyStore store;
    volatile @Nullable Supplier<CompletionStage<Optional<DeviceRecord>>> script;
    volatile @Nullable Supplier<CompletionStage<Boolean>> confirmScript;

    ScriptedKeyStore(PublicKeyStore store) {
        this.store = store;
    }

    @Override
    public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
        lookups.incrementAndGet();
        Supplier<CompletionStage<Optional<DeviceRecord>>> scripted = script;
        return scripted != null ? scripted.get() : store.find(claimed);
    }

    @Override
    public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        confirmations.incrementAndGet();
        Supplier<CompletionStage<Boolean>> scripted = confirmScript;
        return scripted != null ? scripted.get() : store.confirm(device, key, at);
    }

    @Override
    public CompletionStage<Long> cursor() {
        return CompletableFuture.completedFuture(0L);
    }

    @Override
    public CompletionStage<DeviceChanges> changesSince(long cursor) {
        return CompletableFuture.completedFuture(DeviceChanges.of(List.of(), cursor));
    }

    @Override
    public void close() {
        throw new AssertionError("a verifier closes no store");
    }
}

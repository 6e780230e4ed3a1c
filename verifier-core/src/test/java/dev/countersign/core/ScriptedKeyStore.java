package dev.countersign.core;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.testkit.ForwardingKeyStore;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Another key store in front of which a script can be put. */
final class ScriptedKeyStore extends ForwardingKeyStore {
    final AtomicInteger lookups = new AtomicInteger();
    final AtomicInteger confirmations = new AtomicInteger();
    volatile @Nullable Supplier<CompletionStage<Optional<DeviceRecord>>> script;
    volatile @Nullable Supplier<CompletionStage<Boolean>> confirmScript;

    ScriptedKeyStore(PublicKeyStore store) {
        super(store);
    }

    @Override
    public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
        lookups.incrementAndGet();
        Supplier<CompletionStage<Optional<DeviceRecord>>> scripted = script;
        return scripted != null ? scripted.get() : super.find(claimed);
    }

    @Override
    public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        confirmations.incrementAndGet();
        Supplier<CompletionStage<Boolean>> scripted = confirmScript;
        return scripted != null ? scripted.get() : super.confirm(device, key, at);
    }

    @Override
    public void close() {
        throw new AssertionError("a verifier closes no store");
    }
}

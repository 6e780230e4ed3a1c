package dev.countersign.conformance.harness;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.registry.DeviceLifecycle;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.PublicKeyStore;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Devices in memory, set as the runner says. The runner can switch it off. Thread-safe. */
final class BreakableKeyStore implements PublicKeyStore {
    private final Map<DeviceIdentity, DeviceRecord> records = new HashMap<>();
    private long version;
    private boolean down;

    synchronized void put(DeviceRecord record) {
        version++;
        records.put(record.identity(), record.withVersion(version));
    }

    synchronized void setDown(boolean isDown) {
        down = isDown;
    }

    @Override
    public synchronized CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
        return down ? failed() : CompletableFuture.completedFuture(Optional.ofNullable(records.get(claimed)));
    }

    @Override
    public synchronized CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        if (down) {
            return failed();
        }
        RegistryResult result = DeviceLifecycle.STANDARD.confirm(records.get(device), key, at);
        if (result.isChange()) {
            put(result.record().orElseThrow());
        }
        return CompletableFuture.completedFuture(result.isChange());
    }

    /** Nobody caches here. */
    @Override
    public synchronized CompletionStage<Long> cursor() {
        return CompletableFuture.completedFuture(version);
    }

    @Override
    public synchronized CompletionStage<DeviceChanges> changesSince(long cursor) {
        return CompletableFuture.completedFuture(DeviceChanges.of(List.of(), Math.max(cursor, version)));
    }

    @Override
    public void close() {}

    private static <T> CompletionStage<T> failed() {
        return CompletableFuture.failedFuture(new IllegalStateException("the key store is down, as the case says"));
    }
}

package dev.countersign.faults;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.api.store.StoreStatus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** A mutant: it never takes note that a device was revoked, and goes on with the record from before. */
final class UnrevokedKeyStore implements PublicKeyStore {
    private final PublicKeyStore sound;
    private final Map<DeviceIdentity, DeviceRecord> lastActive = new ConcurrentHashMap<>();

    UnrevokedKeyStore(PublicKeyStore sound) {
        this.sound = sound;
    }

    @Override
    public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
        return sound.find(claimed).thenApply(found -> found.map(this::asIfActive));
    }

    @Override
    public CompletionStage<DeviceChanges> changesSince(long cursor) {
        return sound.changesSince(cursor).thenApply(changes -> {
            List<DeviceRecord> records =
                    changes.records().stream().map(this::asIfActive).toList();
            return DeviceChanges.of(records, changes.cursor());
        });
    }

    private DeviceRecord asIfActive(DeviceRecord record) {
        if (record.status() == DeviceStatus.REVOKED) {
            return lastActive.getOrDefault(record.identity(), record).withVersion(record.version());
        }
        lastActive.put(record.identity(), record);
        return record;
    }

    @Override
    public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        return sound.confirm(device, key, at);
    }

    @Override
    public CompletionStage<Long> cursor() {
        return sound.cursor();
    }

    @Override
    public StoreStatus status() {
        return sound.status();
    }

    @Override
    public void close() {
        sound.close();
    }
}

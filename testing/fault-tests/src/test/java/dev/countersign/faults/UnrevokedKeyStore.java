package dev.countersign.faults;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.testkit.ForwardingKeyStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** A mutant: it never takes note that a device was revoked, and goes on with the record from before. */
final class UnrevokedKeyStore extends ForwardingKeyStore {
    private final Map<DeviceIdentity, DeviceRecord> lastActive = new ConcurrentHashMap<>();

    UnrevokedKeyStore(PublicKeyStore sound) {
        super(sound);
    }

    @Override
    public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
        return super.find(claimed).thenApply(found -> found.map(this::asIfActive));
    }

    @Override
    public CompletionStage<DeviceChanges> changesSince(long cursor) {
        return super.changesSince(cursor).thenApply(changes -> {
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
}

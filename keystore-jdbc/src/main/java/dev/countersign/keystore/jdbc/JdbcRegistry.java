package dev.countersign.keystore.jdbc;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.DeviceLifecycle;
import dev.countersign.api.registry.DeviceListing;
import dev.countersign.api.registry.DevicePage;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.keystore.jdbc.connection.Transactions;
import dev.countersign.keystore.jdbc.lane.Lanes;
import dev.countersign.keystore.jdbc.table.DeviceTables;
import dev.countersign.keystore.jdbc.table.SettledReads;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What enrolment and administration see of a key store. */
final class JdbcRegistry implements DeviceRegistry {
    private final Lanes lanes;
    private final Changes changes;
    private final DeviceLifecycle lifecycle;
    private final Transactions transactions;
    private final SettledReads reads;
    private final @Nullable AuditNote note;

    JdbcRegistry(Lanes lanes, Changes changes, SettledReads reads, @Nullable AuditNote note) {
        this.lanes = lanes;
        this.changes = changes;
        this.lifecycle = changes.lifecycle();
        this.transactions = changes.transactions();
        this.reads = reads;
        this.note = note;
    }

    @Override
    public DeviceRegistry as(AuditNote other) {
        return new JdbcRegistry(lanes, changes, reads, Objects.requireNonNull(other, "note"));
    }

    @Override
    public CompletionStage<RegistryResult> register(DeviceIdentity device, DevicePublicKey key, DeviceStatus initial) {
        Objects.requireNonNull(key, "key");
        if (Objects.requireNonNull(initial, "initial") == DeviceStatus.REVOKED) {
            throw new IllegalArgumentException("a device is registered as ACTIVE or PENDING");
        }
        return change(
                "register",
                device,
                key,
                (record, owner, now) -> lifecycle.register(record, owner, device, key, initial));
    }

    @Override
    public CompletionStage<RegistryResult> activate(DeviceIdentity device) {
        return change("activate", device, null, (record, owner, now) -> lifecycle.activate(record));
    }

    @Override
    public CompletionStage<RegistryResult> rotate(
            DeviceIdentity device, DevicePublicKey newKey, DevicePublicKey signedBy) {
        Objects.requireNonNull(newKey, "newKey");
        Objects.requireNonNull(signedBy, "signedBy");
        return change(
                "rotate",
                device,
                newKey,
                (record, owner, now) -> lifecycle.rotate(record, owner, newKey, signedBy, now));
    }

    @Override
    public CompletionStage<RegistryResult> replace(DeviceIdentity device, DevicePublicKey newKey) {
        Objects.requireNonNull(newKey, "newKey");
        return change("replace", device, newKey, (record, owner, now) -> lifecycle.replace(record, owner, newKey));
    }

    @Override
    public CompletionStage<RegistryResult> invalidate(DeviceIdentity device) {
        return change("invalidate", device, null, (record, owner, now) -> lifecycle.invalidate(record, now));
    }

    @Override
    public CompletionStage<RegistryResult> revoke(DeviceIdentity device) {
        return change("revoke", device, null, (record, owner, now) -> lifecycle.revoke(record));
    }

    @Override
    public CompletionStage<RegistryResult> erase(DeviceIdentity device) {
        Objects.requireNonNull(device, "device");
        if (note != null && note.names(device)) {
            throw new IllegalArgumentException(
                    "the note of an erasure stays when the device is gone, and must not have its device id in it");
        }
        return lanes.changes().call(() -> changes.erase(device, note));
    }

    private CompletionStage<RegistryResult> change(
            String what, DeviceIdentity device, @Nullable DevicePublicKey newKey, Changes.Rule rule) {
        Objects.requireNonNull(device, "device");
        return lanes.changes().call(() -> changes.change(what, device, newKey, note, rule));
    }

    @Override
    public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity device) {
        Objects.requireNonNull(device, "device");
        return lanes.lookups().call(() -> transactions.read("find", connection -> reads.find(connection, device)));
    }

    @Override
    public CompletionStage<DevicePage> list(DeviceListing listing) {
        Objects.requireNonNull(listing, "listing");
        return lanes.lookups().call(() -> transactions.read("list", connection -> reads.list(connection, listing)));
    }

    @Override
    public CompletionStage<Optional<KeyOwner>> findByKey(DevicePublicKey key) {
        Objects.requireNonNull(key, "key");
        return lanes.lookups()
                .call(() -> transactions.read(
                        "findByKey",
                        connection -> DeviceTables.findOwner(
                                connection, key, null, changes.clock().instant())));
    }

    @Override
    public String toString() {
        return "JdbcKeyStore.registry()";
    }
}

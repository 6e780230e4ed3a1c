package dev.countersign.keystore.jdbc;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.keystore.jdbc.connection.Transactions;
import dev.countersign.keystore.jdbc.lane.Lanes;
import dev.countersign.keystore.jdbc.table.ChangeFeed;
import dev.countersign.keystore.jdbc.table.ChangePage;
import dev.countersign.keystore.jdbc.table.SettledReads;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What a verifier or a cache sees of a key store. */
final class JdbcKeys implements PublicKeyStore {
    private final Lanes lanes;
    private final Changes changes;
    private final Transactions transactions;
    private final SettledReads reads;
    private final ChangeFeed.Feed feed;
    private final Supplier<? extends StoreStatus> status;
    private final Map<DeviceIdentity, Confirmation> confirmations = new ConcurrentHashMap<>();

    JdbcKeys(
            Lanes lanes,
            Changes changes,
            SettledReads reads,
            ChangeFeed.Feed feed,
            Supplier<? extends StoreStatus> status) {
        this.status = status;
        this.lanes = lanes;
        this.changes = changes;
        this.transactions = changes.transactions();
        this.reads = reads;
        this.feed = feed;
    }

    @Override
    public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
        Objects.requireNonNull(claimed, "claimed");
        return lanes.lookups().call(() -> transactions.read("find", connection -> reads.find(connection, claimed)));
    }

    /**
     * {@inheritDoc}
     *
     * <p>One confirmation of a device waits or runs at a time. Another one of the same key that comes meanwhile takes
     * no place and ends with it, as one that changed nothing, and one of another key changes nothing at once.
     */
    @Override
    public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        Objects.requireNonNull(at, "at");
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(device, "device");
        Confirmation mine = new Confirmation(key);
        Confirmation running = confirmations.putIfAbsent(device, mine);
        if (running != null) {
            return running.key.equals(key)
                    ? running.thenApply(changed -> false)
                    : CompletableFuture.completedFuture(false);
        }
        CompletionStage<RegistryResult> change = lanes.changes()
                .call(() -> changes.change(
                        "confirm",
                        device,
                        null,
                        null,
                        (record, owner, now) -> changes.lifecycle().confirm(record, key, at)));
        change.whenComplete((result, failure) -> {
            confirmations.remove(device, mine);
            if (failure != null) {
                mine.completeExceptionally(failure);
            } else {
                mine.complete(result.isChange());
            }
        });
        return mine;
    }

    /** A confirmation that waits or runs: there is one for each device at a time. */
    private static final class Confirmation extends CompletableFuture<Boolean> {
        private final DevicePublicKey key;

        Confirmation(DevicePublicKey key) {
            this.key = key;
        }
    }

    @Override
    public CompletionStage<Long> cursor() {
        return lanes.feed().call(() -> transactions.read("cursor", reads::lastVersion));
    }

    @Override
    public CompletionStage<DeviceChanges> changesSince(long cursor) {
        if (cursor < 0) {
            throw new IllegalArgumentException("a cursor is 0 or from an earlier answer");
        }
        return lanes.feed().call(() -> {
            ChangePage page =
                    transactions.read("changesSince", connection -> reads.changedAfter(connection, feed, cursor));
            long next = page.isEmpty() ? cursor : page.last();
            DeviceChanges answer = DeviceChanges.of(page.records(), next).withErased(page.erased());
            return page.isIncomplete() ? answer.asIncomplete() : answer;
        });
    }

    /** As {@link JdbcKeyStore#status}, which this is. */
    @Override
    public StoreStatus status() {
        return status.get();
    }

    /** Does nothing: what there is to release belongs to the {@link JdbcKeyStore}, and others use it. */
    @Override
    public void close() {}

    @Override
    public String toString() {
        return "JdbcKeyStore.keys()";
    }
}

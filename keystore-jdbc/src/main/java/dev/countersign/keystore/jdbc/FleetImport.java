package dev.countersign.keystore.jdbc;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.keystore.jdbc.table.AuditNotes;
import dev.countersign.keystore.jdbc.table.DeviceRows;
import dev.countersign.keystore.jdbc.table.DeviceTables;
import dev.countersign.keystore.jdbc.table.DeviceWrites;
import dev.countersign.keystore.jdbc.table.Erasures;
import dev.countersign.keystore.jdbc.table.WrittenCheck;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Imports the devices of an existing fleet into a key store, many in one transaction.
 *
 * <p>A device that the store does not know is stored as given: its status, and its keys with their states and ends,
 * including retired keys, which must not be used again. It gets a version of the store, a place in the change feed and
 * an audit row {@code import}. The import does not change a device that the store knows, and a key stays with its first
 * device. Refused devices are reported one by one and do not stop the import.
 *
 * <p>An import may run while the store is in use, and several may run at a time. Lookups do not wait for it; other
 * writers wait for one batch at most. Nodes that follow the feed read about every imported device. If an import was
 * interrupted, run it again, from the beginning or from where it ended: devices that are already there are only
 * counted.
 *
 * <pre>{@code
 * FleetImport.Result result = FleetImport.into(store)
 *         .onRefusal(refusal -> log.warn("{}", refusal))
 *         .run(fleet.iterator());
 * }</pre>
 *
 * <p>Not thread-safe; may be run again.
 */
public final class FleetImport {
    private static final String ACTION = "import";

    private final JdbcKeyStore store;
    private int batchSize = 500;
    private @Nullable AuditNote note;
    private Consumer<Refusal> refusals = refusal -> {};
    private LongConsumer progress = done -> {};

    private FleetImport(JdbcKeyStore store) {
        this.store = store;
    }

    /** Creates an import into a store. The audit has the clock and the actor of the store. */
    public static FleetImport into(JdbcKeyStore store) {
        return new FleetImport(Objects.requireNonNull(store, "store"));
    }

    /**
     * How many devices are written in one transaction.
     *
     * @param devices 1 to 10 000; 500 by default: some ten milliseconds on a database that has nothing else to do
     */
    public FleetImport batchSize(int devices) {
        if (devices < 1 || devices > 10_000) {
            throw new IllegalArgumentException("batchSize must be 1 to 10000");
        }
        this.batchSize = devices;
        return this;
    }

    /** The note for the audit; none by default. */
    public FleetImport as(AuditNote who) {
        this.note = Objects.requireNonNull(who, "note");
        return this;
    }

    /** Gets each refused device, in order, after its batch was written. An exception of it ends the import. */
    public FleetImport onRefusal(Consumer<Refusal> listener) {
        this.refusals = Objects.requireNonNull(listener, "listener");
        return this;
    }

    /** Gets the number of finished devices after each batch. An exception of it ends the import. */
    public FleetImport onProgress(LongConsumer listener) {
        this.progress = Objects.requireNonNull(listener, "listener");
        return this;
    }

    /**
     * Imports a fleet. Calls the iterator and the listeners on the calling thread, and runs the batches on the store's
     * executor, each in the place of a change. Blocks until it is done.
     *
     * @param fleet read in batches; the versions of its records do not count
     * @return the numbers of this run
     * @throws JdbcKeyStoreException if the database fails, the store is closed or the thread interrupted; batches
     *     before that stay, and the last one reported to {@link #onProgress} is the last one that is known to be there
     */
    public Result run(Iterator<DeviceRecord> fleet) {
        Objects.requireNonNull(fleet, "fleet");
        long imported = 0;
        long alreadyThere = 0;
        long refused = 0;
        long done = 0;
        List<DeviceRecord> batch = new ArrayList<>(batchSize);
        while (fleet.hasNext()) {
            store.requireOpen();
            if (Thread.currentThread().isInterrupted()) {
                throw new JdbcKeyStoreException("the thread was interrupted between two batches of an import");
            }
            batch.clear();
            while (batch.size() < batchSize && fleet.hasNext()) {
                batch.add(Objects.requireNonNull(fleet.next(), "a device of the fleet"));
            }
            Batch decided = store.importBatch(
                    () -> store.changes().transactions().writeMany(ACTION, connection -> write(connection, batch)));
            for (Refused one : decided.refused) {
                refusals.accept(
                        new Refusal(done + one.index, batch.get(one.index).identity(), one.reason));
            }
            imported += decided.imported.size();
            refused += decided.refused.size();
            alreadyThere += batch.size() - decided.imported.size() - decided.refused.size();
            done += batch.size();
            progress.accept(done);
        }
        return new Result(imported, alreadyThere, refused);
    }

    private Batch write(Connection connection, List<DeviceRecord> batch) throws SQLException {
        long lastVersion = store.changes().transactions().lock(connection);
        Instant now = store.changes().clock().instant();
        Map<ByteBuffer, DeviceIdentity> owners = ownersOf(connection, batch);
        boolean mayBeErased = owners.values().stream().anyMatch(Erasures::mayBeErased);
        Batch decided =
                new Batch(statusOf(connection, batch), owners, mayBeErased ? Erasures.standIn(connection) : null);
        for (int i = 0; i < batch.size(); i++) {
            decided.add(i, batch.get(i));
        }
        if (!decided.imported.isEmpty()) {
            List<DeviceRecord> stored = DeviceWrites.writeNew(
                    connection,
                    decided.imported,
                    lastVersion,
                    ACTION,
                    now,
                    store.changes().actor());
            AuditNotes.write(connection, store.changes().transactions().dialect(), lastVersion, stored.size(), note);
            WrittenCheck.written(
                    connection,
                    store.changes().transactions().dialect(),
                    lastVersion,
                    stored.stream().map(DeviceRows::listed).toList(),
                    true);
        }
        return decided;
    }

    private static Map<DeviceIdentity, DeviceStatus> statusOf(Connection connection, List<DeviceRecord> batch)
            throws SQLException {
        Map<String, Set<DeviceIdentity>> byApp = new LinkedHashMap<>();
        for (DeviceRecord device : batch) {
            byApp.computeIfAbsent(device.identity().appId(), app -> new LinkedHashSet<>())
                    .add(device.identity());
        }
        Map<DeviceIdentity, DeviceStatus> known = new HashMap<>();
        for (Map.Entry<String, Set<DeviceIdentity>> app : byApp.entrySet()) {
            known.putAll(DeviceTables.statusOf(connection, app.getKey(), List.copyOf(app.getValue())));
        }
        return known;
    }

    private static Map<ByteBuffer, DeviceIdentity> ownersOf(Connection connection, List<DeviceRecord> batch)
            throws SQLException {
        Set<DevicePublicKey> keys = new LinkedHashSet<>();
        for (DeviceRecord device : batch) {
            for (DeviceKey key : device.keys()) {
                keys.add(key.publicKey());
            }
        }
        return DeviceTables.ownersOf(connection, List.copyOf(keys));
    }

    /** What becomes of the devices of a batch, decided one by one against what is stored and what came before. */
    private static final class Batch {
        private final Map<DeviceIdentity, DeviceStatus> known;
        private final Map<ByteBuffer, DeviceIdentity> owners;
        private final Erasures.@Nullable StandIn standIn;
        private final List<DeviceRecord> imported = new ArrayList<>();
        private final List<Refused> refused = new ArrayList<>();

        Batch(
                Map<DeviceIdentity, DeviceStatus> known,
                Map<ByteBuffer, DeviceIdentity> owners,
                Erasures.@Nullable StandIn standIn) {
            this.known = known;
            this.owners = owners;
            this.standIn = standIn;
        }

        void add(int index, DeviceRecord device) {
            DeviceStatus status = known.get(device.identity());
            int own = 0;
            for (DeviceKey key : device.keys()) {
                DeviceIdentity owner =
                        owners.get(ByteBuffer.wrap(key.publicKey().toPoint()));
                if (owner != null && !isOwn(owner, device.identity())) {
                    refused.add(new Refused(index, Outcome.KEY_IN_USE));
                    return;
                }
                own += owner == null ? 0 : 1;
            }
            if (status != null) {
                if (own < device.keys().size() || isOnlyHereAlive(device, status)) {
                    refused.add(new Refused(index, Outcome.DEVICE_EXISTS));
                }
            } else if (own > 0) {
                // It was erased; its keys stay used.
                refused.add(new Refused(index, Outcome.KEY_USED_BEFORE));
            } else {
                imported.add(device);
                known.put(device.identity(), device.status());
                for (DeviceKey key : device.keys()) {
                    owners.put(ByteBuffer.wrap(key.publicKey().toPoint()), device.identity());
                }
            }
        }

        /** Whether a key's owner is this device, or what stands in for it since it was erased. */
        private boolean isOwn(DeviceIdentity owner, DeviceIdentity device) {
            return owner.equals(device)
                    || (standIn != null
                            && standIn.isErased(owner)
                            && standIn.of(device).equals(owner));
        }

        /** The fleet says that the device was compromised: that must not pass for agreement. */
        private static boolean isOnlyHereAlive(DeviceRecord device, @Nullable DeviceStatus status) {
            return device.status() == DeviceStatus.REVOKED && status != DeviceStatus.REVOKED;
        }
    }

    private record Refused(int index, Outcome reason) {}

    /** The numbers of an import; their sum is the size of the fleet. Made by the import only. Immutable. */
    public static final class Result {
        private final long imported;
        private final long alreadyThere;
        private final long refused;

        Result(long imported, long alreadyThere, long refused) {
            this.imported = imported;
            this.alreadyThere = alreadyThere;
            this.refused = refused;
        }

        /** How many devices are new. */
        public long imported() {
            return imported;
        }

        /** How many devices the store already had, with all the keys that the fleet gives them, in whatever state. */
        public long alreadyThere() {
            return alreadyThere;
        }

        /** How many were reported to {@link FleetImport#onRefusal}. */
        public long refused() {
            return refused;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Result result
                    && imported == result.imported
                    && alreadyThere == result.alreadyThere
                    && refused == result.refused;
        }

        @Override
        public int hashCode() {
            return Objects.hash(imported, alreadyThere, refused);
        }

        @Override
        public String toString() {
            return "Result[" + imported + " imported, " + alreadyThere + " already there, " + refused + " refused]";
        }
    }

    /** A device that was not imported. Made by the import only. Immutable. */
    public static final class Refusal {
        private final long index;
        private final DeviceIdentity device;
        private final Outcome reason;

        Refusal(long index, DeviceIdentity device, Outcome reason) {
            this.index = index;
            this.device = Objects.requireNonNull(device, "device");
            this.reason = Objects.requireNonNull(reason, "reason");
        }

        /** The device's position in the fleet, from 0. */
        public long index() {
            return index;
        }

        /** The device. */
        public DeviceIdentity device() {
            return device;
        }

        /**
         * {@link Outcome#DEVICE_EXISTS}: the store knows the device without one of these keys, or the fleet says that
         * it is revoked and the store does not. {@link Outcome#KEY_IN_USE}: one of its keys belongs to another device.
         * {@link Outcome#KEY_USED_BEFORE}: the device was erased from the store, and its keys cannot be used again.
         */
        public Outcome reason() {
            return reason;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Refusal refusal
                    && index == refusal.index
                    && device.equals(refusal.device)
                    && reason == refusal.reason;
        }

        @Override
        public int hashCode() {
            return Objects.hash(index, device, reason);
        }

        /** Shows no whole device id. */
        @Override
        public String toString() {
            return "Refusal[" + index + ", " + device + ", " + reason + "]";
        }
    }
}

package dev.countersign.keystore.jdbc.table;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.DeviceListing;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.keystore.jdbc.connection.Counter;
import dev.countersign.keystore.jdbc.connection.Dialect;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Queries for devices and owners of keys. The SQL is the same for every vendor. */
public final class DeviceTables {
    public static final String FIND = DeviceRows.COLUMNS + " FROM countersign_device d" + DeviceRows.LIVE_KEYS
            + " WHERE d.app_id = ? AND d.device_id = ?";
    public static final String FIND_OWNER =
            "SELECT app_id, device_id, state, not_after_ms FROM countersign_key WHERE public_key = ?";
    private static final String STATUS_OF =
            "SELECT app_id, device_id, status FROM countersign_device WHERE app_id = ? AND device_id IN (?";
    private static final String OWNERS_OF =
            "SELECT app_id, device_id, public_key FROM countersign_key WHERE public_key IN (?";

    /** Rows of one INSERT, and values of one IN: well below what any driver or database allows of parameters. */
    public static final int ROWS = 1000;

    private DeviceTables() {}

    /** The device with its live keys. */
    public static Optional<DeviceRecord> find(Connection connection, DeviceIdentity device) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FIND)) {
            statement.setBytes(1, DeviceRows.bytes(device.appId()));
            statement.setBytes(2, DeviceRows.bytes(device.deviceId()));
            return DeviceRows.records(statement).stream().findFirst();
        }
    }

    /** A page of an app's devices with their live keys, in the order of their ids, and one more if there is one. */
    public static List<DeviceRecord> list(Connection connection, DeviceListing listing) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(page(listing.size() + 1))) {
            statement.setBytes(1, DeviceRows.bytes(listing.appId()));
            // No id is empty, and nothing comes before what is.
            statement.setBytes(
                    2,
                    listing.after()
                            .map(last -> DeviceRows.bytes(last.deviceId()))
                            .orElse(new byte[0]));
            return DeviceRows.records(statement);
        }
    }

    /**
     * The query for so many devices of an app after one of them. Their number is text, as in the feed's. Ordered by the
     * whole key, though there is one app: H2 would sort all that is left of it otherwise.
     */
    public static String page(int limit) {
        return DeviceRows.COLUMNS + DeviceRows.FROM_SOME_DEVICES
                + " WHERE app_id = ? AND device_id > ? ORDER BY app_id, device_id LIMIT " + limit + ") d"
                + DeviceRows.LIVE_KEYS + " ORDER BY d.device_id";
    }

    /**
     * Finds the device to which a key belongs or belonged. For the key of an erased device, this is that device if it
     * is the one that asks, else a stand-in.
     *
     * @param asking the device that wants the key; null for none, and then the owner of an erased device's key is empty
     */
    public static Optional<KeyOwner> findOwner(
            Connection connection, DevicePublicKey key, @Nullable DeviceIdentity asking, Instant now)
            throws SQLException {
        KeyOwner owner = findOwner(connection, key, now).orElse(null);
        if (owner != null && Erasures.mayBeErased(owner.device())) {
            Erasures.StandIn standIn = Erasures.standIn(connection);
            if (standIn != null && standIn.isErased(owner.device())) {
                if (asking == null) {
                    return Optional.empty();
                }
                boolean own = standIn.of(asking).equals(owner.device());
                return Optional.of(KeyOwner.of(own ? asking : owner.device(), KeyState.RETIRED));
            }
        }
        return Optional.ofNullable(owner);
    }

    private static Optional<KeyOwner> findOwner(Connection connection, DevicePublicKey key, Instant now)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FIND_OWNER)) {
            statement.setBytes(1, key.toPoint());
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    return Optional.empty();
                }
                DeviceKey stored =
                        DeviceKey.of(key, KeyState.valueOf(rows.getString(3))).withNotAfter(DeviceRows.time(rows, 4));
                return Optional.of(KeyOwner.of(DeviceRows.identity(rows), stored, now));
            }
        }
    }

    /** The devices of an app that are known among these, with their status. */
    public static Map<DeviceIdentity, DeviceStatus> statusOf(
            Connection connection, String appId, List<DeviceIdentity> devices) throws SQLException {
        Map<DeviceIdentity, DeviceStatus> known = new HashMap<>();
        for (List<DeviceIdentity> some : inPieces(devices)) {
            try (PreparedStatement statement = connection.prepareStatement(in(STATUS_OF, some.size()))) {
                statement.setBytes(1, DeviceRows.bytes(appId));
                for (int i = 0; i < some.size(); i++) {
                    statement.setBytes(2 + i, DeviceRows.bytes(some.get(i).deviceId()));
                }
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        known.put(DeviceRows.identity(rows), DeviceStatus.valueOf(rows.getString(3)));
                    }
                }
            }
        }
        return known;
    }

    /** Finds the devices to which keys belong or belonged, by the keys' points; a stand-in for an erased device. */
    public static Map<ByteBuffer, DeviceIdentity> ownersOf(Connection connection, List<DevicePublicKey> keys)
            throws SQLException {
        Map<ByteBuffer, DeviceIdentity> owners = new HashMap<>();
        for (List<DevicePublicKey> some : inPieces(keys)) {
            try (PreparedStatement statement = connection.prepareStatement(in(OWNERS_OF, some.size()))) {
                for (int i = 0; i < some.size(); i++) {
                    statement.setBytes(1 + i, some.get(i).toPoint());
                }
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        owners.put(ByteBuffer.wrap(rows.getBytes(3)), DeviceRows.identity(rows));
                    }
                }
            }
        }
        return owners;
    }

    public static String in(String query, int values) {
        return query + ", ?".repeat(values - 1) + ")";
    }

    public static <T> List<List<T>> inPieces(List<T> all) {
        List<List<T>> pieces = new ArrayList<>();
        for (int from = 0; from < all.size(); from += ROWS) {
            pieces.add(all.subList(from, Math.min(all.size(), from + ROWS)));
        }
        return pieces;
    }

    /**
     * What was written after a version, and the three numbers that {@link WrittenCheck} compares.
     *
     * @param devices in the order of their versions
     */
    public record Written(List<DeviceRecord> devices, long counter, long audits, boolean inTransaction) {}

    /**
     * Reads what this transaction, which holds the counter, has written after a version, by a statement that has no
     * name.
     *
     * @param limit how many devices and audit rows are read at most
     * @param withRetired whether the devices' retired keys are read too
     */
    public static Written writtenAfter(
            Connection connection, Dialect dialect, long version, int limit, boolean withRetired) throws SQLException {
        String keys = withRetired ? DeviceRows.ALL_KEYS : DeviceRows.LIVE_KEYS;
        // As in the feed: with a limit a planner takes the indexes, whatever it knows of the tables.
        String first = " WHERE version > " + version + " ORDER BY version LIMIT " + limit + ")";
        String query = DeviceRows.COLUMNS + ", (" + Counter.LAST_VERSION
                + "), (SELECT COUNT(*) FROM (SELECT version FROM countersign_audit" + first + " a), "
                + dialect.isWriting() + DeviceRows.FROM_SOME_DEVICES + first + " d" + keys + " ORDER BY d.version";
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            List<DeviceRecord> devices = new ArrayList<>();
            if (!rows.next()) {
                return new Written(devices, -1, -1, false);
            }
            long counter = rows.getLong(8);
            long audits = rows.getLong(9);
            boolean inTransaction = rows.getInt(10) == 1;
            boolean more = true;
            while (more) {
                more = DeviceRows.readRecord(rows, devices);
            }
            return new Written(devices, counter, audits, inTransaction);
        }
    }
}

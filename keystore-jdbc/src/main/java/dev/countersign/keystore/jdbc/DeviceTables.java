package dev.countersign.keystore.jdbc;

import dev.countersign.api.DeviceIdentity;
import dev.countersign.api.DeviceKey;
import dev.countersign.api.DevicePublicKey;
import dev.countersign.api.DeviceRecord;
import dev.countersign.api.DeviceStatus;
import dev.countersign.api.KeyOwner;
import dev.countersign.api.KeyState;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rows as records and records as rows. The SQL is the same for every vendor. */
final class DeviceTables {
    private static final String COLUMNS =
            "SELECT d.app_id, d.device_id, d.status, d.version, k.public_key, k.state, k.not_after_ms";
    private static final String LIVE_KEYS =
            " LEFT JOIN countersign_key k" + " ON k.app_id = d.app_id AND k.device_id = d.device_id AND k.slot >= 1";

    static final String FIND =
            COLUMNS + " FROM countersign_device d" + LIVE_KEYS + " WHERE d.app_id = ? AND d.device_id = ?";
    static final String FIND_OWNER =
            "SELECT app_id, device_id, state, not_after_ms FROM countersign_key WHERE public_key = ?";
    static final String CHANGED = COLUMNS
            + " FROM (SELECT app_id, device_id, status, version FROM countersign_device"
            + " WHERE version > ? ORDER BY version LIMIT ?) d" + LIVE_KEYS + " ORDER BY d.version";

    private static final String LAST_VERSION = "SELECT version FROM countersign_counter WHERE id = 1";
    private static final String LOCK = LAST_VERSION + " FOR UPDATE";
    private static final String COUNT = "UPDATE countersign_counter SET version = ? WHERE id = 1 AND version = ?";
    private static final String INSERT_DEVICE =
            "INSERT INTO countersign_device (status, version, app_id, device_id) VALUES (?, ?, ?, ?)";
    private static final String UPDATE_DEVICE = "UPDATE countersign_device SET status = ?, version = ?"
            + " WHERE app_id = ? AND device_id = ? AND version = ?";
    private static final String INSERT_KEY = "INSERT INTO countersign_key"
            + " (state, slot, not_after_ms, public_key, app_id, device_id) VALUES (?, ?, ?, ?, ?, ?)";
    private static final String UPDATE_KEY = "UPDATE countersign_key SET state = ?, slot = ?, not_after_ms = ?"
            + " WHERE public_key = ? AND app_id = ? AND device_id = ?";
    private static final String AUDIT = "INSERT INTO countersign_audit"
            + " (version, at_ms, action, app_id, device_id, actor) VALUES (?, ?, ?, ?, ?, ?)";

    /** A slot is left before it is taken: retired keys first, then previous, then current, then new ones. */
    private static final Comparator<DeviceKey> WRITING_ORDER = Comparator.comparingInt(key -> switch (key.state()) {
        case RETIRED -> 0;
        case PREVIOUS -> 1;
        case CURRENT, INVALIDATED -> 2;
        case PROVISIONAL -> 3;
    });

    /** So that equal records are equal lists. */
    private static final Comparator<DeviceKey> LISTED_ORDER = Comparator.comparingInt(key -> slot(key.state()));

    private DeviceTables() {}

    /** The device with its live keys. */
    static Optional<DeviceRecord> find(Connection connection, DeviceIdentity device) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FIND)) {
            statement.setBytes(1, bytes(device.appId()));
            statement.setBytes(2, bytes(device.deviceId()));
            return records(statement).stream().findFirst();
        }
    }

    /** Whose key it is or was. */
    static Optional<KeyOwner> findOwner(Connection connection, DevicePublicKey key, Instant now) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FIND_OWNER)) {
            statement.setBytes(1, key.toPoint());
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    return Optional.empty();
                }
                DeviceKey stored = new DeviceKey(key, KeyState.valueOf(rows.getString(3)), time(rows, 4));
                return Optional.of(KeyOwner.of(identity(rows), stored, now));
            }
        }
    }

    /** At most {@code limit} devices that changed after the version, in the order of their versions. */
    static List<DeviceRecord> changedAfter(Connection connection, long version, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CHANGED)) {
            statement.setLong(1, version);
            statement.setInt(2, limit);
            return records(statement);
        }
    }

    /** Waits for every other writer to end, keeps them waiting until the transaction ends, and tells the last version. */
    static long lock(Connection connection) throws SQLException {
        return counter(connection, LOCK);
    }

    /** The last version whose transaction has committed: a writer keeps the counter's row locked until it commits. */
    static long lastVersion(Connection connection) throws SQLException {
        return counter(connection, LAST_VERSION);
    }

    private static long counter(Connection connection, String query) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query);
                ResultSet rows = statement.executeQuery()) {
            if (!rows.next()) {
                throw new JdbcKeyStoreException(
                        "the table countersign_counter has lost its row: restore it with a version"
                                + " that is not below any in countersign_device and countersign_audit");
            }
            return rows.getLong(1);
        }
    }

    /** Writes what differs; both records as {@link #asStored} makes them, but retired keys are listed in the new one. */
    static void write(Connection connection, @Nullable DeviceRecord before, DeviceRecord after, long lastVersion)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COUNT)) {
            statement.setLong(1, after.version());
            statement.setLong(2, lastVersion);
            updateOne(statement);
        }
        DeviceIdentity device = after.identity();
        try (PreparedStatement statement =
                connection.prepareStatement(before == null ? INSERT_DEVICE : UPDATE_DEVICE)) {
            statement.setString(1, after.status().name());
            statement.setLong(2, after.version());
            statement.setBytes(3, bytes(device.appId()));
            statement.setBytes(4, bytes(device.deviceId()));
            if (before != null) {
                statement.setLong(5, before.version());
            }
            updateOne(statement);
        }
        List<DeviceKey> keys = new ArrayList<>(after.keys());
        keys.sort(WRITING_ORDER);
        for (DeviceKey key : keys) {
            DeviceKey old = before == null ? null : same(before, key.publicKey());
            if (!key.equals(old)) {
                writeKey(connection, old == null ? INSERT_KEY : UPDATE_KEY, device, key);
            }
        }
    }

    static void audit(Connection connection, DeviceRecord changed, String action, Instant at, String actor)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(AUDIT)) {
            statement.setLong(1, changed.version());
            statement.setLong(2, at.toEpochMilli());
            statement.setString(3, action);
            statement.setBytes(4, bytes(changed.identity().appId()));
            statement.setBytes(5, bytes(changed.identity().deviceId()));
            statement.setString(6, actor);
            updateOne(statement);
        }
    }

    /** The record with its times as the columns hold them: whole milliseconds. */
    static DeviceRecord asStored(DeviceRecord record, long version) {
        List<DeviceKey> keys = new ArrayList<>();
        for (DeviceKey key : record.keys()) {
            Instant notAfter = key.notAfter();
            keys.add(
                    notAfter == null
                            ? key
                            : new DeviceKey(
                                    key.publicKey(), key.state(), Instant.ofEpochMilli(notAfter.toEpochMilli())));
        }
        return new DeviceRecord(record.identity(), record.status(), keys, version);
    }

    /** The record as {@link #find} would read it. */
    static DeviceRecord withoutRetired(DeviceRecord record) {
        List<DeviceKey> live = record.keys().stream()
                .filter(key -> key.state() != KeyState.RETIRED)
                .sorted(LISTED_ORDER)
                .toList();
        return new DeviceRecord(record.identity(), record.status(), live, record.version());
    }

    private static void writeKey(Connection connection, String sql, DeviceIdentity device, DeviceKey key)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, key.state().name());
            if (key.state() == KeyState.RETIRED) {
                statement.setNull(2, Types.SMALLINT);
            } else {
                statement.setInt(2, slot(key.state()));
            }
            Instant notAfter = key.notAfter();
            if (notAfter == null) {
                statement.setNull(3, Types.BIGINT);
            } else {
                statement.setLong(3, notAfter.toEpochMilli());
            }
            statement.setBytes(4, key.publicKey().toPoint());
            statement.setBytes(5, bytes(device.appId()));
            statement.setBytes(6, bytes(device.deviceId()));
            updateOne(statement);
        }
    }

    /** A row that is not as it was read: somebody wrote without the counter's lock. Begin again. */
    private static void updateOne(PreparedStatement statement) throws SQLException {
        if (statement.executeUpdate() != 1) {
            throw new SQLTransactionRollbackException("a row changed", "40001");
        }
    }

    private static List<DeviceRecord> records(PreparedStatement statement) throws SQLException {
        List<DeviceRecord> records = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            boolean more = rows.next();
            while (more) {
                // One row for each live key of a device, or one without a key; no two devices share a version.
                DeviceIdentity identity = identity(rows);
                DeviceStatus status = DeviceStatus.valueOf(rows.getString(3));
                long version = rows.getLong(4);
                List<DeviceKey> keys = new ArrayList<>();
                do {
                    byte[] point = rows.getBytes(5);
                    if (point != null) {
                        keys.add(key(rows, point));
                    }
                    more = rows.next();
                } while (more && rows.getLong(4) == version);
                keys.sort(LISTED_ORDER);
                records.add(new DeviceRecord(identity, status, keys, version));
            }
        }
        return records;
    }

    private static int slot(KeyState state) {
        return switch (state) {
            case CURRENT, INVALIDATED -> 1;
            case PROVISIONAL -> 2;
            case PREVIOUS -> 3;
            case RETIRED -> 0; // none: null in the column
        };
    }

    private static DeviceKey key(ResultSet rows, byte[] point) throws SQLException {
        return new DeviceKey(DevicePublicKey.ofPoint(point), KeyState.valueOf(rows.getString(6)), time(rows, 7));
    }

    private static @Nullable Instant time(ResultSet rows, int column) throws SQLException {
        long milliseconds = rows.getLong(column);
        return rows.wasNull() ? null : Instant.ofEpochMilli(milliseconds);
    }

    private static DeviceIdentity identity(ResultSet rows) throws SQLException {
        return new DeviceIdentity(text(rows.getBytes(1)), text(rows.getBytes(2)));
    }

    private static @Nullable DeviceKey same(DeviceRecord record, DevicePublicKey publicKey) {
        for (DeviceKey key : record.keys()) {
            if (key.publicKey().equals(publicKey)) {
                return key;
            }
        }
        return null;
    }

    private static byte[] bytes(String id) {
        return id.getBytes(StandardCharsets.US_ASCII);
    }

    private static String text(byte[] id) {
        return new String(id, StandardCharsets.US_ASCII);
    }
}

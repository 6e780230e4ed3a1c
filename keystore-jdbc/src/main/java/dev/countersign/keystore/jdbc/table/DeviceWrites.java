package dev.countersign.keystore.jdbc.table;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.KeyState;
import dev.countersign.keystore.jdbc.connection.Counter;
import dev.countersign.keystore.jdbc.failure.RowsDiffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records as rows: devices, their keys, and the audit of their changes. What is here is called under the counter's
 * lock.
 */
public final class DeviceWrites {
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

    private DeviceWrites() {}

    /**
     * Writes devices that are new, each under the next version, with one audit row each.
     *
     * @return the devices as they are stored
     */
    public static List<DeviceRecord> writeNew(
            Connection connection,
            List<DeviceRecord> devices,
            long lastVersion,
            String action,
            Instant at,
            String actor)
            throws SQLException {
        Counter.count(connection, lastVersion, lastVersion + devices.size());
        List<DeviceRecord> stored = new ArrayList<>(devices.size());
        List<Row> deviceRows = new ArrayList<>(devices.size());
        List<Row> keyRows = new ArrayList<>(devices.size());
        List<Row> auditRows = new ArrayList<>(devices.size());
        for (DeviceRecord device : devices) {
            stored.add(DeviceRows.asStored(device, lastVersion + 1 + stored.size()));
        }
        for (DeviceRecord device : stored) {
            deviceRows.add((statement, from) -> setDevice(statement, from, device));
            auditRows.add((statement, from) ->
                    setAudit(statement, from, device.version(), device.identity(), action, at, actor));
            for (DeviceKey key : device.keys()) {
                keyRows.add((statement, from) -> setKey(statement, from, device.identity(), key));
            }
        }
        insert(connection, INSERT_DEVICE, 4, deviceRows);
        insert(connection, INSERT_KEY, 6, keyRows);
        insert(connection, AUDIT, 6, auditRows);
        return stored;
    }

    /** Sets the parameters of one row. */
    public interface Row {
        void set(PreparedStatement statement, int from) throws SQLException;
    }

    /** Many rows by few statements. Not by a JDBC batch: what becomes of one is up to each driver and its settings. */
    public static void insert(Connection connection, String sql, int columns, List<Row> rows) throws SQLException {
        String more = ", (?" + ", ?".repeat(columns - 1) + ")";
        for (List<Row> some : DeviceTables.inPieces(rows)) {
            try (PreparedStatement statement = connection.prepareStatement(sql + more.repeat(some.size() - 1))) {
                for (int i = 0; i < some.size(); i++) {
                    some.get(i).set(statement, 1 + i * columns);
                }
                int changed = statement.executeUpdate();
                if (changed != some.size()) {
                    throw new RowsDiffer(changed, some.size());
                }
            }
        }
    }

    /**
     * Writes what differs; both records as {@link DeviceRows#asStored} makes them, but retired keys are listed in the
     * new one.
     */
    public static void write(Connection connection, @Nullable DeviceRecord before, DeviceRecord after, long lastVersion)
            throws SQLException {
        Counter.count(connection, lastVersion, after.version());
        DeviceIdentity device = after.identity();
        try (PreparedStatement statement =
                connection.prepareStatement(before == null ? INSERT_DEVICE : UPDATE_DEVICE)) {
            setDevice(statement, 1, after);
            if (before != null) {
                statement.setLong(5, before.version());
            }
            Counter.updateOne(statement);
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

    /** Writes the audit's row of a change. */
    public static void audit(
            Connection connection, long version, DeviceIdentity device, String action, Instant at, String actor)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(AUDIT)) {
            setAudit(statement, 1, version, device, action, at, actor);
            Counter.updateOne(statement);
        }
    }

    private static void setDevice(PreparedStatement statement, int from, DeviceRecord device) throws SQLException {
        statement.setString(from, device.status().name());
        statement.setLong(from + 1, device.version());
        statement.setBytes(from + 2, DeviceRows.bytes(device.identity().appId()));
        statement.setBytes(from + 3, DeviceRows.bytes(device.identity().deviceId()));
    }

    private static void setAudit(
            PreparedStatement statement,
            int from,
            long version,
            DeviceIdentity device,
            String action,
            Instant at,
            String actor)
            throws SQLException {
        statement.setLong(from, version);
        statement.setLong(from + 1, at.toEpochMilli());
        statement.setString(from + 2, action);
        statement.setBytes(from + 3, DeviceRows.bytes(device.appId()));
        statement.setBytes(from + 4, DeviceRows.bytes(device.deviceId()));
        statement.setString(from + 5, actor);
    }

    private static void setKey(PreparedStatement statement, int from, DeviceIdentity device, DeviceKey key)
            throws SQLException {
        statement.setString(from, key.state().name());
        if (key.state() == KeyState.RETIRED) {
            statement.setNull(from + 1, Types.SMALLINT);
        } else {
            statement.setInt(from + 1, DeviceRows.slot(key.state()));
        }
        Instant notAfter = key.notAfter().orElse(null);
        if (notAfter == null) {
            statement.setNull(from + 2, Types.BIGINT);
        } else {
            statement.setLong(from + 2, notAfter.toEpochMilli());
        }
        statement.setBytes(from + 3, key.publicKey().toPoint());
        statement.setBytes(from + 4, DeviceRows.bytes(device.appId()));
        statement.setBytes(from + 5, DeviceRows.bytes(device.deviceId()));
    }

    private static void writeKey(Connection connection, String sql, DeviceIdentity device, DeviceKey key)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            setKey(statement, 1, device, key);
            Counter.updateOne(statement);
        }
    }

    private static @Nullable DeviceKey same(DeviceRecord record, DevicePublicKey publicKey) {
        for (DeviceKey key : record.keys()) {
            if (key.publicKey().equals(publicKey)) {
                return key;
            }
        }
        return null;
    }
}

package dev.countersign.keystore.jdbc;

import dev.countersign.api.DeviceIdentity;
import dev.countersign.api.DeviceKey;
import dev.countersign.api.DeviceListing;
import dev.countersign.api.DevicePublicKey;
import dev.countersign.api.DeviceRecord;
import dev.countersign.api.DeviceStatus;
import dev.countersign.api.ErasedDevice;
import dev.countersign.api.KeyOwner;
import dev.countersign.api.KeyState;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rows as records and records as rows. The SQL is the same for every vendor. */
final class DeviceTables {
    /** In the place of a status, in the feed: an erased device, and the version up to which erasures were dropped. */
    private static final String ERASED = "ERASED";

    private static final String DROPPED = "DROPPED";

    private static final String COLUMNS =
            "SELECT d.app_id, d.device_id, d.status, d.version, k.public_key, k.state, k.not_after_ms";
    private static final String ALL_KEYS =
            " LEFT JOIN countersign_key k ON k.app_id = d.app_id AND k.device_id = d.device_id";
    private static final String LIVE_KEYS = ALL_KEYS + " AND k.slot >= 1";
    /** To be followed by which, and by a bracket. */
    private static final String FROM_SOME_DEVICES =
            " FROM (SELECT app_id, device_id, status, version FROM countersign_device";

    static final String FIND =
            COLUMNS + " FROM countersign_device d" + LIVE_KEYS + " WHERE d.app_id = ? AND d.device_id = ?";
    static final String FIND_OWNER =
            "SELECT app_id, device_id, state, not_after_ms FROM countersign_key WHERE public_key = ?";
    private static final String LAST_VERSION = "SELECT version FROM countersign_counter WHERE id = 1";
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
    private static final String STATUS_OF =
            "SELECT app_id, device_id, status FROM countersign_device WHERE app_id = ? AND device_id IN (?";
    private static final String OWNERS_OF =
            "SELECT app_id, device_id, public_key FROM countersign_key WHERE public_key IN (?";

    /** Rows of one INSERT, and values of one IN: well below what any driver or database allows of parameters. */
    static final int ROWS = 1000;

    /** A slot is left before it is taken: retired keys first, then previous, then current, then new ones. */
    private static final Comparator<DeviceKey> WRITING_ORDER = Comparator.comparingInt(key -> switch (key.state()) {
        case RETIRED -> 0;
        case PREVIOUS -> 1;
        case CURRENT, INVALIDATED -> 2;
        case PROVISIONAL -> 3;
    });

    /** So that equal records are equal lists. */
    private static final Comparator<DeviceKey> LISTED_ORDER = Comparator.<DeviceKey>comparingInt(
                    key -> slot(key.state()))
            .thenComparing(key -> key.publicKey().toPoint(), Arrays::compareUnsigned);

    private DeviceTables() {}

    /** The device with its live keys. */
    static Optional<DeviceRecord> find(Connection connection, DeviceIdentity device) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FIND)) {
            statement.setBytes(1, bytes(device.appId()));
            statement.setBytes(2, bytes(device.deviceId()));
            return records(statement).stream().findFirst();
        }
    }

    /** A page of an app's devices with their live keys, in the order of their ids, and one more if there is one. */
    static List<DeviceRecord> list(Connection connection, DeviceListing listing) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(page(listing.size() + 1))) {
            statement.setBytes(1, bytes(listing.appId()));
            // No id is empty, and nothing comes before what is.
            statement.setBytes(
                    2, listing.after().map(last -> bytes(last.deviceId())).orElse(new byte[0]));
            return records(statement);
        }
    }

    /**
     * The query for so many devices of an app after one of them. Their number is text, as in the feed's. Ordered by the whole key,
     * though there is one app: H2 would sort all that is left of it otherwise.
     */
    static String page(int limit) {
        return COLUMNS + FROM_SOME_DEVICES + " WHERE app_id = ? AND device_id > ? ORDER BY app_id, device_id LIMIT "
                + limit + ") d" + LIVE_KEYS + " ORDER BY d.device_id";
    }

    /**
     * Whose key it is or was. The key of an erased device is its own still, for the one that asks if that is the one, and
     * somebody's for everybody else.
     *
     * @param asking whose key it is to be; null if nobody's, and then nobody is told of an erased device
     */
    static Optional<KeyOwner> findOwner(
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
                return Optional.of(new KeyOwner(own ? asking : owner.device(), KeyState.RETIRED));
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
                DeviceKey stored = new DeviceKey(key, KeyState.valueOf(rows.getString(3)), time(rows, 4));
                return Optional.of(KeyOwner.of(identity(rows), stored, now));
            }
        }
    }

    /**
     * The change feed's query, and how many changes it is for. Their number is a part of the query: a planner that takes it for
     * a parameter expects a tenth of all devices, and reads all keys to join them.
     */
    record Feed(String query, int limit) {}

    /**
     * The query for at most so many changes after a version: devices with their keys, erasures, and the version up to which
     * erasures were dropped. One statement, so that all of it is of one snapshot.
     */
    static Feed changed(int limit) {
        String first = " WHERE version > ? ORDER BY version LIMIT " + limit + ")";
        return new Feed(
                // The keys are joined to the devices alone: a planner knows how many these are.
                "(" + COLUMNS + FROM_SOME_DEVICES + first + " d" + LIVE_KEYS + ")"
                        + " UNION ALL (SELECT app_id, device_id, '" + ERASED + "', version, NULL, NULL, NULL"
                        + " FROM countersign_erased" + first
                        + " UNION ALL (SELECT NULL, NULL, '" + DROPPED + "', purged_version, NULL, NULL, NULL"
                        + " FROM countersign_erasure WHERE id = 1 AND purged_version > ?) ORDER BY 4",
                limit);
    }

    /** What the query finds to have changed after the version. */
    static ChangePage changedAfter(Connection connection, Feed feed, long version) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(feed.query)) {
            for (int i = 1; i <= 3; i++) {
                statement.setLong(i, version);
            }
            List<DeviceRecord> records = new ArrayList<>();
            List<ErasedDevice> erased = new ArrayList<>();
            long dropped = 0;
            try (ResultSet rows = statement.executeQuery()) {
                boolean more = rows.next();
                while (more) {
                    String status = rows.getString(3);
                    boolean isDropped = status.equals(DROPPED);
                    if (!isDropped && records.size() + erased.size() == feed.limit) {
                        break; // each of the two is complete up to its own last one only
                    }
                    if (isDropped) {
                        dropped = rows.getLong(4);
                        more = rows.next();
                    } else if (status.equals(ERASED)) {
                        erased.add(new ErasedDevice(identity(rows), rows.getLong(4)));
                        more = rows.next();
                    } else {
                        more = readRecord(rows, records);
                    }
                }
                while (more && dropped == 0) {
                    dropped = rows.getString(3).equals(DROPPED) ? rows.getLong(4) : 0;
                    more = rows.next();
                }
            }
            return new ChangePage(records, erased, dropped);
        }
    }

    /** Waits for every other writer to end, keeps them waiting until the transaction ends, and tells the last version. */
    static long lock(Connection connection, String query) throws SQLException {
        return counter(connection, query);
    }

    /** The last version whose transaction has committed: a writer keeps the counter's row locked until it commits. */
    static long lastVersion(Connection connection) throws SQLException {
        return counter(connection, LAST_VERSION);
    }

    private static long counter(Connection connection, String query) throws SQLException {
        // No prepared statement: behind a proxy that shares connections one with a name can be somebody else's. And
        // where
        // this is the first statement of a transaction, the driver's BEGIN goes the same way.
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            if (!rows.next()) {
                throw new JdbcKeyStoreException(
                        "the table countersign_counter has lost its row: restore it with a version"
                                + " that is not below any in countersign_device and countersign_audit");
            }
            return rows.getLong(1);
        }
    }

    /** The devices of an app that are known among these, with their status. */
    static Map<DeviceIdentity, DeviceStatus> statusOf(Connection connection, String appId, List<DeviceIdentity> devices)
            throws SQLException {
        Map<DeviceIdentity, DeviceStatus> known = new HashMap<>();
        for (List<DeviceIdentity> some : inPieces(devices)) {
            try (PreparedStatement statement = connection.prepareStatement(in(STATUS_OF, some.size()))) {
                statement.setBytes(1, bytes(appId));
                for (int i = 0; i < some.size(); i++) {
                    statement.setBytes(2 + i, bytes(some.get(i).deviceId()));
                }
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        known.put(identity(rows), DeviceStatus.valueOf(rows.getString(3)));
                    }
                }
            }
        }
        return known;
    }

    /** Whose these keys are or were, by their points, as far as they are anybody's; a stand-in's if an erased device's. */
    static Map<ByteBuffer, DeviceIdentity> ownersOf(Connection connection, List<DevicePublicKey> keys)
            throws SQLException {
        Map<ByteBuffer, DeviceIdentity> owners = new HashMap<>();
        for (List<DevicePublicKey> some : inPieces(keys)) {
            try (PreparedStatement statement = connection.prepareStatement(in(OWNERS_OF, some.size()))) {
                for (int i = 0; i < some.size(); i++) {
                    statement.setBytes(1 + i, some.get(i).toPoint());
                }
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        owners.put(ByteBuffer.wrap(rows.getBytes(3)), identity(rows));
                    }
                }
            }
        }
        return owners;
    }

    /**
     * Writes devices that are new, each under the next version, with one audit row each.
     *
     * @return the devices as they are stored
     */
    static List<DeviceRecord> writeNew(
            Connection connection,
            List<DeviceRecord> devices,
            long lastVersion,
            String action,
            Instant at,
            String actor)
            throws SQLException {
        count(connection, lastVersion, lastVersion + devices.size());
        List<DeviceRecord> stored = new ArrayList<>(devices.size());
        List<Row> deviceRows = new ArrayList<>(devices.size());
        List<Row> keyRows = new ArrayList<>(devices.size());
        List<Row> auditRows = new ArrayList<>(devices.size());
        for (DeviceRecord device : devices) {
            stored.add(asStored(device, lastVersion + 1 + stored.size()));
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
    interface Row {
        void set(PreparedStatement statement, int from) throws SQLException;
    }

    /** Many rows by few statements. Not by a JDBC batch: what becomes of one is up to each driver and its settings. */
    static void insert(Connection connection, String sql, int columns, List<Row> rows) throws SQLException {
        String more = ", (?" + ", ?".repeat(columns - 1) + ")";
        for (List<Row> some : inPieces(rows)) {
            try (PreparedStatement statement = connection.prepareStatement(sql + more.repeat(some.size() - 1))) {
                for (int i = 0; i < some.size(); i++) {
                    some.get(i).set(statement, 1 + i * columns);
                }
                int changed = statement.executeUpdate();
                if (changed != some.size()) {
                    throw new WrittenCheck.RowsDiffer(changed, some.size());
                }
            }
        }
    }

    static String in(String query, int values) {
        return query + ", ?".repeat(values - 1) + ")";
    }

    static <T> List<List<T>> inPieces(List<T> all) {
        List<List<T>> pieces = new ArrayList<>();
        for (int from = 0; from < all.size(); from += ROWS) {
            pieces.add(all.subList(from, Math.min(all.size(), from + ROWS)));
        }
        return pieces;
    }

    /** Writes what differs; both records as {@link #asStored} makes them, but retired keys are listed in the new one. */
    static void write(Connection connection, @Nullable DeviceRecord before, DeviceRecord after, long lastVersion)
            throws SQLException {
        count(connection, lastVersion, after.version());
        DeviceIdentity device = after.identity();
        try (PreparedStatement statement =
                connection.prepareStatement(before == null ? INSERT_DEVICE : UPDATE_DEVICE)) {
            setDevice(statement, 1, after);
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

    static void count(Connection connection, long lastVersion, long nextVersion) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COUNT)) {
            statement.setLong(1, nextVersion);
            statement.setLong(2, lastVersion);
            updateOne(statement);
        }
    }

    static void audit(
            Connection connection, long version, DeviceIdentity device, String action, Instant at, String actor)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(AUDIT)) {
            setAudit(statement, 1, version, device, action, at, actor);
            updateOne(statement);
        }
    }

    private static void setDevice(PreparedStatement statement, int from, DeviceRecord device) throws SQLException {
        statement.setString(from, device.status().name());
        statement.setLong(from + 1, device.version());
        statement.setBytes(from + 2, bytes(device.identity().appId()));
        statement.setBytes(from + 3, bytes(device.identity().deviceId()));
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
        statement.setBytes(from + 3, bytes(device.appId()));
        statement.setBytes(from + 4, bytes(device.deviceId()));
        statement.setString(from + 5, actor);
    }

    private static void setKey(PreparedStatement statement, int from, DeviceIdentity device, DeviceKey key)
            throws SQLException {
        statement.setString(from, key.state().name());
        if (key.state() == KeyState.RETIRED) {
            statement.setNull(from + 1, Types.SMALLINT);
        } else {
            statement.setInt(from + 1, slot(key.state()));
        }
        Instant notAfter = key.notAfter();
        if (notAfter == null) {
            statement.setNull(from + 2, Types.BIGINT);
        } else {
            statement.setLong(from + 2, notAfter.toEpochMilli());
        }
        statement.setBytes(from + 3, key.publicKey().toPoint());
        statement.setBytes(from + 4, bytes(device.appId()));
        statement.setBytes(from + 5, bytes(device.deviceId()));
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

    /** The record with all its keys, in the order in which they are read. */
    static DeviceRecord listed(DeviceRecord record) {
        List<DeviceKey> keys = record.keys().stream().sorted(LISTED_ORDER).toList();
        return new DeviceRecord(record.identity(), record.status(), keys, record.version());
    }

    private static void writeKey(Connection connection, String sql, DeviceIdentity device, DeviceKey key)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            setKey(statement, 1, device, key);
            updateOne(statement);
        }
    }

    /**
     * Changes one row. If it is not as it was read, somebody wrote without the counter's lock, or the statement was run as
     * another one: begin again.
     */
    static void updateOne(PreparedStatement statement) throws SQLException {
        int changed = statement.executeUpdate();
        if (changed != 1) {
            throw new WrittenCheck.RowsDiffer(changed, 1);
        }
    }

    /**
     * What was written after a version, and the three numbers that {@link WrittenCheck} compares.
     *
     * @param devices in the order of their versions
     */
    record Written(List<DeviceRecord> devices, long counter, long audits, boolean inTransaction) {}

    /**
     * Reads what this transaction, which holds the counter, has written after a version, by a statement that has no name.
     *
     * @param limit how many devices and audit rows are read at most
     * @param withRetired whether the devices' retired keys are read too
     */
    static Written writtenAfter(Connection connection, Dialect dialect, long version, int limit, boolean withRetired)
            throws SQLException {
        String keys = withRetired ? ALL_KEYS : LIVE_KEYS;
        // As in the feed: with a limit a planner takes the indexes, whatever it knows of the tables.
        String first = " WHERE version > " + version + " ORDER BY version LIMIT " + limit + ")";
        String query = COLUMNS + ", (" + LAST_VERSION
                + "), (SELECT COUNT(*) FROM (SELECT version FROM countersign_audit" + first + " a), "
                + dialect.isWriting() + FROM_SOME_DEVICES + first + " d" + keys + " ORDER BY d.version";
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
                more = readRecord(rows, devices);
            }
            return new Written(devices, counter, audits, inTransaction);
        }
    }

    private static List<DeviceRecord> records(PreparedStatement statement) throws SQLException {
        List<DeviceRecord> records = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            boolean more = rows.next();
            while (more) {
                more = readRecord(rows, records);
            }
        }
        return records;
    }

    /** One row for each live key of a device, or one without a key; no two devices share a version. */
    private static boolean readRecord(ResultSet rows, List<DeviceRecord> records) throws SQLException {
        DeviceIdentity identity = identity(rows);
        DeviceStatus status = DeviceStatus.valueOf(rows.getString(3));
        long version = rows.getLong(4);
        List<DeviceKey> keys = new ArrayList<>();
        boolean more;
        do {
            byte[] point = rows.getBytes(5);
            if (point != null) {
                keys.add(key(rows, point));
            }
            more = rows.next();
        } while (more && rows.getLong(4) == version);
        keys.sort(LISTED_ORDER);
        records.add(new DeviceRecord(identity, status, keys, version));
        return more;
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

    static byte[] bytes(String id) {
        return id.getBytes(StandardCharsets.US_ASCII);
    }

    static String text(byte[] id) {
        return new String(id, StandardCharsets.US_ASCII);
    }
}

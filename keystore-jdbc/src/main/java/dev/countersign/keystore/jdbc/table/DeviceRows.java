package dev.countersign.keystore.jdbc.table;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyAttestation;
import dev.countersign.api.device.KeyState;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows as records: the columns of a query, the order of keys, and what a record looks like when it was stored. */
public final class DeviceRows {
    public static final String COLUMNS =
            "SELECT d.app_id, d.device_id, d.status, d.version, k.public_key, k.state, k.not_after_ms";
    public static final String ALL_KEYS =
            " LEFT JOIN countersign_key k ON k.app_id = d.app_id AND k.device_id = d.device_id";
    public static final String LIVE_KEYS = ALL_KEYS + " AND k.slot >= 1";
    /** To be followed by which, and by a bracket. */
    public static final String FROM_SOME_DEVICES =
            " FROM (SELECT app_id, device_id, status, version FROM countersign_device";

    /** So that equal records are equal lists. */
    private static final Comparator<DeviceKey> LISTED_ORDER = Comparator.<DeviceKey>comparingInt(
                    key -> slot(key.state()))
            .thenComparing(key -> key.publicKey().toPoint(), Arrays::compareUnsigned);

    private DeviceRows() {}

    /** The record as the columns hold it: its times in whole milliseconds, and no attestations. */
    public static DeviceRecord asStored(DeviceRecord record, long version) {
        List<DeviceKey> keys = new ArrayList<>();
        for (DeviceKey key : record.keys()) {
            Instant end = key.notAfter()
                    .map(notAfter -> Instant.ofEpochMilli(notAfter.toEpochMilli()))
                    .orElse(null);
            keys.add(key.withNotAfter(end).withAttestation(KeyAttestation.UNKNOWN));
        }
        return record.withKeys(keys).withVersion(version);
    }

    /** The record as {@link DeviceTables#find} would read it. */
    public static DeviceRecord withoutRetired(DeviceRecord record) {
        return record.withKeys(record.keys().stream()
                .filter(key -> key.state() != KeyState.RETIRED)
                .sorted(LISTED_ORDER)
                .toList());
    }

    /** The record with all its keys, in the order in which they are read. */
    public static DeviceRecord listed(DeviceRecord record) {
        return record.withKeys(record.keys().stream().sorted(LISTED_ORDER).toList());
    }

    public static List<DeviceRecord> records(PreparedStatement statement) throws SQLException {
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
    public static boolean readRecord(ResultSet rows, List<DeviceRecord> records) throws SQLException {
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
        records.add(DeviceRecord.of(identity, status, keys, version));
        return more;
    }

    public static int slot(KeyState state) {
        return switch (state) {
            case CURRENT, INVALIDATED -> 1;
            case PROVISIONAL -> 2;
            case PREVIOUS -> 3;
            case RETIRED -> 0; // none: null in the column
        };
    }

    public static DeviceKey key(ResultSet rows, byte[] point) throws SQLException {
        return DeviceKey.of(DevicePublicKey.ofPoint(point), KeyState.valueOf(rows.getString(6)))
                .withNotAfter(time(rows, 7));
    }

    public static @Nullable Instant time(ResultSet rows, int column) throws SQLException {
        long milliseconds = rows.getLong(column);
        return rows.wasNull() ? null : Instant.ofEpochMilli(milliseconds);
    }

    public static DeviceIdentity identity(ResultSet rows) throws SQLException {
        return new DeviceIdentity(text(rows.getBytes(1)), text(rows.getBytes(2)));
    }

    public static byte[] bytes(String id) {
        return id.getBytes(StandardCharsets.US_ASCII);
    }

    public static String text(byte[] id) {
        return new String(id, StandardCharsets.US_ASCII);
    }
}

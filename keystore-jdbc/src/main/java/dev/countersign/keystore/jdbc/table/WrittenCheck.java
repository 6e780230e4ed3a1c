package dev.countersign.keystore.jdbc.table;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.keystore.jdbc.connection.Dialect;
import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether what a transaction is about to acknowledge is there: read back in the same transaction, before its commit, by
 * a statement that has no name. Behind a proxy that shares connections a prepared statement can be run as one that
 * another client prepared under the same name, and then its count of rows is that one's.
 */
public final class WrittenCheck {
    private WrittenCheck() {}

    /**
     * Throws unless exactly these devices have versions above the given one, with these keys, the counter is at the
     * last of them, and each has its row in the audit.
     *
     * @param withRetired whether the devices list all retired keys that they have
     */
    public static void written(
            Connection connection, Dialect dialect, long after, List<DeviceRecord> expected, boolean withRetired)
            throws SQLException {
        DeviceTables.Written found =
                DeviceTables.writtenAfter(connection, dialect, after, expected.size() + 1, withRetired);
        require(dialect, found.inTransaction(), "the transaction has written nothing, or is none");
        require(
                dialect,
                found.counter() == after + expected.size(),
                "the counter shows version " + found.counter() + " instead of " + (after + expected.size()));
        require(dialect, found.audits() == expected.size(), "the audit lacks a row");
        require(dialect, found.devices().equals(expected), "a device or a key is not as it was written");
    }

    /**
     * Throws unless nothing names the device any more, the counter is at the version, the feed and the audit tell it,
     * and what stands in for the device is that of the database.
     */
    public static void erased(
            Connection connection, Dialect dialect, DeviceIdentity device, DeviceIdentity standIn, long version)
            throws SQLException {
        gone(connection, dialect, device, standIn);
        long[] found = numbers(
                connection,
                dialect,
                "SELECT version, (SELECT COUNT(*) FROM countersign_erased WHERE version = " + version
                        + "), (SELECT COUNT(*) FROM countersign_audit WHERE version = " + version
                        + "), (SELECT COUNT(*) FROM countersign_erasure WHERE stand_in_app = "
                        + dialect.literal(DeviceRows.bytes(standIn.appId())) + "), " + dialect.isWriting()
                        + " FROM countersign_counter WHERE id = 1",
                5);
        require(dialect, found[4] == 1, "the transaction has written nothing, or is none");
        require(dialect, found[0] == version, "the counter shows version " + found[0] + " instead of " + version);
        require(dialect, found[1] == 1 && found[2] == 1, "the erasure or its row in the audit is missing");
        require(dialect, found[3] == 1, "what stands in for erased devices is missing");
    }

    /** Throws if there is a row that names the device, or a note of a change of it but its erasures. */
    public static void gone(Connection connection, Dialect dialect, DeviceIdentity device, DeviceIdentity standIn)
            throws SQLException {
        String where = where(dialect, device);
        long[] left = numbers(
                connection,
                dialect,
                "SELECT (SELECT COUNT(*) FROM countersign_device" + where + "), (SELECT COUNT(*) FROM countersign_key"
                        + where + "), (SELECT COUNT(*) FROM countersign_audit" + where
                        + "), (SELECT COUNT(*) FROM countersign_audit_note WHERE version IN"
                        + " (SELECT version FROM countersign_audit" + where(dialect, standIn) + " AND action <> '"
                        + Erasures.ACTION + "')) FROM countersign_counter WHERE id = 1",
                4);
        require(dialect, left[0] == 0 && left[1] == 0 && left[2] == 0, "rows still name the device");
        require(dialect, left[3] == 0, "notes of the device's changes are still there");
    }

    private static String where(Dialect dialect, DeviceIdentity device) {
        return " WHERE app_id = " + dialect.literal(DeviceRows.bytes(device.appId())) + " AND device_id = "
                + dialect.literal(DeviceRows.bytes(device.deviceId()));
    }

    /**
     * Throws unless each of so many versions after the given one has a note of these two texts.
     *
     * @param reason or null for none
     */
    public static void noted(
            Connection connection, Dialect dialect, long after, int notes, byte[] by, byte @Nullable [] reason)
            throws SQLException {
        long[] found = numbers(
                connection,
                dialect,
                "SELECT COUNT(*) FROM countersign_audit_note WHERE version > " + after + " AND version <= "
                        + (after + notes) + " AND by_whom = " + dialect.literal(by) + " AND reason "
                        + (reason == null ? "IS NULL" : "= " + dialect.literal(reason)),
                1);
        require(dialect, found[0] == notes, "a note of the audit is missing");
    }

    /** Throws unless erasures were dropped up to the version. */
    public static void purged(Connection connection, Dialect dialect, long version) throws SQLException {
        long[] found = numbers(
                connection,
                dialect,
                "SELECT purged_version, (SELECT COUNT(*) FROM countersign_erased WHERE version <= " + version
                        + ") FROM countersign_erasure WHERE id = 1",
                2);
        require(dialect, found[0] == version && found[1] == 0, "old erasures are still there");
    }

    private static long[] numbers(Connection connection, Dialect dialect, String query, int columns)
            throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            long[] numbers = new long[columns];
            require(dialect, rows.next(), "the row of the counter or of the erasures is missing");
            for (int i = 0; i < columns; i++) {
                numbers[i] = rows.getLong(i + 1);
            }
            return numbers;
        }
    }

    private static void require(Dialect dialect, boolean holds, String what) {
        if (!holds) {
            throw StoreFailure.statementsMixed(
                    "the change was rolled back and is not stored: " + what
                            + " before the commit. Something between the store and the database runs statements on other"
                            + " connections or as other statements, or changes rows",
                    dialect == Dialect.POSTGRESQL);
        }
    }
}

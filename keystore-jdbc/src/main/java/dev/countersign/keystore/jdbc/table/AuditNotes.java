package dev.countersign.keystore.jdbc.table;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.keystore.jdbc.connection.Dialect;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who asked for a change and why, beside the audit's row of the same version. What writes is called under the counter's
 * lock.
 */
public final class AuditNotes {
    private static final String INSERT =
            "INSERT INTO countersign_audit_note (version, by_whom, reason) VALUES (?, ?, ?)";
    private static final String OF_ERASED = "SELECT a.version FROM countersign_audit a"
            + " JOIN countersign_audit_note n ON n.version = a.version"
            + " WHERE a.app_id = ? AND a.device_id = ? AND a.action <> '" + Erasures.ACTION + "'";
    // By the key, one by one or as a list: with sql_safe_updates=1 MariaDB refuses another DELETE.
    private static final String DELETE = "DELETE FROM countersign_audit_note WHERE version IN (?";

    private AuditNotes() {}

    /** Writes one note for each of the versions after this one, and makes sure of it. */
    public static void write(
            Connection connection, Dialect dialect, long lastVersion, int changes, @Nullable AuditNote note)
            throws SQLException {
        if (note == null || changes == 0) {
            return;
        }
        List<DeviceWrites.Row> rows = new ArrayList<>(changes);
        for (int i = 1; i <= changes; i++) {
            long version = lastVersion + i;
            rows.add((statement, from) -> set(statement, from, version, note));
        }
        DeviceWrites.insert(connection, INSERT, 3, rows);
        byte[] reason = reason(note);
        WrittenCheck.noted(connection, dialect, lastVersion, changes, bytes(note.by()), reason);
    }

    private static void set(PreparedStatement statement, int from, long version, AuditNote note) throws SQLException {
        statement.setLong(from, version);
        statement.setBytes(from + 1, bytes(note.by()));
        byte[] reason = reason(note);
        if (reason == null) {
            statement.setNull(from + 2, Types.VARBINARY);
        } else {
            statement.setBytes(from + 2, reason);
        }
    }

    /**
     * Drops the notes of an erased device, but for those of its erasures themselves.
     *
     * @param standIn what the audit's rows of the device already have in place of its ids
     */
    public static void dropOf(Connection connection, DeviceIdentity standIn) throws SQLException {
        List<Long> versions = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(OF_ERASED)) {
            statement.setBytes(1, DeviceRows.bytes(standIn.appId()));
            statement.setBytes(2, DeviceRows.bytes(standIn.deviceId()));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    versions.add(rows.getLong(1));
                }
            }
        }
        for (List<Long> some : DeviceTables.inPieces(versions)) {
            try (PreparedStatement statement = connection.prepareStatement(DeviceTables.in(DELETE, some.size()))) {
                for (int i = 0; i < some.size(); i++) {
                    statement.setLong(1 + i, some.get(i));
                }
                int ignored = statement.executeUpdate(); // what is left is looked for before the commit
            }
        }
    }

    private static byte @Nullable [] reason(AuditNote note) {
        return note.reason().map(AuditNotes::bytes).orElse(null);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

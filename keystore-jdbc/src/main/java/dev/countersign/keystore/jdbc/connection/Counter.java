package dev.countersign.keystore.jdbc.connection;

import dev.countersign.keystore.jdbc.failure.RowsDiffer;
import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The one row that each writer locks, with the last version that was given. */
public final class Counter {
    /** A query for the last version, without its lock. */
    public static final String LAST_VERSION = "SELECT version FROM countersign_counter WHERE id = 1";

    private static final String COUNT = "UPDATE countersign_counter SET version = ? WHERE id = 1 AND version = ?";

    private Counter() {}

    /**
     * Waits for every other writer to end, keeps them waiting until the transaction ends, and tells the last version.
     */
    public static long lock(Connection connection, String query) throws SQLException {
        return counter(connection, query);
    }

    /** The last version whose transaction has committed: a writer keeps the counter's row locked until it commits. */
    public static long lastVersion(Connection connection) throws SQLException {
        return counter(connection, LAST_VERSION);
    }

    private static long counter(Connection connection, String query) throws SQLException {
        // No prepared statement: behind a proxy that shares connections one with a name can be somebody else's. And
        // where this is the first statement of a transaction, the driver's BEGIN goes the same way.
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            if (!rows.next()) {
                throw new StoreFailure("the table countersign_counter has lost its row: restore it with a version"
                        + " that is not below any in countersign_device and countersign_audit");
            }
            return rows.getLong(1);
        }
    }

    /** Moves the counter on, from where it was read to the last version that is given. */
    public static void count(Connection connection, long lastVersion, long nextVersion) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COUNT)) {
            statement.setLong(1, nextVersion);
            statement.setLong(2, lastVersion);
            updateOne(statement);
        }
    }

    /**
     * Changes one row. If it is not as it was read, somebody wrote without the counter's lock, or the statement was run
     * as another one: begin again.
     */
    public static void updateOne(PreparedStatement statement) throws SQLException {
        int changed = statement.executeUpdate();
        if (changed != 1) {
            throw new RowsDiffer(changed, 1);
        }
    }
}

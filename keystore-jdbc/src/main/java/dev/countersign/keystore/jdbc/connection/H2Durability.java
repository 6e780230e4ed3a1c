package dev.countersign.keystore.jdbc.connection;

import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Whether H2 writes a change before it says that it was made. By default it writes half a second later, and a process that is
 * killed in between has acknowledged revocations that never were.
 */
public final class H2Durability {
    /** The setting has a row for the database's file, which counts, and may have another one for what is the default. */
    private static final String SETTINGS = "SELECT DATABASE_PATH(), (SELECT COUNT(*) FROM INFORMATION_SCHEMA.SETTINGS"
            + " WHERE SETTING_NAME = 'WRITE_DELAY' AND SETTING_VALUE = '0')";

    private H2Durability() {}

    /** Throws, with words that say what to set, if the database is H2 in a file and writes late. */
    public static void require(Connection connection, Dialect dialect) throws SQLException {
        if (dialect != Dialect.H2) {
            return;
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(SETTINGS)) {
            boolean isFile = rows.next() && rows.getString(1) != null;
            if (isFile && rows.getInt(2) == 0) {
                throw new StoreFailure("the H2 database writes changes to its file only some time after it has"
                        + " acknowledged them, so that a revocation can be lost when the process is killed: add"
                        + " ;WRITE_DELAY=0 to its URL, or run SET WRITE_DELAY 0 in it once");
            }
        }
    }
}

package dev.countersign.keystore.jdbc.connection;

import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;

/**
 * Whether H2 keeps a change that it says was made. By default it writes half a second later, and a process that is
 * killed in between has acknowledged revocations that never were. And two releases of H2 do not find what they have
 * written.
 */
public final class H2Durability {
    /**
     * Whether it is a file, its version, and how it writes. The setting has a row for how the database was opened, and
     * may have another one for what was once set in it; that counts for nothing once the database is opened again.
     */
    private static final String SETTINGS = "SELECT DATABASE_PATH(), H2VERSION(),"
            + " (SELECT COUNT(*) FROM INFORMATION_SCHEMA.SETTINGS WHERE SETTING_NAME = 'WRITE_DELAY' AND SETTING_VALUE = '0'),"
            + " (SELECT COUNT(*) FROM INFORMATION_SCHEMA.SETTINGS WHERE SETTING_NAME = 'WRITE_DELAY')";

    /**
     * Copies of a file that were taken between commits opened without the last commits: about one in 150 with 2.5.252.
     */
    private static final Set<String> FORGETFUL = Set.of("2.5.250", "2.5.252");

    private H2Durability() {}

    /** Throws, with words that say what to set, if the database is H2 in a file and writes late. */
    public static void require(Connection connection, Dialect dialect) throws SQLException {
        if (dialect != Dialect.H2) {
            return;
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(SETTINGS)) {
            if (!rows.next() || rows.getString(1) == null) {
                return;
            }
            if (rows.getInt(3) == 0 || rows.getInt(3) < rows.getInt(4)) {
                throw new StoreFailure("the H2 database writes changes to its file only some time after it has"
                        + " acknowledged them, so that a revocation can be lost when the process is killed: add"
                        + " ;WRITE_DELAY=0 to its URL");
            }
            requireRemembering(String.valueOf(rows.getString(2)));
        }
    }

    static void requireRemembering(String version) throws StoreFailure {
        if (FORGETFUL.contains(version)) {
            throw new StoreFailure("H2 " + version + " may open a file without its last changes after the process was"
                    + " killed, so that a revocation can be lost: use H2 2.4.240");
        }
    }
}

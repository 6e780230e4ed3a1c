package dev.countersign.keystore.jdbc;

import dev.countersign.keystore.jdbc.connection.Dialect;
import dev.countersign.keystore.jdbc.connection.Transactions;
import dev.countersign.keystore.jdbc.failure.StoreFailure;
import dev.countersign.keystore.jdbc.table.ChangeFeed;
import dev.countersign.keystore.jdbc.table.ChangePage;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether changes and the feed will work, before there is a change: a trial of every kind of statement, which concerns
 * no row and is rolled back. So it meets missing grants, a database that is read-only and a binary log in a format that
 * does not fit as a change would, and waits for no row that is locked elsewhere.
 *
 * <p>Rows are deleted by a key, as a change deletes them, and no row has version 0: with {@code sql_safe_updates=1}
 * MariaDB refuses a DELETE without one, and it refuses no statement of the store.
 */
final class DatabaseCheck {
    private static final List<String> TRIALS = List.of(
            "INSERT INTO countersign_device SELECT * FROM countersign_device WHERE 1 = 0",
            "UPDATE countersign_device SET status = status WHERE 1 = 0",
            "DELETE FROM countersign_device WHERE version = 0",
            "INSERT INTO countersign_key SELECT * FROM countersign_key WHERE 1 = 0",
            "UPDATE countersign_key SET state = state WHERE 1 = 0",
            "INSERT INTO countersign_audit SELECT * FROM countersign_audit WHERE 1 = 0",
            "UPDATE countersign_audit SET app_id = app_id WHERE 1 = 0",
            "INSERT INTO countersign_audit_note SELECT * FROM countersign_audit_note WHERE 1 = 0",
            "DELETE FROM countersign_audit_note WHERE version = 0",
            "INSERT INTO countersign_erased SELECT * FROM countersign_erased WHERE 1 = 0",
            "DELETE FROM countersign_erased WHERE version = 0",
            "UPDATE countersign_counter SET version = version WHERE 1 = 0",
            "UPDATE countersign_erasure SET purged_version = purged_version WHERE 1 = 0");

    private static final String MODE =
            "SELECT SETTING_VALUE FROM INFORMATION_SCHEMA.SETTINGS WHERE SETTING_NAME = 'MODE'";

    /** Tables that are being altered are not waited for: then nothing is shown. */
    private static final String POSTGRES_WAIT = "SET LOCAL lock_timeout = '100ms'";

    /** Nor for long are those of a backup, which lets others read. In seconds, of the session, and set back. */
    private static final String MYSQL_WAIT = "SET SESSION lock_wait_timeout = ";

    private static final int H2_READ_ONLY = 90_097;
    private static final int H2_NO_RIGHT = 90_096;
    private static final int BINLOG_STATEMENT = 1665;
    private static final int SERVER_READ_ONLY = 1290;
    private static final int TRANSACTION_READ_ONLY = 1792;
    private static final int ENGINE_READ_ONLY = 1036;
    private static final int SAFE_UPDATES = 1175;
    private static final int TABLE_DENIED = 1142;
    private static final int COLUMN_DENIED = 1143;

    private static final String READ_ONLY =
            "the DataSource's connections are read-only, and the key store could not write"
                    + " a change: give it a DataSource of the primary server, without readOnly, without"
                    + " default_transaction_read_only or read_only, and for an H2 file without ACCESS_MODE_DATA=r";

    private static final String GRANTS = "the database's user may not change the key store's tables: grant it SELECT,"
            + " INSERT, UPDATE and DELETE on all tables whose names begin with countersign_";

    private DatabaseCheck() {}

    /** Throws, with words that say what to set, if the connection itself says that nothing can be written. */
    static void requireWritable(Connection connection) throws SQLException {
        if (connection.isReadOnly()) {
            throw new StoreFailure(READ_ONLY);
        }
    }

    /** Throws, with words that say what to set, if the store could be built and would not work. */
    static void require(Transactions transactions, Connection connection) throws SQLException {
        Dialect dialect = transactions.dialect();
        if (dialect == Dialect.H2) {
            requireMode(connection);
        }
        try {
            transactions.tryOut(connection, DatabaseCheck::trial);
        } catch (SQLException failure) {
            if (dialect.isRaceLost(failure)) {
                return;
            }
            throw explained(dialect, failure);
        }
    }

    /**
     * Throws, with words that say what to set or to do, unless the tables are there and it may be read what they are.
     */
    static void requireTables(Connection connection, Dialect dialect) throws SQLException {
        try {
            JdbcSchema.requireCurrent(connection, dialect);
        } catch (SQLException failure) {
            throw explained(dialect, failure);
        }
    }

    /** The failure as it is, unless it is known: then it is thrown with words that say what to set. */
    private static SQLException explained(Dialect dialect, SQLException failure) {
        String words = words(dialect, failure);
        if (words != null) {
            throw StoreFailure.refused(words, failure);
        }
        return failure;
    }

    private static void trial(Connection connection, Dialect dialect) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            switch (dialect) {
                case POSTGRESQL -> {
                    statement.execute(POSTGRES_WAIT);
                    tryAll(statement);
                }
                case MARIADB, MYSQL -> {
                    long wait = mySqlWait(statement);
                    statement.execute(MYSQL_WAIT + "1");
                    try {
                        tryAll(statement);
                    } catch (SQLException | RuntimeException failure) {
                        setMySqlWaitBack(statement, wait);
                        throw failure;
                    }
                    statement.execute(MYSQL_WAIT + wait);
                }
                case H2 -> tryAll(statement);
            }
        }
    }

    private static void tryAll(Statement statement) throws SQLException {
        for (String sql : TRIALS) {
            int ignored = statement.executeUpdate(sql);
        }
    }

    private static void setMySqlWaitBack(Statement statement, long wait) {
        try {
            statement.execute(MYSQL_WAIT + wait);
        } catch (SQLException | RuntimeException broken) {
            return; // the failure that led here is the one to report
        }
    }

    private static long mySqlWait(Statement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery("SELECT @@SESSION.lock_wait_timeout")) {
            return rows.next() ? rows.getLong(1) : 1;
        }
    }

    /** In some of its modes H2 does not know the feed's LIMIT, and they may change from release to release. */
    private static void requireMode(Connection connection) throws SQLException {
        try {
            ChangePage ignored = ChangeFeed.changedAfter(connection, ChangeFeed.changed(1), Long.MAX_VALUE);
        } catch (SQLException failure) {
            String mode = mode(connection);
            if (mode == null || mode.equals("REGULAR")) {
                throw failure;
            }
            throw StoreFailure.refused(
                    "the H2 database is in MODE=" + mode
                            + ", which does not know the change feed's query: take MODE out of"
                            + " the URL, or use REGULAR, LEGACY, DB2, HSQLDB, MySQL, MariaDB or PostgreSQL",
                    failure);
        }
    }

    private static @Nullable String mode(Connection connection) {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(MODE)) {
            String mode = rows.next() ? rows.getString(1) : null;
            return mode != null && mode.matches("[A-Za-z0-9_]{1,20}") ? mode : null;
        } catch (SQLException broken) {
            return null; // the failure that led here is the one to report
        }
    }

    /** What to do about a trial that failed so, or null if it is nothing known. */
    static @Nullable String words(Dialect dialect, SQLException failure) {
        int code = failure.getErrorCode();
        String state = String.valueOf(failure.getSQLState());
        return switch (dialect) {
            case H2 -> code == H2_READ_ONLY ? READ_ONLY : code == H2_NO_RIGHT ? GRANTS : null;
            case POSTGRESQL -> state.equals("25006") ? READ_ONLY : state.equals("42501") ? GRANTS : null;
            case MARIADB, MYSQL ->
                switch (code) {
                    case BINLOG_STATEMENT ->
                        "the server writes its binary log with binlog_format=STATEMENT, which does not go with the"
                                + " isolation of changes, read committed: set binlog_format to ROW or MIXED";
                    // MariaDB refuses none of the store's statements for it; whether MySQL does was not tried.
                    case SAFE_UPDATES ->
                        "the session has sql_safe_updates=1, and the server refuses a statement of the key store for"
                                + " that: set it to 0 for its connections";
                    case SERVER_READ_ONLY, TRANSACTION_READ_ONLY, ENGINE_READ_ONLY -> READ_ONLY;
                    case TABLE_DENIED, COLUMN_DENIED -> GRANTS;
                    default -> null;
                };
        };
    }
}

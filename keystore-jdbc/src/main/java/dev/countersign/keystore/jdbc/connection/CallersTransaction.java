package dev.countersign.keystore.jdbc.connection;

import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Refuses a connection on which a transaction of the caller has begun. A transaction-aware {@code DataSource} lends
 * such a connection on the caller's thread, and the store would end the caller's transaction.
 *
 * <p>The store checks before it uses the connection. With auto-commit on, there is no transaction. With auto-commit
 * off, either the pool lends its connections so, and no transaction has begun (but for the pool's own test query on
 * PostgreSQL), or the caller's has. The check begins no transaction and changes no isolation, auto-commit or time
 * limit.
 */
public final class CallersTransaction {
    /** "Active SQL transaction": what may only be set outside of one was set. */
    private static final String ACTIVE = "25001";

    /**
     * What a transaction that has read a table, written or locked holds to its end: not what each has, nor this query's
     * own.
     */
    private static final String LOCKS =
            "SELECT 1 FROM pg_locks WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid'"
                    + " AND NOT (locktype = 'relation' AND relation = 'pg_catalog.pg_locks'::regclass) LIMIT 1";

    private CallersTransaction() {}

    /** Throws if somebody's transaction has begun on the connection, which is left as it is. */
    public static void refuse(Connection connection, Dialect dialect) throws SQLException {
        if (connection.getAutoCommit() || !hasBegun(connection, dialect)) {
            return;
        }
        if (dialect == Dialect.POSTGRESQL && holdsNothing(connection)) {
            Unnamed.rollback(connection);
            return;
        }
        throw new StoreFailure("the DataSource lent a connection on which a transaction of the caller has"
                + " begun, and nothing was done with it: give the key store a DataSource that takes no part in"
                + " transactions (the one behind a transaction-aware proxy), or threads of its own, and a pool without"
                + " auto-commit no query of its own that reads tables and leaves its transaction open");
    }

    /**
     * A pool without auto-commit that tests or prepares its connections by a query lends them in the transaction which
     * that began: nothing was read or written in it, and no lock is held. It may be ended.
     */
    private static boolean holdsNothing(Connection connection) {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(LOCKS)) {
            return !rows.next();
        } catch (SQLException failedAlready) {
            return false;
        }
    }

    public static boolean hasBegun(Connection connection, Dialect dialect) throws SQLException {
        return switch (dialect) {
            case POSTGRESQL -> isActive(() -> connection.setReadOnly(connection.isReadOnly()));
            // For the next transaction only, which is ours.
            case MARIADB, MYSQL ->
                isActive(() -> Unnamed.execute(connection, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"));
            case H2 -> hasChanges(connection);
        };
    }

    private interface Setting {
        void set() throws SQLException;
    }

    private static boolean isActive(Setting setting) throws SQLException {
        try {
            setting.set();
            return false;
        } catch (SQLException failure) {
            if (ACTIVE.equals(failure.getSQLState())) {
                return true;
            }
            throw failure;
        }
    }

    private static boolean hasChanges(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT CONTAINS_UNCOMMITTED"
                        + " FROM INFORMATION_SCHEMA.SESSIONS WHERE SESSION_ID = SESSION_ID()")) {
            return rows.next() && rows.getBoolean(1);
        }
    }
}

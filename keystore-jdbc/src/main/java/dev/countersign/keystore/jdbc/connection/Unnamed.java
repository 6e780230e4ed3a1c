package dev.countersign.keystore.jdbc.connection;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Statements that PostgreSQL's driver gives no name. Behind a pooler one with a name, of which the driver's own COMMIT
 * and ROLLBACK are two after a while, can be run as another client's.
 */
public final class Unnamed {
    private Unnamed() {}

    /** Runs one. That it cannot be closed is no failure: what it did is done. */
    public static void execute(Connection connection, String sql) throws SQLException {
        Statement statement = connection.createStatement();
        try {
            statement.execute(sql);
        } finally {
            Transactions.close(statement);
        }
    }

    /**
     * Ends the transaction. The second call has nothing left to do, but for what wrappers of the connection remember.
     */
    public static void rollback(Connection connection) throws SQLException {
        execute(connection, "ROLLBACK");
        connection.rollback();
    }
}

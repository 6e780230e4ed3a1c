package dev.countersign.keystore.jdbc.connection;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;

/**
 * How long the database may take for an answer. A driver that waits longer closes the connection: no thread hangs for
 * ever on a server that was stopped or cut off without a word, as it would with a limit that the server itself keeps.
 */
public final class StatementLimit {
    /** Not changed: nothing to restore. */
    private static final int AS_IT_IS = -1;

    private final int millis;

    public StatementLimit(Duration limit) {
        this.millis = Math.toIntExact(limit.toMillis());
    }

    public long millis() {
        return millis;
    }

    /** Sets the limit, unless the connection has a shorter one already; returns what {@link #restore} wants to know. */
    public int begin(Connection connection) throws SQLException {
        try {
            int before = connection.getNetworkTimeout();
            if (before > 0 && before <= millis) {
                return AS_IT_IS;
            }
            connection.setNetworkTimeout(Runnable::run, millis);
            return before;
        } catch (SQLFeatureNotSupportedException unknownToTheDriver) {
            return AS_IT_IS;
        }
    }

    public static void restore(Connection connection, int before) {
        if (before == AS_IT_IS) {
            return;
        }
        try {
            connection.setNetworkTimeout(Runnable::run, before);
        } catch (SQLException broken) {
            // What was done is done; the pool finds out about the connection.
            return;
        }
    }
}

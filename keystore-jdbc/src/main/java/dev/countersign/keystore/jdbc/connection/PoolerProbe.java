package dev.countersign.keystore.jdbc.connection;

import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether PostgreSQL is behind a pooler whose clients share connections and prepared statements: a client
 * that uses the name of a statement may then run the statement of another client.
 *
 * <p>One connection runs a statement until the driver gives it a name, and another one checks whether it sees that
 * name. No transaction is open in between, so neither waits for the other, and a pooler that ends idle transactions
 * ends none. A pooler that follows prepared statements renames them, and a driver can be set to name none. If a second
 * connection cannot be had soon, the probe finds nothing.
 */
public final class PoolerProbe {
    /** The driver's own threshold is 5. */
    private static final int EXECUTIONS = 7;
    /** Others may use the pooler's connections, so that the two are led to different ones. */
    private static final int ROUNDS = 5;

    private static final long WAIT_MILLIS = 1000;
    private static final String MISSING = "26000";
    private static final String EXISTS = "42P05";

    private PoolerProbe() {}

    /** Throws, with words that say what to set, if a pooler mixes statements up. */
    public static void require(DataSource dataSource, Connection one, StatementLimit limit) throws SQLException {
        boolean autoCommit = one.getAutoCommit();
        if (!autoCommit) {
            one.setAutoCommit(true);
        }
        try (Connection other = another(dataSource)) {
            if (other != null && !isSame(one, other) && isMixedUp(one, other, limit)) {
                throw StoreFailure.statementsMixed(
                        "prepared statements of one connection are seen by another one, so that changes would get lost",
                        true);
            }
        } finally {
            setBack(one, autoCommit);
        }
    }

    /** A DataSource may lend one connection to all who ask: then what is set on the one is set on the other. */
    private static boolean isSame(Connection one, Connection other) throws SQLException {
        boolean autoCommit = other.getAutoCommit();
        try {
            one.setAutoCommit(!autoCommit);
            return other.getAutoCommit() != autoCommit;
        } finally {
            setBack(one, true);
        }
    }

    private static void setBack(Connection connection, boolean autoCommit) {
        try {
            connection.setAutoCommit(autoCommit);
        } catch (SQLException broken) {
            // What was seen was seen, or has failed; the next user of the connection finds out about it.
            return;
        }
    }

    private static boolean isMixedUp(Connection one, Connection other, StatementLimit limit) throws SQLException {
        int timeout = limit.begin(other);
        try {
            return isMixedUp(one, other);
        } finally {
            StatementLimit.restore(other, timeout);
        }
    }

    private static boolean isMixedUp(Connection one, Connection other) throws SQLException {
        boolean autoCommit = other.getAutoCommit();
        if (!autoCommit) {
            other.setAutoCommit(true);
        }
        try {
            // Of this time only: a pooler's connections keep what was prepared before the driver was set not to.
            String mark = "countersign_" + UUID.randomUUID();
            for (int round = 0; round < ROUNDS; round++) {
                run(one, mark);
                if (sees(other, mark)) {
                    return true;
                }
            }
            return false;
        } catch (SQLException failure) {
            if (MISSING.equals(failure.getSQLState()) || EXISTS.equals(failure.getSQLState())) {
                return true;
            }
            throw failure;
        } finally {
            setBack(other, autoCommit);
        }
    }

    private static void run(Connection connection, String mark) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT ? || '" + mark + "'")) {
            for (int i = 0; i < EXECUTIONS; i++) {
                statement.setString(1, "a");
                statement.executeQuery().close();
            }
        }
    }

    /** Whether there is such a statement under a name of the driver. */
    private static boolean sees(Connection connection, String mark) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT 1 FROM pg_prepared_statements WHERE statement LIKE '%"
                        + mark + "%' AND name ~ '^S_[0-9]+$'")) {
            return rows.next();
        }
    }

    /** What has come after all, when it is not waited for any longer. */
    private static @Nullable Connection given(CompletableFuture<Connection> asked) {
        return asked.cancel(false) || asked.isCompletedExceptionally() ? null : asked.getNow(null);
    }

    /** Another connection, or null if none is to be had soon: a pool may have a single one, and waits long. */
    private static @Nullable Connection another(DataSource dataSource) {
        CompletableFuture<Connection> asked = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        Connection connection = dataSource.getConnection();
                        if (!asked.complete(connection)) {
                            connection.close(); // too late
                        }
                    } catch (Throwable none) { // the connection at hand stands for the database
                        asked.completeExceptionally(none);
                    }
                },
                "countersign-keys-probe");
        thread.setDaemon(true);
        thread.start();
        try {
            return asked.get(WAIT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            return given(asked);
        } catch (ExecutionException none) {
            return null;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return given(asked);
        }
    }
}

package dev.countersign.keystore.jdbc.connection;

import dev.countersign.api.store.StoreStatus;
import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Clock;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Connections, transactions and their repetition. */
public final class Transactions {
    /** How often a transaction that lost a race is tried in all. */
    public static final int ATTEMPTS = 6;

    private static final int PAUSE_MILLIS = 10;

    private final DataSource dataSource;
    private final Dialect dialect;
    private final StatementLimit limit;
    private final boolean readsLock;
    private final Availability availability;
    private volatile boolean statementsMeetOthers;

    /**
     * For connections like this one.
     *
     * @param sample how the DataSource lends them
     * @param clock by which the status says since when it is so
     */
    public Transactions(DataSource dataSource, Dialect dialect, StatementLimit limit, Connection sample, Clock clock)
            throws SQLException {
        this.availability = new Availability(clock);
        this.dataSource = dataSource;
        this.dialect = dialect;
        this.limit = limit;
        this.readsLock = dialect.isSerializableReadLocking()
                && !sample.getAutoCommit()
                && sample.getTransactionIsolation() == Connection.TRANSACTION_SERIALIZABLE;
    }

    public Dialect dialect() {
        return dialect;
    }

    /** What is done with a connection. */
    public interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /** Runs queries, each of which stands for itself. */
    public <T> T read(String what, Work<T> query) {
        if (readsLock) {
            try {
                return answered(inTransaction(query));
            } catch (SQLException | RuntimeException failure) {
                throw failure(what, failure);
            }
        }
        try (Connection connection = dataSource.getConnection()) {
            CallersTransaction.refuse(connection, dialect);
            int timeout = limit.begin(connection);
            boolean ended = false;
            try {
                T answer = query.run(connection);
                endSnapshot(connection);
                ended = true;
                return answered(answer);
            } finally {
                if (!ended) {
                    rollbackIfBegun(connection);
                }
                StatementLimit.restore(connection, timeout);
            }
        } catch (SQLException | RuntimeException failure) {
            throw failure(what, failure);
        }
    }

    private StoreFailure failure(String what, Exception original) {
        StoreFailure failure = StoreFailure.of(what, original, dialect == Dialect.POSTGRESQL);
        if (failure.isStatementsMixed()) {
            statementsMeetOthers = true;
        }
        // What is wrong with the call, or was lost to another writer again and again, says nothing of the database.
        boolean down = original instanceof SQLException sql && !dialect.isRaceLost(sql);
        if (down || failure.isStatementsMixed() || failure.isOutcomeUnknown()) {
            availability.failed(String.valueOf(failure.getMessage()));
        }
        return failure;
    }

    private <T> T answered(T answer) {
        availability.answered();
        return answer;
    }

    /** Whether the database answers, by the last call. */
    public StoreStatus status() {
        return availability.status();
    }

    /** Whether a failure has said so. */
    public boolean statementsMeetOthers() {
        return statementsMeetOthers;
    }

    /** As {@link #write}, of many devices. */
    public <T> T writeMany(String what, Work<T> work) {
        String bulk = dialect.bulk();
        return write(what, connection -> {
            if (bulk != null) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute(bulk);
                }
            }
            return work.run(connection);
        });
    }

    /** Locks the counter's row until the transaction ends, and tells its version. */
    public long lock(Connection connection) throws SQLException {
        return Counter.lock(connection, dialect.lock(limit.millis()));
    }

    /** Runs a transaction, and runs it again when it lost a race. */
    public <T> T write(String what, Work<T> work) {
        for (int attempt = 1; ; attempt++) {
            try {
                return answered(inTransaction(work));
            } catch (SQLException failure) {
                if (attempt == ATTEMPTS || !dialect.isRaceLost(failure)) {
                    throw failure(what, failure);
                }
            } catch (RuntimeException failure) {
                throw failure(what, failure);
            }
            pause(attempt);
        }
    }

    /** What is tried in a transaction that is rolled back. */
    public interface Trial {
        void run(Connection connection, Dialect dialect) throws SQLException;
    }

    /** Runs it with the isolation of changes, on a connection that was lent already and has a time limit. */
    public void tryOut(Connection connection, Trial trial) throws SQLException {
        Session session = Session.begin(connection);
        try {
            trial.run(connection, dialect);
        } finally {
            if (rollbackForSure(connection)) {
                session.restore(connection);
            }
        }
    }

    private <T> T inTransaction(Work<T> work) throws SQLException {
        Connection connection = dataSource.getConnection();
        try {
            CallersTransaction.refuse(connection, dialect);
            int timeout = limit.begin(connection);
            Session session = Session.begin(connection);
            boolean ended = false;
            try {
                T result = work.run(connection);
                commit(connection);
                ended = true;
                return result;
            } finally {
                if (!ended) {
                    ended = rollbackForSure(connection);
                }
                if (ended) {
                    // Only now: switching auto-commit on would commit what is still open.
                    session.restore(connection);
                }
                StatementLimit.restore(connection, timeout);
            }
        } finally {
            close(connection);
        }
    }

    /**
     * Commits, and makes sure of it. The driver of PostgreSQL prepares even its COMMIT and ROLLBACK under names after a
     * while, so that behind a pooler the one can be run as another client's other, without a failure. So they are
     * statements here, which have no names.
     */
    private void commit(Connection connection) throws SQLException {
        try {
            if (dialect == Dialect.POSTGRESQL) {
                Unnamed.execute(connection, "COMMIT");
            } else {
                connection.commit();
            }
        } catch (SQLException | RuntimeException failure) {
            if (mayHaveCommitted(failure)) {
                throw StoreFailure.outcomeUnknown(failure, dialect == Dialect.POSTGRESQL);
            }
            throw failure;
        }
        if (isOpen(connection)) {
            throw StoreFailure.statementsMixed(
                    "the change is not stored: the commit did not end the transaction, for it was"
                            + " run as another statement",
                    dialect == Dialect.POSTGRESQL);
        }
    }

    /** Whether a commit that failed so may have been made: no answer of the database says that it was not. */
    private boolean mayHaveCommitted(Exception failure) {
        if (!(failure instanceof SQLException sql)) {
            return true;
        }
        if (dialect.isRaceLost(sql)) {
            return false;
        }
        String state = sql.getSQLState();
        return sql instanceof SQLTimeoutException
                || sql instanceof SQLRecoverableException
                || sql instanceof SQLNonTransientConnectionException
                || sql instanceof SQLTransientConnectionException
                || state == null
                || state.startsWith("08")
                || state.equals("HY000") // MariaDB's and H2's for what they have no other for
                || state.equals("70100") // MariaDB's session was killed
                || state.startsWith("90") // H2's own, of its file among them
                || state.startsWith("57P");
    }

    /** By what PostgreSQL's driver knows from the last answer; elsewhere nothing runs a COMMIT as another statement. */
    private boolean isOpen(Connection connection) {
        try {
            return dialect == Dialect.POSTGRESQL && CallersTransaction.hasBegun(connection, dialect);
        } catch (SQLException broken) {
            return false; // the answer to the commit counts
        }
    }

    /** A little longer each time, and not the same for two that got into each other's way. */
    public static void pause(int attempt) {
        try {
            Thread.sleep(ThreadLocalRandom.current().nextInt(1, 1 + attempt * PAUSE_MILLIS));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new StoreFailure("the thread was interrupted between two attempts");
        }
    }

    /** After this the connection's next query takes a new snapshot, whatever its isolation. */
    public static void endSnapshot(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.rollback();
        }
    }

    /** Whether it went well; it fails only with the connection. */
    public static boolean rollback(Connection connection) {
        try {
            connection.rollback();
            return true;
        } catch (SQLException broken) {
            return false; // the failure that led here is the one to report
        }
    }

    private void rollbackIfBegun(Connection connection) {
        try {
            if (!connection.getAutoCommit()) {
                boolean ignored = rollbackForSure(connection);
            }
        } catch (SQLException broken) {
            return; // the failure that led here is the one to report
        }
    }

    /** As {@link #rollback}, but not as another client's statement. */
    private boolean rollbackForSure(Connection connection) {
        if (dialect != Dialect.POSTGRESQL) {
            return rollback(connection);
        }
        try {
            Unnamed.rollback(connection);
            return !isOpen(connection);
        } catch (SQLException broken) {
            return false; // the failure that led here is the one to report
        }
    }

    /** Of what has done its work. */
    public static void close(AutoCloseable ended) {
        try {
            ended.close();
        } catch (Exception broken) {
            // What was committed is committed: a connection that cannot be closed changes nothing about that.
            return;
        }
    }

    /** How the connection was when the DataSource lent it. */
    private record Session(boolean autoCommit, @Nullable Integer isolation) {
        /**
         * Read committed, whatever the DataSource's default is: what is read after the counter's lock was granted must
         * be what its last holder committed, and a snapshot taken before the wait would show less.
         */
        static Session begin(Connection connection) throws SQLException {
            int isolation = connection.getTransactionIsolation();
            boolean change = isolation != Connection.TRANSACTION_READ_COMMITTED;
            if (change) {
                connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            }
            boolean autoCommit = connection.getAutoCommit();
            if (autoCommit) {
                connection.setAutoCommit(false);
            }
            return new Session(autoCommit, change ? isolation : null);
        }

        void restore(Connection connection) {
            try {
                if (autoCommit) {
                    connection.setAutoCommit(true);
                }
                if (isolation != null) {
                    connection.setTransactionIsolation(isolation);
                }
            } catch (SQLException broken) {
                // The transaction has ended well; the pool finds out about the connection.
                return;
            }
        }
    }
}

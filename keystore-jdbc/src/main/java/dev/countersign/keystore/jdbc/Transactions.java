package dev.countersign.keystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Connections, transactions and their repetition. */
final class Transactions {
    /** How often a transaction that lost a race is tried in all. */
    static final int ATTEMPTS = 6;

    private static final int PAUSE_MILLIS = 10;

    private final DataSource dataSource;
    private final Dialect dialect;
    private final StatementLimit limit;
    private final boolean readsLock;

    /**
     * For connections like this one.
     *
     * @param sample how the DataSource lends them
     */
    Transactions(DataSource dataSource, Dialect dialect, StatementLimit limit, Connection sample) throws SQLException {
        this.dataSource = dataSource;
        this.dialect = dialect;
        this.limit = limit;
        this.readsLock = dialect.isSerializableReadLocking()
                && !sample.getAutoCommit()
                && sample.getTransactionIsolation() == Connection.TRANSACTION_SERIALIZABLE;
    }

    Dialect dialect() {
        return dialect;
    }

    /** What is done with a connection. */
    interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /** Runs queries, each of which stands for itself. */
    <T> T read(String what, Work<T> query) {
        if (readsLock) {
            try {
                return inTransaction(query);
            } catch (SQLException | RuntimeException failure) {
                throw JdbcKeyStoreException.of(what, failure);
            }
        }
        try (Connection connection = dataSource.getConnection()) {
            int timeout = limit.begin(connection);
            boolean ended = false;
            try {
                T answer = query.run(connection);
                endSnapshot(connection);
                ended = true;
                return answer;
            } finally {
                if (!ended) {
                    rollback(connection);
                }
                StatementLimit.restore(connection, timeout);
            }
        } catch (SQLException | RuntimeException failure) {
            throw JdbcKeyStoreException.of(what, failure);
        }
    }

    /** As {@link #write}, of many devices. */
    <T> T writeMany(String what, Work<T> work) {
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
    long lock(Connection connection) throws SQLException {
        return DeviceTables.lock(connection, dialect.lock(limit.millis()));
    }

    /** Runs a transaction, and runs it again when it lost a race. */
    <T> T write(String what, Work<T> work) {
        for (int attempt = 1; ; attempt++) {
            try {
                return inTransaction(work);
            } catch (SQLException failure) {
                if (attempt == ATTEMPTS || !dialect.isRaceLost(failure)) {
                    throw JdbcKeyStoreException.of(what, failure);
                }
            } catch (RuntimeException failure) {
                throw JdbcKeyStoreException.of(what, failure);
            }
            pause(attempt);
        }
    }

    private <T> T inTransaction(Work<T> work) throws SQLException {
        Connection connection = dataSource.getConnection();
        try {
            int timeout = limit.begin(connection);
            Session session = Session.begin(connection);
            boolean ended = false;
            try {
                T result = work.run(connection);
                connection.commit();
                ended = true;
                return result;
            } finally {
                if (!ended) {
                    ended = rollback(connection);
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

    /** A little longer each time, and not the same for two that got into each other's way. */
    static void pause(int attempt) {
        try {
            Thread.sleep(ThreadLocalRandom.current().nextInt(1, 1 + attempt * PAUSE_MILLIS));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new JdbcKeyStoreException("the thread was interrupted between two attempts");
        }
    }

    /** After this the connection's next query takes a new snapshot, whatever its isolation. */
    static void endSnapshot(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.rollback();
        }
    }

    /** Whether it went well; it fails only with the connection. */
    static boolean rollback(Connection connection) {
        try {
            connection.rollback();
            return true;
        } catch (SQLException broken) {
            return false; // the failure that led here is the one to report
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException broken) {
            // What was committed is committed: a connection that cannot be closed changes nothing about that.
            return;
        }
    }

    /** How the connection was when the DataSource lent it. */
    private record Session(boolean autoCommit, @Nullable Integer isolation) {
        /**
         * Read committed, whatever the DataSource's default is: what is read after the counter's lock was granted must be
         * what its last holder committed, and a snapshot taken before the wait would show less.
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

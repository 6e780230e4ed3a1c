package dev.countersign.keystore.jdbc;

import dev.countersign.keystore.jdbc.connection.CallersTransaction;
import dev.countersign.keystore.jdbc.connection.Dialect;
import dev.countersign.keystore.jdbc.connection.Transactions;
import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * Creates and upgrades the tables of the key store.
 *
 * <pre>{@code
 * JdbcSchema.migrate(dataSource);
 * }</pre>
 *
 * <p>The tables are defined by SQL files {@code V<version>__<what>.sql} in
 * {@code dev/countersign/keystore/jdbc/migration/<vendor>} of this library's jar. {@code <vendor>} is {@code h2},
 * {@code postgresql}, {@code mariadb} or {@code mysql}. {@link #migrate} runs them, or your migration tool does, in
 * their order. The files may be run again over existing tables, so you may change from one way to the other. A file
 * never changes; a new version is a new file. The tables themselves record the version of a database.
 *
 * <p>Upgrade the tables first, then the nodes, one by one. A node of the previous release works over newer tables and
 * may be restarted, unless the new release's notes say otherwise. A node of the new release does not start over tables
 * that are too old, and says so.
 *
 * <p>Give Flyway a separate history for these files, because your own files have other versions:
 *
 * <pre>{@code
 * Flyway.configure()
 *         .dataSource(dataSource)
 *         .locations("classpath:dev/countersign/keystore/jdbc/migration/postgresql")
 *         .table("countersign_flyway_history")
 *         .baselineOnMigrate(true)
 *         .baselineVersion("0")
 *         .load()
 *         .migrate();
 * }</pre>
 *
 * <p>If Flyway creates your own tables in the same schema, let it do so before these. In a schema with tables and
 * without a history, Flyway refuses to work or, with {@code baselineOnMigrate} and without
 * {@code baselineVersion("0")}, skips your first file.
 *
 * <p>In Liquibase each file is a change set of its own with a {@code sqlFile}. What either tool needs after a run that was cut
 * short (Flyway's {@code repair}, Liquibase's {@code releaseLocks}) is in the operations guide.
 */
public final class JdbcSchema {
    /**
     * The version to which this release of the library brings the schema, and the oldest over which its stores work.
     */
    public static final int VERSION = 3;

    /** All that there are, the first version first. */
    static final List<String> FILES = List.of("V1__device_keys.sql", "V2__erased_devices.sql", "V3__audit_notes.sql");

    private static final int NONE = 0;
    private static final String HOW =
            "run the files of dev/countersign/keystore/jdbc/migration/<vendor> of this library"
                    + " with your migration tool, or call JdbcSchema.migrate(dataSource)";

    private JdbcSchema() {}

    /**
     * What a database says of its tables.
     *
     * @param version which files were run
     * @param needed what a release must know to work over them: below the version while migrations only add
     */
    private record State(int version, int needed) {}

    /**
     * Creates missing tables, and upgrades older ones to this release's version. Does nothing if they have this
     * version, or a newer one that this release can work over. Any number of threads and processes may call it at a
     * time, while nodes of this and of the previous release work, and again after a call that was interrupted. Blocks;
     * an upgrade that builds an index may take long with large tables.
     *
     * @param dataSource is not closed; its user must be allowed to create tables
     * @throws JdbcKeyStoreException if the database fails, or holds tables that only a newer release can work over
     */
    public static void migrate(DataSource dataSource) {
        run("upgrading the key store's tables", dataSource, true);
    }

    /**
     * Creates missing tables. Does not upgrade older ones; {@link #migrate} does. Any number of threads and processes
     * may call it at a time, and again after a call that was interrupted. Blocks.
     *
     * @param dataSource is not closed; its user must be allowed to create tables
     * @throws JdbcKeyStoreException if the database fails, or holds tables over which this release cannot work: older
     *     ones, or such as only a newer release knows
     */
    public static void createIfMissing(DataSource dataSource) {
        run("creating the key store's tables", dataSource, false);
    }

    private static void run(String what, DataSource dataSource, boolean upgrade) {
        Objects.requireNonNull(dataSource, "dataSource");
        for (int attempt = 1; ; attempt++) {
            Dialect dialect = null;
            try (Connection connection = dataSource.getConnection()) {
                dialect = Dialect.of(connection);
                CallersTransaction.refuse(connection, dialect);
                try {
                    State state = state(connection, dialect);
                    if (state.version == NONE || (upgrade && state.version < VERSION)) {
                        requireKnown(state);
                        bringUp(connection, dialect, state.version);
                    } else {
                        requireUsable(state);
                    }
                    return;
                } catch (SQLException failure) {
                    if (attempt == Transactions.ATTEMPTS || !dialect.isCreationRaceLost(failure)) {
                        throw failure;
                    }
                }
            } catch (SQLException | RuntimeException failure) {
                throw JdbcKeyStoreException.shown(StoreFailure.of(what, failure, dialect == Dialect.POSTGRESQL));
            }
            try {
                Transactions.pause(attempt);
            } catch (RuntimeException interrupted) {
                throw JdbcKeyStoreException.shown(interrupted);
            }
        }
    }

    /** Throws, with words that say what to do, unless this release can work over the tables. */
    static void requireCurrent(Connection connection, Dialect dialect) throws SQLException {
        requireUsable(state(connection, dialect));
    }

    private static void requireUsable(State state) {
        if (state.version == NONE) {
            throw new StoreFailure(
                    "the database lacks the key store's tables, or their creation was cut short: " + HOW);
        }
        requireKnown(state);
        if (state.version < VERSION) {
            throw new StoreFailure("the key store's tables have version " + state.version + ", and this release needs "
                    + VERSION + ": " + HOW);
        }
    }

    private static void requireKnown(State state) {
        if (state.needed > VERSION) {
            throw new StoreFailure("the key store's tables need a release that knows version " + state.needed
                    + ", and this one knows " + VERSION
                    + ": use the release of the library that made them, or a newer one");
        }
    }

    private static State state(Connection connection, Dialect dialect) throws SQLException {
        int needed = highest(connection, dialect, "countersign_schema");
        // Version 1 had no table for what was added since.
        int added = needed == NONE ? NONE : highest(connection, dialect, "countersign_migration");
        return new State(Math.max(needed, added), needed);
    }

    private static int highest(Connection connection, Dialect dialect, String table) throws SQLException {
        int highest;
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT MAX(version) FROM " + table)) {
            highest = rows.next() ? rows.getInt(1) : NONE;
        } catch (SQLException failure) {
            if (!dialect.isTableMissing(failure)) {
                boolean ignored = Transactions.rollback(connection);
                throw failure;
            }
            highest = NONE;
        }
        // PostgreSQL does nothing more in a transaction in which a statement failed.
        Transactions.endSnapshot(connection);
        return highest;
    }

    private static void bringUp(Connection connection, Dialect dialect, int from) throws SQLException {
        String lock = dialect.creationLock();
        boolean oneTransaction = lock != null;
        boolean autoCommit = connection.getAutoCommit();
        if (autoCommit == oneTransaction) {
            connection.setAutoCommit(!oneTransaction);
        }
        boolean done = false;
        try (Statement statement = connection.createStatement()) {
            if (lock != null) {
                statement.execute(lock);
            }
            for (String sql : missing(dialect, from)) {
                statement.execute(sql);
            }
            if (oneTransaction) {
                connection.commit();
            }
            done = true;
        } finally {
            if (!done && oneTransaction) {
                Transactions.rollback(connection);
            }
        }
        if (autoCommit == oneTransaction) {
            connection.setAutoCommit(autoCommit);
        }
    }

    /**
     * The missing statements. It leaves out existing versions, because a statement over a large table may be expensive.
     * If there are no tables yet, the statement that marks their existence comes last: otherwise another process that
     * creates them at the same time would take the first version for an old one.
     */
    private static List<String> missing(Dialect dialect, int from) {
        List<String> missing = new ArrayList<>();
        for (String file : FILES.subList(Math.max(from, NONE), FILES.size())) {
            missing.addAll(statements(dialect, file));
        }
        if (from == NONE) {
            int mark = statements(dialect, FILES.get(0)).size() - 1;
            missing.add(missing.remove(mark));
        }
        return missing;
    }

    /** The statements of all files, in their order. */
    static List<String> statements(Dialect dialect) {
        List<String> all = new ArrayList<>();
        for (String file : FILES) {
            all.addAll(statements(dialect, file));
        }
        return all;
    }

    /** The statements of a file: they end with a semicolon at the end of a line, comments have lines of their own. */
    static List<String> statements(Dialect dialect, String file) {
        List<String> statements = new ArrayList<>();
        StringBuilder statement = new StringBuilder();
        for (String line : text(dialect, file).split("\n", -1)) {
            if (line.isBlank() || line.startsWith("--")) {
                continue;
            }
            statement.append(line).append('\n');
            if (line.endsWith(";")) {
                statement.setLength(statement.length() - 2);
                statements.add(statement.toString());
                statement.setLength(0);
            }
        }
        if (!statement.isEmpty()) {
            throw new IllegalStateException(file + " does not end with a semicolon");
        }
        return statements;
    }

    private static String text(Dialect dialect, String file) {
        try (InputStream in = JdbcSchema.class.getResourceAsStream(dialect.migrations() + file)) {
            if (in == null) {
                throw new IllegalStateException(file + " is missing from the library");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

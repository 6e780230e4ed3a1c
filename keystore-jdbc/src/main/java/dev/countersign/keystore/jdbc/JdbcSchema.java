package dev.countersign.keystore.jdbc;

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
 * The tables of the key store.
 *
 * <p>They are created by SQL files named {@code V<version>__<what>.sql} in
 * {@code dev/countersign/keystore/jdbc/migration/<vendor>} of this library's jar, {@code <vendor>} being {@code h2},
 * {@code postgresql}, {@code mariadb} or {@code mysql}: a migration tool can run them from there, or
 * {@link #createIfMissing} does. The files may be run again over what is there, so that one may go over from the one to
 * the other. Which version a database has is written in its table {@code countersign_schema}, which belongs to these files
 * and not to a tool.
 *
 * <p>Give Flyway a history of its own for them, for their versions are not those of your own files:
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
 * <p>In Liquibase each file is a change set of its own with a {@code sqlFile}.
 */
public final class JdbcSchema {
    /** The version of the schema that this release of the library reads and writes. */
    public static final int VERSION = 1;

    static final String FILE = "V1__device_keys.sql";

    private static final int NONE = 0;
    private static final String HOW = "run dev/countersign/keystore/jdbc/migration/<vendor>/" + FILE
            + " of this library with your migration tool, or call JdbcSchema.createIfMissing(dataSource)";

    private JdbcSchema() {}

    /**
     * Creates the tables if the database has none. Does nothing if they are there. May be called by any number of
     * threads and processes at once, and again after a call that was cut short. Blocks.
     *
     * @param dataSource stays open; its user must be allowed to create tables
     * @throws JdbcKeyStoreException if the database fails, or holds tables of another version
     */
    public static void createIfMissing(DataSource dataSource) {
        Objects.requireNonNull(dataSource, "dataSource");
        for (int attempt = 1; ; attempt++) {
            try (Connection connection = dataSource.getConnection()) {
                Dialect dialect = Dialect.of(connection);
                try {
                    if (version(connection, dialect) != NONE) {
                        requireCurrent(connection, dialect);
                        return;
                    }
                    create(connection, dialect);
                    return;
                } catch (SQLException failure) {
                    if (attempt == Transactions.ATTEMPTS || !dialect.isCreationRaceLost(failure)) {
                        throw failure;
                    }
                }
            } catch (SQLException | RuntimeException failure) {
                throw JdbcKeyStoreException.of("creating the key store's tables", failure);
            }
            Transactions.pause(attempt);
        }
    }

    /** Throws, with words that say what to do, unless the tables are there in this version. */
    static void requireCurrent(Connection connection, Dialect dialect) throws SQLException {
        int version = version(connection, dialect);
        if (version == NONE) {
            throw new JdbcKeyStoreException(
                    "the database lacks the key store's tables, or their creation was cut short: " + HOW);
        }
        if (version < VERSION) {
            throw new JdbcKeyStoreException("the key store's tables have version " + version
                    + ", and this release needs " + VERSION + ": " + HOW);
        }
        if (version > VERSION) {
            throw new JdbcKeyStoreException(
                    "the key store's tables have version " + version + ", and this release knows " + VERSION
                            + ": use the release of the library that made them, or a newer one");
        }
    }

    private static int version(Connection connection, Dialect dialect) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT MAX(version) FROM countersign_schema")) {
            return rows.next() ? rows.getInt(1) : NONE;
        } catch (SQLException failure) {
            if (dialect.isTableMissing(failure)) {
                return NONE;
            }
            throw failure;
        } finally {
            // PostgreSQL does nothing more in a transaction in which a statement failed.
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
        }
    }

    private static void create(Connection connection, Dialect dialect) throws SQLException {
        String lock = dialect.creationLock();
        boolean oneTransaction = lock != null;
        boolean autoCommit = connection.getAutoCommit();
        if (autoCommit == oneTransaction) {
            connection.setAutoCommit(!oneTransaction);
        }
        boolean created = false;
        try (Statement statement = connection.createStatement()) {
            if (lock != null) {
                statement.execute(lock);
            }
            for (String sql : statements(dialect)) {
                statement.execute(sql);
            }
            if (oneTransaction) {
                connection.commit();
            }
            created = true;
        } finally {
            if (!created && oneTransaction) {
                Transactions.rollback(connection);
            }
        }
        if (autoCommit == oneTransaction) {
            connection.setAutoCommit(autoCommit);
        }
    }

    /** The statements of the file: they end with a semicolon at the end of a line, comments have lines of their own. */
    static List<String> statements(Dialect dialect) {
        List<String> statements = new ArrayList<>();
        StringBuilder statement = new StringBuilder();
        for (String line : file(dialect).split("\n", -1)) {
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
            throw new IllegalStateException(FILE + " does not end with a semicolon");
        }
        return statements;
    }

    private static String file(Dialect dialect) {
        try (InputStream in = JdbcSchema.class.getResourceAsStream(dialect.migrations() + FILE)) {
            if (in == null) {
                throw new IllegalStateException(FILE + " is missing from the library");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

package dev.countersign.keystore.jdbc;

import com.mysql.cj.jdbc.MysqlDataSource;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.keystore.jdbc.connection.Dialect;
import dev.countersign.servers.DatabaseServer;
import dev.countersign.servers.MariaDbServer;
import dev.countersign.servers.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;
import org.mariadb.jdbc.MariaDbDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A make of database, and fresh databases of it on a real server. */
enum Vendor {
    H2,
    POSTGRESQL,
    MARIADB,
    /** MySQL's own driver in front of MariaDB: which statements it sends, not what MySQL makes of them. */
    MYSQL;

    private static final AtomicInteger NUMBER = new AtomicInteger();
    static final String DATABASE = "countersign";

    private static boolean postgresReady;

    /** A database for the contract: the one that was given to the build if it is of this make, or a new one. */
    Database forContract() {
        String given = System.getenv(DatabaseServer.GIVEN);
        return given != null && given.startsWith("jdbc:" + name().toLowerCase(Locale.ROOT) + ":")
                ? new Database(this, null, given)
                : fresh();
    }

    /** A new database without tables, on the server that all tests share. */
    Database fresh() {
        return this == H2 ? new Database(this, null, "mem" + NUMBER.incrementAndGet()) : fresh(server());
    }

    /** A new database without tables, on this server. */
    Database fresh(DatabaseServer server) {
        String name = "t" + NUMBER.incrementAndGet();
        Database database = new Database(this, server, name);
        switch (this) {
            case H2 -> throw new IllegalStateException("H2 needs no server");
            // A schema of its own is a database of its own for all that we do, and much cheaper.
            case POSTGRESQL -> database.prepare("CREATE SCHEMA " + name);
            // A collation that takes e for é and E, and ignores a space at the end.
            case MARIADB, MYSQL ->
                database.prepare("CREATE DATABASE " + name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci");
        }
        return database;
    }

    /** The server that all tests share. */
    DatabaseServer server() {
        return switch (this) {
            case H2 -> throw new IllegalStateException("H2 needs no server");
            case POSTGRESQL -> postgres();
            case MARIADB, MYSQL -> MariaDbServer.shared();
        };
    }

    private static synchronized DatabaseServer postgres() {
        PostgresServer server = PostgresServer.shared();
        if (!postgresReady) {
            prepare(server);
            postgresReady = true;
        }
        return server;
    }

    /** Makes the database in which the schemas will be. */
    static void prepare(PostgresServer server) {
        server.createDatabase(DATABASE);
    }

    /** Where one is before a database is made. */
    private String outside() {
        return this == POSTGRESQL ? "public" : "";
    }

    Dialect dialect() {
        return Dialect.valueOf(name());
    }

    /** A database of a vendor. */
    static final class Database implements AutoCloseable {
        private final Vendor vendor;
        private final @Nullable DatabaseServer server;
        private final String name;

        private Database(Vendor vendor, @Nullable DatabaseServer server, String name) {
            this.vendor = vendor;
            this.server = server;
            this.name = name;
        }

        Vendor vendor() {
            return vendor;
        }

        /** Where it is, or null if it needs no server or was given. */
        @Nullable DatabaseServer server() {
            return server;
        }

        /** Its connections are new ones each time. */
        DataSource dataSource() {
            return dataSource(server == null ? 0 : server.port());
        }

        /** The same database, reached through a port that leads to it. */
        DataSource dataSource(int port) {
            return dataSource(port, name);
        }

        private DataSource dataSource(int port, String schema) {
            return switch (vendor) {
                case H2 -> h2("jdbc:h2:mem:" + name + ";DB_CLOSE_DELAY=-1");
                case POSTGRESQL -> {
                    PGSimpleDataSource source = new PGSimpleDataSource();
                    source.setUrl(url(DATABASE, port));
                    if (server != null) {
                        source.setCurrentSchema(schema);
                    }
                    yield source;
                }
                case MARIADB -> {
                    try {
                        yield new MariaDbDataSource(url(schema, port));
                    } catch (SQLException failure) {
                        throw new IllegalStateException(failure);
                    }
                }
                case MYSQL -> {
                    MysqlDataSource source = new MysqlDataSource();
                    source.setUrl(url(schema, port).replace("jdbc:mariadb:", "jdbc:mysql:"));
                    try {
                        source.setSslMode(
                                "DISABLED"); // a TLS handshake for each connection takes most of a test's time
                    } catch (SQLException failure) {
                        throw new IllegalStateException(failure);
                    }
                    yield source;
                }
            };
        }

        private String url(String database, int port) {
            return server == null ? name : server.jdbcUrl(database, port);
        }

        /** A pool with this many connections at most. */
        HikariDataSource pool(int size) {
            return pool(size, config -> {});
        }

        HikariDataSource pool(int size, Consumer<HikariConfig> settings) {
            return pool(dataSource(), size, settings);
        }

        static HikariDataSource pool(DataSource dataSource, int size, Consumer<HikariConfig> settings) {
            HikariConfig config = new HikariConfig();
            config.setDataSource(dataSource);
            config.setMaximumPoolSize(size);
            config.setMinimumIdle(0);
            settings.accept(config);
            return new HikariDataSource(config);
        }

        /** Bytes as a literal. */
        String bytes(String hex) {
            return vendor == POSTGRESQL ? "'\\x" + hex + "'::bytea" : "X'" + hex + "'";
        }

        /** A column of bytes as lower-case hex. */
        String hex(String column) {
            return switch (vendor) {
                case H2 -> "RAWTOHEX(" + column + ")";
                case POSTGRESQL -> "ENCODE(" + column + ", 'hex')";
                case MARIADB, MYSQL -> "LOWER(HEX(" + column + "))";
            };
        }

        /** Whether a session of this database waits for another one's lock. */
        boolean somebodyWaits() throws SQLException {
            return !Fixtures.rows(
                            dataSource(),
                            switch (vendor) {
                                case H2 -> "SELECT 1 FROM INFORMATION_SCHEMA.SESSIONS WHERE BLOCKER_ID IS NOT NULL";
                                case POSTGRESQL ->
                                    "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
                                            + " WHERE NOT l.granted AND a.datname = current_database()";
                                // Not information_schema.innodb_trx, which shows the past to those who ask often.
                                case MARIADB, MYSQL ->
                                    "SELECT 1 FROM information_schema.global_status"
                                            + " WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS' AND variable_value > 0";
                            })
                    .isEmpty();
        }

        /** Makes the tables, or takes all rows out of them, so that they are as when they were made. */
        void createAndEmpty() {
            JdbcSchema.migrate(dataSource());
            try (Connection connection = dataSource().getConnection();
                    Statement statement = connection.createStatement()) {
                for (String table : List.of(
                        "countersign_device",
                        "countersign_key",
                        "countersign_audit",
                        "countersign_audit_note",
                        "countersign_erased")) {
                    statement.execute("DELETE FROM " + table);
                }
                statement.execute("UPDATE countersign_counter SET version = 0");
                statement.execute("UPDATE countersign_erasure SET purged_version = 0");
            } catch (SQLException failure) {
                throw new IllegalStateException(failure);
            }
        }

        private void prepare(String sql) {
            try {
                Fixtures.execute(dataSource(server == null ? 0 : server.port(), vendor.outside()), sql);
            } catch (SQLException failure) {
                throw new IllegalStateException(failure);
            }
        }

        /** Drops it. */
        @Override
        public void close() {
            if (server == null && vendor != H2) {
                return; // it was given
            }
            switch (vendor) {
                case H2 -> prepare("SHUTDOWN");
                case POSTGRESQL -> prepare("DROP SCHEMA " + name + " CASCADE");
                case MARIADB, MYSQL -> prepare("DROP DATABASE " + name);
            }
        }

        private static JdbcDataSource h2(String url) {
            return Fixtures.h2(url);
        }
    }
}

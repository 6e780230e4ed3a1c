package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.NOW;
import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.keystore.jdbc.connection.Dialect;
import dev.countersign.servers.MariaDbServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A database in which the first change would fail is refused when the store is built, with what to set. */
class DatabaseCheckTest {
    @TempDir
    Path folder = Path.of("");

    private static String refusal(DataSource dataSource) {
        JdbcKeyStore.Builder builder = JdbcKeyStore.builder(dataSource).executor(Runnable::run);
        return message(assertThrows(JdbcKeyStoreException.class, builder::build));
    }

    @ParameterizedTest
    @ValueSource(strings = {"STRICT", "Oracle", "MSSQLServer", "Derby"})
    void modesOfH2InWhichTheFeedFailsAreRefused(String mode) throws Exception {
        JdbcDataSource regular = Fixtures.memory();
        JdbcSchema.createIfMissing(regular);
        DataSource other = Fixtures.h2(regular.getURL() + ";MODE=" + mode);
        String refusal = refusal(other);
        assertTrue(refusal.startsWith("the H2 database is in MODE=" + mode), refusal);
        assertTrue(refusal.contains("take MODE out of the URL, or use REGULAR"), refusal);
        Fixtures.execute(other, "SHUTDOWN");
    }

    @ParameterizedTest
    @ValueSource(strings = {"REGULAR", "LEGACY", "DB2", "HSQLDB", "MySQL", "MariaDB", "PostgreSQL"})
    void inTheOtherModesALifeGoesWell(String mode) throws Exception {
        JdbcDataSource database = Fixtures.h2(Fixtures.memory().getURL() + ";MODE=" + mode);
        JdbcKeyStore store = Fixtures.inline(database);
        assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                .isChange());
        assertTrue(await(store.registry().rotate(PHONE, key(2), key(1))).isChange());
        assertTrue(await(store.keys().confirm(PHONE, key(2), NOW)));
        assertTrue(await(store.registry().replace(PHONE, key(3))).isChange());
        assertEquals(
                1,
                FleetImport.into(store)
                        .run(List.of(DeviceRecord.active(TABLET, key(4), 0)).iterator())
                        .imported());
        assertEquals(2, await(store.keys().changesSince(0)).records().size());
        assertTrue(await(store.registry().revoke(PHONE)).isChange());
        assertEquals(Outcome.ERASED, await(store.registry().erase(PHONE)).outcome());
        assertEquals(1, await(store.keys().changesSince(5)).erased().size());
        assertTrue(await(store.registry().findByKey(key(4))).isPresent());
        Fixtures.execute(database, "SHUTDOWN");
    }

    @Test
    void aFileOfH2ThatIsOnlyReadIsRefused() throws Exception {
        String url = "jdbc:h2:file:" + folder.resolve("keys") + ";WRITE_DELAY=0";
        JdbcSchema.createIfMissing(Fixtures.h2(url));
        String refusal = refusal(Fixtures.h2(url.replace(";WRITE_DELAY=0", ";ACCESS_MODE_DATA=r")));
        assertTrue(refusal.contains("read-only") && refusal.contains("ACCESS_MODE_DATA"), refusal);
    }

    @ParameterizedTest
    @EnumSource(names = {"POSTGRESQL", "MARIADB", "MYSQL"})
    void aPoolOfReadOnlyConnectionsIsRefused(Vendor vendor) {
        try (Vendor.Database database = vendor.fresh()) {
            JdbcSchema.createIfMissing(database.dataSource());
            try (HikariDataSource pool = database.pool(8, settings -> settings.setReadOnly(true))) {
                String refusal = refusal(pool);
                assertTrue(refusal.contains("read-only") && refusal.contains("without readOnly"), refusal);
            }
        }
    }

    @Test
    void aPostgreSqlThatIsReadOnlyByDefaultIsRefused() {
        try (Vendor.Database database = Vendor.POSTGRESQL.fresh()) {
            JdbcSchema.createIfMissing(database.dataSource());
            PGSimpleDataSource readOnly = (PGSimpleDataSource) database.dataSource();
            readOnly.setOptions("-c default_transaction_read_only=on");
            String refusal = refusal(readOnly);
            assertTrue(refusal.contains("read-only"), refusal);
            assertTrue(refusal.contains("default_transaction_read_only"), refusal);
        }
    }

    @Test
    void aUserOfPostgreSqlWhoMayOnlyReadIsRefused() throws Exception {
        try (Vendor.Database database = Vendor.POSTGRESQL.fresh()) {
            JdbcSchema.createIfMissing(database.dataSource());
            PGSimpleDataSource reading = (PGSimpleDataSource) database.dataSource();
            String schema = reading.getCurrentSchema();
            String user = "reader_" + schema;
            Fixtures.execute(
                    database.dataSource(),
                    List.of(
                            "CREATE ROLE " + user + " LOGIN PASSWORD 'postgres'",
                            "GRANT USAGE ON SCHEMA " + schema + " TO " + user,
                            "GRANT SELECT ON ALL TABLES IN SCHEMA " + schema + " TO " + user));
            reading.setUser(user);
            try {
                String refusal = refusal(reading);
                assertTrue(refusal.contains("grant it SELECT, INSERT, UPDATE and DELETE"), refusal);
            } finally {
                Fixtures.execute(database.dataSource(), List.of("DROP OWNED BY " + user, "DROP ROLE " + user));
            }
        }
    }

    @Test
    void aUserOfH2WhoMayOnlyReadIsRefused() throws Exception {
        JdbcDataSource database = Fixtures.memory();
        JdbcSchema.createIfMissing(database);
        Fixtures.execute(database, "CREATE USER reader PASSWORD ''");
        Fixtures.execute(database, "GRANT SELECT ON SCHEMA PUBLIC TO reader");
        // Only an administrator may set how the database is closed.
        JdbcDataSource reading = Fixtures.h2(database.getURL().replace(";DB_CLOSE_DELAY=-1", ""));
        reading.setUser("reader");
        String refusal = refusal(reading);
        assertTrue(refusal.contains("grant it SELECT, INSERT, UPDATE and DELETE"), refusal);
        Fixtures.execute(database, "SHUTDOWN");
    }

    @Test
    void aBinaryLogInTheFormatStatementIsRefused() {
        try (MariaDbServer server = MariaDbServer.start("--log-bin", "--binlog-format=STATEMENT", "--server-id=1")) {
            Vendor.Database database = Vendor.MARIADB.fresh(server);
            JdbcSchema.createIfMissing(database.dataSource());
            String refusal = refusal(database.dataSource());
            assertTrue(refusal.contains("set binlog_format to ROW or MIXED"), refusal);
            server.execute("SET GLOBAL binlog_format = 'MIXED'");
            JdbcKeyStore store = Fixtures.inline(database.dataSource());
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
        }
    }

    /** Nobody who holds rows makes a start wait. */
    @ParameterizedTest
    @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB"})
    void whatIsLockedElsewhereIsNotWaitedFor(Vendor vendor) throws Exception {
        try (Vendor.Database database = vendor.fresh();
                HikariDataSource data = database.pool(8)) {
            JdbcKeyStore store = Fixtures.inline(data);
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            try (Connection holder = database.dataSource().getConnection();
                    Statement statement = holder.createStatement()) {
                holder.setAutoCommit(false);
                for (String table : List.of("counter", "device", "key", "audit", "erased", "erasure")) {
                    statement.execute("SELECT * FROM countersign_" + table + " FOR UPDATE");
                }
                JdbcKeyStore.builder(data).build().close();
                holder.rollback();
            }
        }
    }

    /** As for a backup: others may read meanwhile, and so a node may start. */
    @ParameterizedTest
    @EnumSource(names = {"MARIADB", "MYSQL"})
    void tablesThatAreLockedAgainstChangesAreNotWaitedForLong(Vendor vendor) throws Exception {
        try (Vendor.Database database = vendor.fresh();
                HikariDataSource data = database.pool(3)) {
            JdbcSchema.createIfMissing(data);
            try (Connection holder = database.dataSource().getConnection();
                    Statement statement = holder.createStatement()) {
                String before = Fixtures.rows(data, "SELECT @@SESSION.lock_wait_timeout")
                        .toString();
                statement.execute("LOCK TABLES countersign_device READ");
                JdbcKeyStore store = JdbcKeyStore.builder(data).threads(3).build();
                assertTrue(await(store.keys().find(PHONE)).isEmpty());
                store.close();
                for (int i = 0; i < 3; i++) {
                    assertEquals(
                            before,
                            Fixtures.rows(data, "SELECT @@SESSION.lock_wait_timeout")
                                    .toString());
                }
                statement.execute("UNLOCK TABLES");
            }
        }
    }

    /** What no server here can be made to say. */
    @Test
    void otherRefusalsOfServersAreKnown() {
        for (Dialect dialect : List.of(Dialect.MARIADB, Dialect.MYSQL)) {
            assertTrue(words(dialect, "HY000", 1290).contains("read-only"));
            assertTrue(words(dialect, "25006", 1792).contains("read-only"));
            assertTrue(words(dialect, "HY000", 1036).contains("read-only"));
            assertTrue(words(dialect, "HY000", 1175).contains("sql_safe_updates"));
            assertTrue(words(dialect, "42000", 1142).contains("grant it"));
            assertNull(DatabaseCheck.words(dialect, new SQLException("", "42000", 1064)));
        }
    }

    private static String words(Dialect dialect, String state, int code) {
        return String.valueOf(DatabaseCheck.words(dialect, new SQLException("", state, code)));
    }
}

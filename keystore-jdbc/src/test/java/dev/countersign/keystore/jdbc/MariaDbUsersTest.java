package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.NOW;
import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.failure;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mysql.cj.jdbc.MysqlDataSource;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.servers.MariaDbServer;
import dev.countersign.testkit.MutableClock;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.mariadb.jdbc.MariaDbDataSource;

/** A MariaDB that asks for grants, through its own driver and through MySQL's: what an ordinary user is told. */
@TestInstance(Lifecycle.PER_CLASS)
class MariaDbUsersTest {
    private static final List<String> TABLES =
            List.of("schema", "migration", "counter", "device", "key", "audit", "audit_note", "erased", "erasure");

    private final MariaDbServer server = MariaDbServer.startWithGrants();
    private int users;

    @AfterAll
    void stop() {
        server.close();
    }

    @Nested
    class ThroughItsOwnDriver extends Cases {
        ThroughItsOwnDriver() {
            super(Vendor.MARIADB);
        }
    }

    @Nested
    class ThroughMySqlsDriver extends Cases {
        ThroughMySqlsDriver() {
            super(Vendor.MYSQL);
        }
    }

    @TestInstance(Lifecycle.PER_METHOD)
    abstract class Cases {
        private final Vendor vendor;
        private final Vendor.Database database;
        private final String name;
        private final String user = "user" + ++users + "@127.0.0.1";

        Cases(Vendor vendor) {
            this.vendor = vendor;
            this.database = vendor.fresh(server);
            JdbcSchema.createIfMissing(database.dataSource());
            try {
                this.name = Fixtures.rows(database.dataSource(), "SELECT DATABASE()")
                        .get(0)
                        .get(0);
            } catch (SQLException failure) {
                throw new IllegalStateException(failure);
            }
            server.execute("CREATE USER " + user + " IDENTIFIED BY 'any'");
        }

        @AfterEach
        void drop() {
            server.execute("SET GLOBAL read_only = OFF");
            server.execute("DROP USER " + user);
            database.close();
        }

        private void grant(String what, String table) {
            server.execute("GRANT " + what + " ON " + name + ".countersign_" + table + " TO " + user);
        }

        private void grantAllThatIsNeeded() {
            TABLES.forEach(table -> grant("SELECT, INSERT, UPDATE, DELETE", table));
        }

        /** The user's connections, with further settings of the URL. */
        private DataSource dataSource(String settings) throws SQLException {
            String url = server.jdbcUrl(name).replace("user=root", "user=" + user.substring(0, user.indexOf('@')))
                    + settings;
            if (vendor == Vendor.MARIADB) {
                return new MariaDbDataSource(url);
            }
            MysqlDataSource source = new MysqlDataSource();
            source.setUrl(url.replace("jdbc:mariadb:", "jdbc:mysql:"));
            source.setSslMode("DISABLED");
            return source;
        }

        private JdbcKeyStore.Builder builder() throws SQLException {
            return Fixtures.patient(dataSource("")).executor(Runnable::run);
        }

        private JdbcKeyStoreException refusal() throws SQLException {
            return assertThrows(JdbcKeyStoreException.class, builder()::build);
        }

        @Test
        void aServerThatIsReadOnlyIsRefused() throws Exception {
            grantAllThatIsNeeded();
            JdbcKeyStore before = builder().build();
            server.execute("SET GLOBAL read_only = ON");
            JdbcKeyStoreException refused = refusal();
            assertEquals(1290, refused.vendorCode());
            assertTrue(message(refused).startsWith("the DataSource's connections are read-only"), message(refused));
            assertTrue(message(refused).contains("a DataSource of the primary server"), message(refused));
            JdbcKeyStoreException change = failure(before.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            assertEquals(1290, change.vendorCode(), "of a store that was built before");
            assertTrue(await(before.keys().find(PHONE)).isEmpty(), "which can still look up");
            server.execute("SET GLOBAL read_only = OFF");
            assertTrue(await(before.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
        }

        @Test
        void aUserWhoMayOnlyReadIsRefused() throws Exception {
            TABLES.forEach(table -> grant("SELECT", table));
            assertGrantsAreAskedFor(refusal());
        }

        @Test
        void aUserWithoutAGrantOnOneTableIsRefused() throws Exception {
            for (String lacking : TABLES) {
                grantAllThatIsNeeded();
                server.execute("REVOKE ALL PRIVILEGES ON " + name + ".countersign_" + lacking + " FROM " + user);
                JdbcKeyStoreException refused = refusal();
                assertGrantsAreAskedFor(refused);
                assertTrue(
                        message(refused).contains("countersign_" + lacking + "`"), lacking + ": " + message(refused));
            }
        }

        private void assertGrantsAreAskedFor(JdbcKeyStoreException refused) {
            assertEquals(1142, refused.vendorCode(), message(refused));
            assertTrue(
                    message(refused).contains("grant it SELECT, INSERT, UPDATE and DELETE on all tables"),
                    message(refused));
        }

        @Test
        void aGrantThatIsTakenBackIsToldByTheFirstChange() throws Exception {
            grantAllThatIsNeeded();
            JdbcKeyStore store = builder().build();
            server.execute("REVOKE INSERT ON " + name + ".countersign_device FROM " + user);
            JdbcKeyStoreException change = failure(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            assertEquals(1142, change.vendorCode());
            assertTrue(message(change).contains("INSERT command denied to user"), message(change));
            assertTrue(await(store.keys().find(PHONE)).isEmpty());
            grant("INSERT", "device");
            assertEquals(
                    Outcome.CREATED,
                    await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                            .outcome());
        }

        /** Each statement that changes rows, by statements that the server prepared and by others. */
        @Test
        void safeUpdatesRefuseNoStatementOfTheStore() throws Exception {
            grantAllThatIsNeeded();
            for (boolean prepared : List.of(false, true)) {
                database.createAndEmpty();
                DataSource safe = dataSource("&sessionVariables=sql_safe_updates=1&useServerPrepStmts=" + prepared);
                SQLException refused = assertThrows(
                        SQLException.class, () -> Fixtures.execute(safe, "DELETE FROM countersign_audit"), "it is on");
                assertEquals(1175, refused.getErrorCode());
                MutableClock clock = new MutableClock(Fixtures.NOW);
                try (HikariDataSource pool = Vendor.Database.pool(safe, 8, settings -> {})) {
                    everyChange(
                            Fixtures.patient(pool)
                                    .executor(Runnable::run)
                                    .clock(clock)
                                    .build(),
                            clock);
                }
            }
        }

        private void everyChange(JdbcKeyStore store, MutableClock clock) {
            DeviceRegistry registry = store.registry().as(AuditNote.by("alice").because("ticket 4711"));
            assertTrue(await(registry.register(PHONE, key(1), DeviceStatus.PENDING))
                    .isChange());
            assertTrue(await(registry.activate(PHONE)).isChange());
            assertTrue(await(registry.rotate(PHONE, key(2), key(1))).isChange());
            assertTrue(await(store.keys().confirm(PHONE, key(2), NOW)));
            assertTrue(await(registry.replace(PHONE, key(3))).isChange());
            assertTrue(await(registry.invalidate(PHONE)).isChange());
            List<DeviceRecord> fleet =
                    List.of(DeviceRecord.active(TABLET, key(4), 0), DeviceRecord.active(device(1), key(5), 0));
            assertEquals(
                    2,
                    FleetImport.into(store)
                            .as(AuditNote.by("bob"))
                            .run(fleet.iterator())
                            .imported());
            assertTrue(await(registry.revoke(TABLET)).isChange());
            assertEquals(Outcome.ERASED, await(registry.erase(PHONE)).outcome());
            assertEquals(Outcome.ERASED, await(registry.erase(TABLET)).outcome());
            clock.set(NOW.plus(Duration.ofDays(4)));
            assertEquals(2, await(store.forgetErased()));
            assertFalse(await(store.keys().find(device(1))).isEmpty());
        }
    }
}

package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static dev.countersign.keystore.jdbc.Fixtures.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.RegistryResult.Outcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;
import liquibase.GlobalConfiguration;
import liquibase.Scope;
import liquibase.exception.LiquibaseException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tables that a tool made from the first file alone, the tool's upgrade to the newest version, and one that stops midway: what
 * operations.md says to do then. MySQL's driver is not among them, for the tools take the server for what it is, MariaDB.
 */
class UpgradeByToolsTest {
    /** Kept, for a logger that nobody holds forgets its level. */
    private static final List<Logger> TOOLS = List.of(Logger.getLogger("liquibase"), Logger.getLogger("org.flywaydb"));

    @BeforeAll
    static void quiet() {
        TOOLS.forEach(tool -> tool.setLevel(Level.OFF));
    }

    @Nested
    @Tag("full")
    class OnH2 extends Cases {
        OnH2() {
            super(Vendor.H2);
        }
    }

    @Nested
    @Tag("full")
    class OnPostgreSql extends Cases {
        OnPostgreSql() {
            super(Vendor.POSTGRESQL);
        }
    }

    @Nested
    @Tag("full")
    class OnMariaDb extends Cases {
        OnMariaDb() {
            super(Vendor.MARIADB);
        }
    }

    abstract static class Cases extends UpgradeCases {
        private static final String FIRST = "V1__device_keys.sql";
        private static final String CHANGE_SETS = "SELECT id FROM DATABASECHANGELOG ORDER BY orderexecuted";
        private static final String LOCK = "SELECT id FROM DATABASECHANGELOGLOCK WHERE locked";

        @TempDir
        Path old = Path.of("");

        Cases(Vendor vendor) {
            super(vendor, 1);
        }

        /** An upgrade that stops at a statement, and what people do then. */
        private interface Stop {
            void at(String statement, DataSource data) throws Exception;
        }

        /** In every build at two of them: in the midst of a file, and at the very end. */
        private void atSome(Stop stop) throws Exception {
            List<String> all = statements();
            String index = all.stream()
                    .filter(sql -> sql.startsWith("CREATE INDEX"))
                    .findFirst()
                    .orElseThrow();
            at(List.of(index, all.get(all.size() - 1)), stop);
        }

        private void atEach(Stop stop) throws Exception {
            List<String> all = statements();
            assertEquals(8, all.size());
            at(all, stop);
        }

        private void at(List<String> statements, Stop stop) throws Exception {
            for (String statement : statements) {
                try (Vendor.Database another = vendor.fresh()) {
                    stop.at(statement, another.dataSource());
                }
            }
        }

        private List<String> statements() {
            List<String> statements =
                    new ArrayList<>(JdbcSchema.statements(vendor.dialect(), "V2__erased_devices.sql"));
            statements.addAll(JdbcSchema.statements(vendor.dialect(), "V3__audit_notes.sql"));
            return statements;
        }

        /** The tables are those of the newest version, with all that the previous release wrote. */
        private void assertUpgraded(DataSource data, String when) throws Exception {
            assertEquals(
                    List.of(List.of("2"), List.of("3")),
                    rows(data, "SELECT version FROM countersign_migration ORDER BY version"),
                    when);
            assertEquals(List.of(List.of("1")), rows(data, "SELECT COUNT(*) FROM countersign_erasure"), when);
            try (JdbcKeyStore store = open(data)) {
                long cursor = await(store.keys().cursor());
                assertTrue(cursor >= 11, when);
                assertEquals(
                        Outcome.ERASED,
                        await(store.registry().as(AuditNote.by("alice")).erase(PHONE))
                                .outcome(),
                        when);
                assertEquals(
                        List.of(List.of(Long.toString(cursor + 1))),
                        rows(data, "SELECT version FROM countersign_audit_note"),
                        when);
            }
        }

        /** A node of the previous release works over what the stop left, and may be started anew. */
        private void assertThePreviousReleaseGoesOn(DataSource data, String when) throws Exception {
            previous.createIfMissing(data);
            PreviousRelease.Node node = previous.open(data, clock);
            assertEquals(
                    Outcome.CREATED,
                    await(node.registry().register(device(90), key(90), DeviceStatus.ACTIVE))
                            .outcome(),
                    when);
        }

        /** MariaDB and H2 commit with each statement that changes tables; PostgreSQL takes the whole file back. */
        @Test
        void flywayGoesOnAfterAStatementFailed() throws Exception {
            atSome(this::repairFlyway);
        }

        @Test
        @Tag("full")
        void flywayGoesOnAfterAStatementFailedAtAnyStatement() throws Exception {
            atEach(this::repairFlyway);
        }

        private void repairFlyway(String statement, DataSource data) throws Exception {
            flywayOfThePreviousRelease(data, old, FIRST).migrate();
            fill(data);
            Flyway stopped = flyway(FaultyDataSource.failingAt(data, statement));
            assertThrows(FlywayException.class, stopped::migrate, statement);
            assertThePreviousReleaseGoesOn(data, statement);
            Flyway again = flyway(data);
            if (vendor != Vendor.POSTGRESQL) {
                String refusal = message(assertThrows(FlywayException.class, again::migrate, statement));
                assertTrue(refusal.contains("failed migration"), refusal);
                again.repair();
            }
            again.migrate();
            again.validate();
            assertEquals(0, again.migrate().migrationsExecuted, statement);
            assertUpgraded(data, statement);
        }

        /** A killed process writes no failure into the history: the next run begins with the same file. */
        @Test
        void flywayGoesOnAfterItsProcessWasGone() throws Exception {
            atSome(this::runFlywayAgain);
        }

        @Test
        @Tag("full")
        void flywayGoesOnAfterItsProcessWasGoneAtAnyStatement() throws Exception {
            atEach(this::runFlywayAgain);
        }

        private void runFlywayAgain(String statement, DataSource data) throws Exception {
            flywayOfThePreviousRelease(data, old, FIRST).migrate();
            fill(data);
            Flyway stopped = flyway(FaultyDataSource.lostAt(data, statement));
            assertThrows(FlywayException.class, stopped::migrate, statement);
            assertThePreviousReleaseGoesOn(data, statement);
            Flyway again = flyway(data);
            again.migrate();
            again.validate();
            assertUpgraded(data, statement);
        }

        @Test
        void liquibaseGoesOnFromThePreviousReleasesHistory() throws Exception {
            liquibaseOfThePreviousRelease(database, old, liquibase -> liquibase.update(""), FIRST);
            assertEquals(List.of(List.of("countersign-1")), rows(database, CHANGE_SETS));
            fill(database);
            updateByLiquibase();
            assertEquals(
                    List.of(List.of("countersign-1"), List.of("countersign-2"), List.of("countersign-3")),
                    rows(database, CHANGE_SETS));
            updateByLiquibase();
            assertEquals(3, rows(database, CHANGE_SETS).size(), "finds nothing to do");
            // The previous release is started again: its history is ahead of its change log.
            liquibaseOfThePreviousRelease(database, old, liquibase -> liquibase.update(""), FIRST);
            assertThePreviousReleaseGoesOn(database, "after the upgrade");
            assertUpgraded(database, "in the end");
        }

        @Test
        void liquibaseGoesOnAfterAStatementFailed() throws Exception {
            atSome(this::runLiquibaseAgain);
        }

        @Test
        @Tag("full")
        void liquibaseGoesOnAfterAStatementFailedAtAnyStatement() throws Exception {
            atEach(this::runLiquibaseAgain);
        }

        private void runLiquibaseAgain(String statement, DataSource data) throws Exception {
            liquibaseOfThePreviousRelease(data, old, liquibase -> liquibase.update(""), FIRST);
            fill(data);
            DataSource stopping = FaultyDataSource.failingAt(data, statement);
            assertThrows(
                    LiquibaseException.class, () -> liquibase(stopping, liquibase -> liquibase.update("")), statement);
            assertThePreviousReleaseGoesOn(data, statement);
            liquibase(data, liquibase -> liquibase.update(""));
            assertEquals(3, rows(data, CHANGE_SETS).size(), statement);
            assertUpgraded(data, statement);
        }

        /** A killed process leaves Liquibase's lock behind, which others wait for. */
        @Test
        void liquibaseGoesOnAfterItsProcessWasGone() throws Exception {
            atSome(this::releaseLiquibasesLock);
        }

        @Test
        @Tag("full")
        void liquibaseGoesOnAfterItsProcessWasGoneAtAnyStatement() throws Exception {
            atEach(this::releaseLiquibasesLock);
        }

        private void releaseLiquibasesLock(String statement, DataSource data) throws Exception {
            liquibaseOfThePreviousRelease(data, old, liquibase -> liquibase.update(""), FIRST);
            fill(data);
            DataSource stopping = FaultyDataSource.lostAt(data, statement);
            assertThrows(Exception.class, () -> liquibase(stopping, liquibase -> liquibase.update("")), statement);
            assertThePreviousReleaseGoesOn(data, statement);
            assertEquals(List.of(List.of("1")), rows(data, LOCK), statement);
            assertEquals(5, GlobalConfiguration.CHANGELOGLOCK_WAIT_TIME.getDefaultValue(), "minutes");
            Scope.child(
                    Map.of(GlobalConfiguration.CHANGELOGLOCK_WAIT_TIME.getKey(), 0L),
                    () -> assertThrows(
                            LiquibaseException.class,
                            () -> liquibase(data, liquibase -> liquibase.update("")),
                            statement));
            liquibase(data, liquibase -> {
                liquibase.forceReleaseLocks();
                liquibase.update("");
            });
            assertEquals(3, rows(data, CHANGE_SETS).size(), statement);
            assertUpgraded(data, statement);
        }
    }
}

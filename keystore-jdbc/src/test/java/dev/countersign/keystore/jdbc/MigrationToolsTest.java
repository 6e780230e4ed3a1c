package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.RegistryResult.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;
import liquibase.Liquibase;
import liquibase.UpdateSummaryEnum;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.ClassLoaderResourceAccessor;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The users' own tools make the tables from the files of this library's jar, in a database that has tables already. */
class MigrationToolsTest {
    /** Kept, for a logger that nobody holds forgets its level. */
    private static final Logger LIQUIBASE = Logger.getLogger("liquibase");

    @TempDir
    Path migrations = Path.of("");

    @BeforeAll
    static void quiet() {
        LIQUIBASE.setLevel(Level.WARNING);
    }

    @ParameterizedTest
    @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB"})
    void flywayMakesTheTables(Vendor vendor) throws Exception {
        try (Vendor.Database place = vendor.fresh()) {
            DataSource database = place.dataSource();
            Fixtures.execute(database, "CREATE TABLE somebodys_own (id INT)");
            Flyway flyway = Flyway.configure()
                    .dataSource(database)
                    .locations("classpath:dev/countersign/keystore/jdbc/"
                            + vendor.dialect().migrations())
                    .table("countersign_flyway_history")
                    .baselineOnMigrate(true)
                    .baselineVersion("0")
                    .load();
            assertEquals(3, flyway.migrate().migrationsExecuted);
            assertComplete(database);
            assertEquals(0, flyway.migrate().migrationsExecuted);
            flyway.validate();
        }
    }

    /** Who began with createIfMissing may go over to a tool: the file may be run again. */
    @ParameterizedTest
    @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB"})
    void flywayTakesOverWhatIsThere(Vendor vendor) throws Exception {
        try (Vendor.Database place = vendor.fresh()) {
            DataSource database = place.dataSource();
            JdbcKeyStore store = Fixtures.inline(database);
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            Flyway flyway = Flyway.configure()
                    .dataSource(database)
                    .locations("classpath:dev/countersign/keystore/jdbc/"
                            + vendor.dialect().migrations())
                    .table("countersign_flyway_history")
                    .baselineOnMigrate(true)
                    .baselineVersion("0")
                    .load();
            assertEquals(3, flyway.migrate().migrationsExecuted);
            assertEquals(1, await(store.keys().find(PHONE)).orElseThrow().version());
            assertEquals(1, await(store.keys().cursor()));
        }
    }

    /** Tables without a history, before the application's own first migration: what operations.md warns of. */
    @ParameterizedTest
    @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB"})
    void anApplicationsOwnFlywayWantsToBeFirst(Vendor vendor) throws Exception {
        try (Vendor.Database place = vendor.fresh()) {
            JdbcSchema.migrate(place.dataSource());
            assertThrows(FlywayException.class, own(place.dataSource())::migrate);
            Flyway skips = own(place.dataSource(), settings -> settings.baselineOnMigrate(true));
            assertEquals(0, skips.migrate().migrationsExecuted, "takes its own first file for done");
        }
        // The way round.
        try (Vendor.Database place = vendor.fresh()) {
            DataSource database = place.dataSource();
            assertEquals(1, own(database).migrate().migrationsExecuted);
            JdbcSchema.migrate(database);
            assertEquals(0, own(database).migrate().migrationsExecuted);
            own(database).validate();
            assertComplete(database);
        }
        // The way out, where they are there already.
        try (Vendor.Database place = vendor.fresh()) {
            DataSource database = place.dataSource();
            JdbcSchema.migrate(database);
            Flyway late =
                    own(database, settings -> settings.baselineOnMigrate(true).baselineVersion("0"));
            assertEquals(1, late.migrate().migrationsExecuted);
            assertEquals(List.of(), rows(database, "SELECT id FROM somebodys_first"));
            assertComplete(database);
        }
    }

    private Flyway own(DataSource database) throws Exception {
        return own(database, settings -> {});
    }

    private Flyway own(DataSource database, Consumer<FluentConfiguration> more) throws Exception {
        Files.writeString(migrations.resolve("V1__somebodys_first.sql"), "CREATE TABLE somebodys_first (id INT);");
        FluentConfiguration settings = Flyway.configure().dataSource(database).locations("filesystem:" + migrations);
        more.accept(settings);
        return settings.load();
    }

    @ParameterizedTest
    @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB"})
    void liquibaseMakesTheTables(Vendor vendor) throws Exception {
        try (Vendor.Database place = vendor.fresh()) {
            DataSource database = place.dataSource();
            for (int i = 0; i < 2; i++) {
                try (Connection connection = database.getConnection()) {
                    Database target = DatabaseFactory.getInstance()
                            .findCorrectDatabaseImplementation(new JdbcConnection(connection));
                    try (Liquibase liquibase = new Liquibase(
                            "dev/countersign/keystore/jdbc/changelog.xml", new ClassLoaderResourceAccessor(), target)) {
                        liquibase.setShowSummary(UpdateSummaryEnum.OFF);
                        liquibase.update("");
                    }
                }
            }
            assertComplete(database);
        }
    }

    private static void assertComplete(DataSource database) throws Exception {
        JdbcSchema.createIfMissing(database); // finds nothing to do
        assertEquals(
                List.of(List.of("1", "device keys")),
                rows(database, "SELECT version, description FROM countersign_schema"));
        assertEquals(
                List.of(List.of("2", "erased devices"), List.of("3", "notes of the audit")),
                rows(database, "SELECT version, description FROM countersign_migration ORDER BY version"));
        try (JdbcKeyStore store =
                JdbcKeyStore.builder(database).executor(Runnable::run).build()) {
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(store.registry().replace(PHONE, key(2))).isChange());
            assertEquals(2, await(store.keys().find(PHONE)).orElseThrow().version());
            assertEquals(Outcome.ERASED, await(store.registry().erase(PHONE)).outcome());
        }
    }
}

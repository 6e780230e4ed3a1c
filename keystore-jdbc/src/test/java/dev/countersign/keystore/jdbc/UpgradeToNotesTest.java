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

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.DeviceListing;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.ErasedDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From schema version 2, which knew erasures, to 3, which has notes; and nodes of that release beside nodes of this one. */
class UpgradeToNotesTest {
    private static final AuditNote ALICE = AuditNote.by("alice").because("ticket 4711");
    private static final String NOTES = "SELECT version FROM countersign_audit_note ORDER BY version";

    @Nested
    class OnH2 extends CasesWithTools {
        OnH2() {
            super(Vendor.H2);
        }
    }

    @Nested
    class OnPostgreSql extends CasesWithTools {
        OnPostgreSql() {
            super(Vendor.POSTGRESQL);
        }
    }

    @Nested
    class OnMariaDb extends CasesWithTools {
        OnMariaDb() {
            super(Vendor.MARIADB);
        }
    }

    @Nested
    class WithMySqlsDriver extends Cases {
        WithMySqlsDriver() {
            super(Vendor.MYSQL);
        }
    }

    abstract static class Cases extends UpgradeCases {
        Cases(Vendor vendor) {
            super(vendor, 2);
        }

        /** Eleven changes, and the erasure of one device more. */
        @Override
        PreviousRelease.Node fill(DataSource data) throws Exception {
            PreviousRelease.Node node = super.fill(data);
            created(node.registry(), device(5), 6);
            assertEquals(Outcome.ERASED, await(node.registry().erase(device(5))).outcome());
            return node;
        }

        static void created(DeviceRegistry registry, DeviceIdentity device, int key) {
            assertEquals(
                    Outcome.CREATED,
                    await(registry.register(device, key(key), DeviceStatus.ACTIVE))
                            .outcome());
        }

        @Test
        void whatThePreviousReleaseWroteIsKept() throws Exception {
            PreviousRelease.Node node = fill(database);
            Map<DeviceIdentity, Optional<DeviceRecord>> before = new LinkedHashMap<>();
            for (DeviceIdentity one : List.of(device(1), device(2), device(3), device(4), device(5), PHONE)) {
                before.put(one, await(node.keys().find(one)));
            }
            String audit = "SELECT version, at_ms, action, actor FROM countersign_audit ORDER BY version";
            List<List<String>> audited = rows(database, audit);
            JdbcKeyStore.Builder builder = JdbcKeyStore.builder(database);
            assertTrue(message(assertThrows(JdbcKeyStoreException.class, builder::build))
                    .startsWith("the key store's tables have version 2, and this release needs 3: "));

            JdbcSchema.migrate(database);
            JdbcKeyStore store = open(database);
            before.forEach((device, record) ->
                    assertEquals(record, await(store.registry().find(device))));
            assertEquals(audited, rows(database, audit));
            assertEquals(List.of(), rows(database, NOTES));
            assertEquals(13, await(store.keys().cursor()));
            assertEquals(
                    List.of(ErasedDevice.of(device(5), 13)),
                    await(store.keys().changesSince(11)).erased());
            assertEquals(
                    Outcome.KEY_USED_BEFORE,
                    await(store.registry().register(device(5), key(6), DeviceStatus.ACTIVE))
                            .outcome());
            assertEquals(
                    5,
                    await(store.registry().list(DeviceListing.ofApp(PHONE.appId())))
                            .devices()
                            .size());
            assertTrue(await(store.registry().as(ALICE).revoke(PHONE)).isChange());
            assertEquals(List.of(List.of("14")), rows(database, NOTES));
            assertEquals(
                    Outcome.ERASED,
                    await(store.registry().as(ALICE).erase(device(1))).outcome(),
                    "a device whose changes have no notes");
        }

        @Test
        void anInterruptionAtAnyStatementIsMadeGood() throws Exception {
            List<String> statements = JdbcSchema.statements(vendor.dialect(), "V3__audit_notes.sql");
            assertEquals(2, statements.size());
            for (int done = 0; done <= statements.size(); done++) {
                try (Vendor.Database another = vendor.fresh()) {
                    DataSource data = another.dataSource();
                    PreviousRelease.Node node = fill(data);
                    Fixtures.execute(data, statements.subList(0, done));
                    previous.createIfMissing(data);
                    created(node.registry(), device(90), 90);
                    JdbcSchema.migrate(data);
                    JdbcKeyStore store = open(data);
                    assertEquals(
                            Outcome.ERASED,
                            await(store.registry().as(ALICE).erase(PHONE)).outcome(),
                            "after " + done);
                    assertEquals(List.of(List.of("15")), rows(data, NOTES), "after " + done);
                }
            }
        }

        @Test
        void manyUpgradeAtOnceWhileThePreviousReleaseWrites() throws Exception {
            PreviousRelease.Node node = fill(database);
            int threads = 4;
            int writes = 40;
            List<Callable<?>> tasks = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int number = 500 + i;
                tasks.add(() -> {
                    JdbcSchema.migrate(database);
                    created(open(database).registry().as(ALICE), device(number), number);
                    return null;
                });
            }
            tasks.add(() -> {
                for (int i = 0; i < writes; i++) {
                    created(node.registry(), device(1000 + i), 1000 + i);
                }
                return null;
            });
            atOnce(tasks);
            assertEquals(
                    List.of(List.of("2"), List.of("3")),
                    rows(database, "SELECT version FROM countersign_migration ORDER BY version"));
            assertEquals(13 + threads + writes, await(open(database).keys().cursor()));
            assertEquals(threads, rows(database, NOTES).size());
        }

        /** As in a rollout: a node of the previous release is started anew after the tables were upgraded. */
        @Test
        void thePreviousReleaseStartsAndWorksOverTheNewTables() throws Exception {
            JdbcSchema.migrate(database);
            JdbcKeyStore store = open(database);
            PreviousRelease.Node node = fill(database);
            assertTrue(await(store.registry().as(ALICE).revoke(PHONE)).isChange());
            assertEquals(await(store.keys().changesSince(0)), await(node.keys().changesSince(0)));
            assertEquals(Outcome.UNCHANGED, await(node.registry().revoke(PHONE)).outcome());
            created(node.registry(), device(80), 80);
            assertEquals(
                    await(node.keys().find(device(80))), await(store.registry().find(device(80))));
        }

        /** It knows no notes, and leaves those of a device that it erases; to repeat the erasure here drops them. */
        @Test
        void whatThePreviousReleaseErasesIsErasedWhollyByRepeatingItHere() throws Exception {
            JdbcSchema.migrate(database);
            JdbcKeyStore store = open(database);
            PreviousRelease.Node node = fill(database);
            assertTrue(await(store.registry().as(ALICE).revoke(PHONE)).isChange());
            assertTrue(await(store.registry().as(ALICE).revoke(device(1))).isChange());
            assertEquals(Outcome.ERASED, await(node.registry().erase(PHONE)).outcome());
            assertEquals(List.of(List.of("14"), List.of("15")), rows(database, NOTES));
            assertEquals(
                    Outcome.UNCHANGED,
                    await(store.registry().as(ALICE).erase(PHONE)).outcome());
            assertEquals(List.of(List.of("15")), rows(database, NOTES), "the other device's");
            assertEquals(16, await(store.keys().cursor()), "nothing that a cache must hear of");
        }
    }

    /**
     * Not with MySQL's driver: Flyway takes the server for what it is, MariaDB, and the change log has MariaDB's files for it.
     */
    abstract static class CasesWithTools extends Cases {
        @TempDir
        Path old = Path.of("");

        CasesWithTools(Vendor vendor) {
            super(vendor);
        }

        @Test
        void flywayGoesOnFromThePreviousReleasesHistory() throws Exception {
            Flyway before = flywayOfThePreviousRelease(old, "V1__device_keys.sql", "V2__erased_devices.sql");
            assertEquals(2, before.migrate().migrationsExecuted);
            fill(database);
            Flyway after = flyway();
            assertEquals(1, after.migrate().migrationsExecuted);
            after.validate();
            assertTrue(await(open(database).registry().as(ALICE).revoke(PHONE)).isChange());
            // The previous release is started again: its history is ahead of its files.
            assertEquals(0, before.migrate().migrationsExecuted);
            previous.createIfMissing(database);
            assertEquals(14, await(previous.open(database, clock).keys().cursor()));
        }

        /** The change log of the tests has all files; the first two's tables are there, and they may be run again. */
        @Test
        void liquibaseGoesOnFromWhatIsThere() throws Exception {
            fill(database);
            updateByLiquibase();
            assertTrue(await(open(database).registry().as(ALICE).revoke(PHONE)).isChange());
            assertEquals(List.of(List.of("14")), rows(database, NOTES));
        }
    }
}

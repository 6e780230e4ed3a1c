package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.NOW;
import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static dev.countersign.keystore.jdbc.Fixtures.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.ErasedDevice;
import dev.countersign.keystore.jdbc.table.DeviceRows;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that a release before this one made, and nodes of that release beside nodes of this one. */
class SchemaUpgradeTest {
    private static final List<DeviceIdentity> FLEET = List.of(device(1), device(2), device(3), device(4), PHONE);
    private static final String VERSIONS = "SELECT version FROM countersign_audit ORDER BY version";

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
            super(vendor, 1);
        }

        @Test
        void whatThePreviousReleaseWroteIsKept() throws Exception {
            PreviousRelease.Node node = fill(database);
            Map<DeviceIdentity, Optional<DeviceRecord>> before = new LinkedHashMap<>();
            for (DeviceIdentity one : FLEET) {
                before.put(one, await(node.keys().find(one)));
            }
            List<DeviceRecord> feed = await(node.keys().changesSince(0)).records();
            String audit = "SELECT version, at_ms, action, actor FROM countersign_audit ORDER BY version";
            List<List<String>> audited = rows(database, audit);
            JdbcKeyStore.Builder builder = JdbcKeyStore.builder(database);
            assertTrue(message(assertThrows(JdbcKeyStoreException.class, builder::build))
                    .startsWith("the key store's tables have version 1, and this release needs 3: "));

            JdbcSchema.migrate(database);
            JdbcKeyStore store = open(database);
            for (DeviceIdentity one : FLEET) {
                assertEquals(before.get(one), await(store.keys().find(one)));
            }
            assertEquals(feed, await(store.keys().changesSince(0)).records());
            assertEquals(11, await(store.keys().cursor()));
            assertEquals(audited, rows(database, audit));
            assertEquals(
                    Optional.of(KeyOwner.of(device(4), KeyState.PREVIOUS)),
                    await(store.registry().findByKey(key(4))));
            assertEquals(
                    Optional.of(KeyOwner.of(PHONE, KeyState.RETIRED)),
                    await(store.registry().findByKey(key(5))));
            assertTrue(await(store.keys().confirm(device(4), key(24), NOW)), "life goes on");
            for (DeviceIdentity one : FLEET) {
                assertEquals(Outcome.ERASED, await(store.registry().erase(one)).outcome());
            }
            assertNoTraceOfTheFleet();
            assertEquals(FLEET, erased(await(store.keys().changesSince(0))));
        }

        @Test
        void anInterruptionAtAnyStatementIsMadeGood() throws Exception {
            List<String> statements =
                    new ArrayList<>(JdbcSchema.statements(vendor.dialect(), "V2__erased_devices.sql"));
            statements.addAll(JdbcSchema.statements(vendor.dialect(), "V3__audit_notes.sql"));
            for (int done = 0; done <= statements.size(); done++) {
                try (Vendor.Database another = vendor.fresh()) {
                    DataSource data = another.dataSource();
                    PreviousRelease.Node node = fill(data);
                    Fixtures.execute(data, statements.subList(0, done));
                    previous.createIfMissing(data);
                    assertTrue(await(node.registry().register(device(90), key(90), DeviceStatus.ACTIVE))
                            .isChange());
                    JdbcSchema.migrate(data);
                    JdbcKeyStore store = open(data);
                    assertEquals(
                            Outcome.ERASED, await(store.registry().erase(PHONE)).outcome(), "after " + done);
                    assertEquals(List.of(PHONE), erased(await(store.keys().changesSince(12))), "after " + done);
                    assertEquals(List.of(List.of("1")), rows(data, "SELECT COUNT(*) FROM countersign_erasure"));
                }
            }
        }

        @Test
        void manyUpgradeAtOnceWhileThePreviousReleaseWrites() throws Exception {
            PreviousRelease.Node node = fill(database);
            int threads = 6;
            int writes = 40;
            List<Callable<?>> tasks = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                tasks.add(() -> {
                    JdbcSchema.migrate(database);
                    open(database).close();
                    return null;
                });
            }
            tasks.add(() -> {
                for (int i = 0; i < writes; i++) {
                    RegistryResult made =
                            await(node.registry().register(device(1000 + i), key(1000 + i), DeviceStatus.ACTIVE));
                    assertEquals(Outcome.CREATED, made.outcome());
                }
                return null;
            });
            atOnce(tasks);
            assertEquals(
                    List.of(List.of("2"), List.of("3")),
                    rows(database, "SELECT version FROM countersign_migration ORDER BY version"));
            assertEquals(11 + writes, await(open(database).keys().cursor()));
        }

        /** As in a rollout: a node of the previous release is started anew after the tables were upgraded. */
        @Test
        void thePreviousReleaseStartsAndWorksOverTheNewTables() throws Exception {
            JdbcSchema.migrate(database);
            JdbcKeyStore store = open(database);
            PreviousRelease.Node node = fill(database);
            for (DeviceIdentity one : FLEET) {
                assertEquals(await(node.keys().find(one)), await(store.keys().find(one)));
            }
            assertEquals(
                    await(node.keys().changesSince(0)).records(),
                    await(store.keys().changesSince(0)).records());

            assertEquals(Outcome.ERASED, await(store.registry().erase(PHONE)).outcome());
            assertEquals(Optional.empty(), await(node.keys().find(PHONE)));
            for (int used : List.of(5, 15)) {
                RegistryResult again = await(node.registry().register(PHONE, key(used), DeviceStatus.ACTIVE));
                assertEquals(RegistryResult.of(Outcome.KEY_IN_USE), again);
                assertEquals(
                        Outcome.KEY_IN_USE,
                        await(node.registry().register(device(80), key(used), DeviceStatus.ACTIVE))
                                .outcome());
                KeyOwner owner = await(node.registry().findByKey(key(used))).orElseThrow();
                assertNotEquals(PHONE, owner.device(), "it does not know whose it was");
                assertEquals(KeyState.RETIRED, owner.state());
                assertEquals(Optional.empty(), await(store.registry().findByKey(key(used))));
            }
            assertFalse(await(node.keys().confirm(PHONE, key(15), NOW)));
            assertEquals(
                    Outcome.UNKNOWN_DEVICE, await(node.registry().revoke(PHONE)).outcome());
            assertEquals(12, await(node.keys().cursor()));
            assertEquals(List.of(), await(node.keys().changesSince(11)).records());
            assertEquals(
                    Outcome.CREATED,
                    await(node.registry().register(PHONE, key(25), DeviceStatus.ACTIVE))
                            .outcome());
            DeviceChanges told = await(store.keys().changesSince(11));
            assertEquals(List.of(ErasedDevice.of(PHONE, 12)), told.erased());
            assertEquals(13, told.records().get(0).version());
            assertEquals(told.records(), await(node.keys().changesSince(11)).records());
            assertEquals(Outcome.ERASED, await(store.registry().erase(PHONE)).outcome());
        }

        @Test
        void nodesOfBothReleasesWriteAtOnce() throws Exception {
            JdbcSchema.migrate(database);
            JdbcKeyStore store = open(database);
            PreviousRelease.Node node = fill(database);
            int each = 40;
            ExecutorService pool = Executors.newFixedThreadPool(3);
            try {
                List<Future<?>> all = new ArrayList<>();
                all.add(pool.submit(() -> {
                    for (int i = 0; i < each; i++) {
                        await(node.registry().register(device(1000 + i), key(1000 + i), DeviceStatus.ACTIVE));
                        await(node.registry().revoke(device(1000 + i)));
                    }
                }));
                all.add(pool.submit(() -> {
                    for (int i = 0; i < each; i++) {
                        await(store.registry().register(device(2000 + i), key(2000 + i), DeviceStatus.ACTIVE));
                        await(store.registry().erase(device(2000 + i)));
                    }
                }));
                all.add(pool.submit(() -> {
                    for (int i = 0; i < each; i++) {
                        await(store.registry().erase(device(1000 + i))); // there or not yet
                    }
                }));
                for (Future<?> one : all) {
                    one.get(120, TimeUnit.SECONDS);
                }
            } finally {
                pool.shutdownNow();
            }
            long last = await(store.keys().cursor());
            List<List<String>> versions = new ArrayList<>();
            for (long version = 1; version <= last; version++) {
                versions.add(List.of(Long.toString(version)));
            }
            assertEquals(versions, rows(database, VERSIONS), "no version twice, none left out");
            DeviceChanges all = await(store.keys().changesSince(0));
            assertTrue(erased(all).containsAll(devices(2000, each)));
            for (DeviceRecord record : all.records()) {
                assertEquals(Optional.of(record), await(node.keys().find(record.identity())));
            }
        }

        private void assertNoTraceOfTheFleet() throws Exception {
            for (String table : List.of("countersign_device", "countersign_key", "countersign_audit")) {
                for (List<String> ids : rows(
                        database, "SELECT " + place.hex("app_id") + ", " + place.hex("device_id") + " FROM " + table)) {
                    for (DeviceIdentity one : FLEET) {
                        assertNotEquals(hex(one.appId()), ids.get(0), table);
                        assertNotEquals(hex(one.deviceId()), ids.get(1), table);
                    }
                }
            }
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
            Flyway before = flywayOfThePreviousRelease(old, "V1__device_keys.sql");
            assertEquals(1, before.migrate().migrationsExecuted);
            fill(database);
            Flyway after = flyway();
            assertEquals(2, after.migrate().migrationsExecuted);
            after.validate();
            assertEquals(11, await(open(database).keys().cursor()));
            // The previous release is started again: its history is ahead of its files.
            assertEquals(0, before.migrate().migrationsExecuted);
            previous.createIfMissing(database);
            assertEquals(11, await(previous.open(database, clock).keys().cursor()));
        }

        /** The change log of the tests has both files; the first one's tables are there, and it may be run again. */
        @Test
        void liquibaseGoesOnFromWhatIsThere() throws Exception {
            fill(database);
            updateByLiquibase();
            JdbcKeyStore store = open(database);
            assertEquals(11, await(store.keys().cursor()));
            assertEquals(Outcome.ERASED, await(store.registry().erase(PHONE)).outcome());
        }
    }

    /** The home of a quickstart of that release, byte for byte. */
    @Test
    void aHomeOfThePreviousReleaseIsUpgraded(@TempDir Path home) throws Exception {
        try (InputStream in = new GZIPInputStream(
                Objects.requireNonNull(SchemaUpgradeTest.class.getResourceAsStream("home-of-schema-1.mv.db.gz")))) {
            Files.copy(in, home.resolve("keys.mv.db"));
        }
        DataSource file = Fixtures.h2(
                "jdbc:h2:file:" + home.resolve("keys") + ";DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0;WRITE_DELAY=0");
        for (int start = 0; start < 2; start++) {
            JdbcSchema.migrate(file);
            JdbcKeyStore store =
                    JdbcKeyStore.builder(file).executor(Runnable::run).build();
            assertEquals(11 + start, await(store.keys().cursor()));
            assertEquals(
                    DeviceStatus.REVOKED,
                    await(store.keys().find(device(3))).orElseThrow().status());
            assertEquals(
                    3, await(store.keys().find(device(4))).orElseThrow().keys().size());
            assertEquals(
                    start == 0 ? Outcome.ERASED : Outcome.UNCHANGED,
                    await(store.registry().erase(PHONE)).outcome());
            assertEquals(
                    Outcome.KEY_USED_BEFORE,
                    await(store.registry().register(PHONE, key(5), DeviceStatus.ACTIVE))
                            .outcome());
        }
    }

    private static String hex(String id) {
        return java.util.HexFormat.of().formatHex(DeviceRows.bytes(id));
    }

    private static List<DeviceIdentity> devices(int from, int count) {
        List<DeviceIdentity> devices = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            devices.add(device(from + i));
        }
        return devices;
    }

    private static List<DeviceIdentity> erased(DeviceChanges changes) {
        return changes.erased().stream().map(ErasedDevice::identity).toList();
    }
}

package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.NOW;
import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.failure;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static dev.countersign.keystore.jdbc.Fixtures.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.ErasedDevice;
import dev.countersign.keystore.jdbc.table.DeviceRows;
import dev.countersign.testkit.MutableClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What an erased device leaves in the tables, and for how long; what it answers is in the contract of key stores. */
class ErasureTest {
    private static final String KEYS_OF = "SELECT COUNT(*) FROM countersign_key WHERE device_id = ";

    @Nested
    class OnH2 extends Cases {
        OnH2() {
            super(Vendor.H2);
        }

        @Test
        void periodsOutOfRangeAreRefused() {
            JdbcKeyStore.Builder builder = JdbcKeyStore.builder(Fixtures.memory());
            for (Duration wrong : List.of(Duration.ZERO, Duration.ofDays(1), Duration.ofDays(91))) {
                assertThrows(IllegalArgumentException.class, () -> builder.erasedFor(wrong));
            }
        }
    }

    @Nested
    class OnPostgreSql extends Cases {
        OnPostgreSql() {
            super(Vendor.POSTGRESQL);
        }
    }

    @Nested
    class OnMariaDb extends Cases {
        OnMariaDb() {
            super(Vendor.MARIADB);
        }
    }

    abstract static class Cases {
        private final Vendor.Database place;
        private final DataSource database;
        private final MutableClock clock = new MutableClock(Fixtures.NOW);
        private final JdbcKeyStore store;

        Cases(Vendor vendor) {
            this.place = vendor.fresh();
            this.database = place.dataSource();
            this.store = Fixtures.inline(database, clock);
        }

        @AfterEach
        void dropDatabase() {
            place.close();
        }

        private void register(DeviceIdentity device, int key) {
            assertEquals(
                    Outcome.CREATED,
                    await(store.registry().register(device, key(key), DeviceStatus.ACTIVE))
                            .outcome());
        }

        private void erase(DeviceIdentity device) {
            assertEquals(
                    RegistryResult.of(Outcome.ERASED), await(store.registry().erase(device)));
        }

        private List<List<String>> audit() throws Exception {
            return rows(database, "SELECT version, action, actor FROM countersign_audit ORDER BY version");
        }

        /** All ids in the table, as text. */
        private Set<String> ids(String table) throws Exception {
            Set<String> ids = new HashSet<>();
            for (List<String> row : rows(
                    database, "SELECT " + place.hex("app_id") + ", " + place.hex("device_id") + " FROM " + table)) {
                for (String hex : row) {
                    ids.add(DeviceRows.text(HexFormat.of().parseHex(hex.toLowerCase(java.util.Locale.ROOT))));
                }
            }
            return ids;
        }

        @Test
        void itsIdsAreGoneFromEveryTableButTheFeeds() throws Exception {
            register(PHONE, 1);
            assertTrue(await(store.registry().replace(PHONE, key(2))).isChange());
            register(new DeviceIdentity("another.app", PHONE.deviceId()), 3);
            erase(PHONE);
            assertEquals(Set.of("another.app", PHONE.deviceId()), ids("countersign_device"));
            for (String table : List.of("countersign_key", "countersign_audit")) {
                Set<String> ids = ids(table);
                assertFalse(ids.contains(PHONE.appId()), table);
                assertEquals(4, ids.size(), "the other device, and one stand-in for this one");
            }
            assertEquals(Set.of(PHONE.appId(), PHONE.deviceId()), ids("countersign_erased"));
            assertEquals(
                    List.of(
                            List.of("1", "register", "unknown"),
                            List.of("2", "replace", "unknown"),
                            List.of("3", "register", "unknown"),
                            List.of("4", "erase", "unknown")),
                    audit(),
                    "what happened, when and by whom is still told");
            assertEquals(
                    List.of(List.of("3")), rows(database, "SELECT COUNT(*) FROM countersign_key"), "keys stay used");
            assertEquals(
                    Outcome.KEY_USED_BEFORE,
                    await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                            .outcome(),
                    "its own, as only the keyed hash can tell");
            assertEquals(
                    Outcome.KEY_IN_USE,
                    await(store.registry().register(TABLET, key(1), DeviceStatus.ACTIVE))
                            .outcome());
        }

        @Test
        void aHashIsKeyedByASecretOfTheDatabase() throws Exception {
            register(PHONE, 1);
            erase(PHONE);
            Set<String> here = ids("countersign_key");
            try (Vendor.Database another = place.vendor().fresh()) {
                JdbcKeyStore other = Fixtures.inline(another.dataSource(), clock);
                assertTrue(await(other.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                        .isChange());
                assertTrue(await(other.registry().erase(PHONE)).isChange());
                for (List<String> row : rows(
                        another.dataSource(),
                        "SELECT " + another.hex("app_id") + ", " + another.hex("device_id")
                                + " FROM countersign_key")) {
                    for (String hex : row) {
                        assertFalse(here.contains(
                                DeviceRows.text(HexFormat.of().parseHex(hex.toLowerCase(java.util.Locale.ROOT)))));
                    }
                }
            }
        }

        /** Rows of a device that somebody deleted by hand, as one had to before there was an erasing call. */
        @Test
        void aDeviceWhoseRowWasDeletedByHandIsErasedToo() throws Exception {
            register(PHONE, 1);
            Fixtures.execute(database, "DELETE FROM countersign_device");
            assertEquals(
                    Outcome.KEY_USED_BEFORE,
                    await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                            .outcome());
            erase(PHONE);
            assertFalse(ids("countersign_key").contains(PHONE.deviceId()));
            assertFalse(ids("countersign_audit").contains(PHONE.deviceId()));
            assertEquals(
                    List.of(ErasedDevice.of(PHONE, 2)),
                    await(store.keys().changesSince(1)).erased());
            assertEquals(Outcome.UNCHANGED, await(store.registry().erase(PHONE)).outcome());
        }

        @Test
        void identitiesAreDroppedAfterTwoDaysAndThatIsSaid() throws Exception {
            register(PHONE, 1);
            register(TABLET, 2);
            erase(PHONE); // 3
            clock.set(NOW.plus(Duration.ofHours(1)));
            erase(TABLET); // 4
            clock.set(NOW.plus(Duration.ofDays(2)));
            assertEquals(0, await(store.forgetErased()), "on the last second it is told still");
            assertEquals(2, await(store.keys().changesSince(2)).erased().size());
            clock.set(NOW.plus(Duration.ofDays(2)).plusSeconds(1));
            assertEquals(1, await(store.forgetErased()));
            assertEquals(0, await(store.forgetErased()));
            for (long cursor = 0; cursor <= 2; cursor++) {
                DeviceChanges late = await(store.keys().changesSince(cursor));
                assertTrue(late.isIncomplete());
                assertEquals(List.of(ErasedDevice.of(TABLET, 4)), late.erased());
                assertEquals(4, late.cursor());
            }
            DeviceChanges inTime = await(store.keys().changesSince(3));
            assertFalse(inTime.isIncomplete());
            assertEquals(List.of(ErasedDevice.of(TABLET, 4)), inTime.erased());
            assertEquals(4, await(store.keys().cursor()));
            assertEquals(Set.of(TABLET.appId(), TABLET.deviceId()), ids("countersign_erased"));
            // Another change does it as well.
            clock.set(NOW.plus(Duration.ofDays(4)));
            register(device(5), 5);
            assertEquals(List.of(), rows(database, "SELECT version FROM countersign_erased"));
            assertTrue(await(store.keys().changesSince(3)).isIncomplete());
            assertFalse(await(store.keys().changesSince(4)).isIncomplete());
            assertEquals(
                    Outcome.KEY_USED_BEFORE,
                    await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                            .outcome(),
                    "its keys stay used");
        }

        @Test
        void anAnswerWithManyErasuresComesInPages() {
            JdbcKeyStore paged = JdbcKeyStore.builder(database)
                    .executor(Runnable::run)
                    .changesPerPage(3)
                    .build();
            for (int i = 0; i < 8; i++) {
                register(device(i), i);
            }
            for (int i = 0; i < 7; i++) {
                erase(device(i));
                register(device(100 + i), 100 + i);
                register(device(200 + i), 200 + i);
            }
            List<Long> told = new ArrayList<>();
            long cursor = 8;
            for (int page = 0; page < 100; page++) {
                DeviceChanges changes = await(paged.keys().changesSince(cursor));
                if (changes.isEmpty()) {
                    break;
                }
                assertTrue(changes.records().size() <= 3 && changes.erased().size() <= 3);
                List<Long> versions = new ArrayList<>();
                changes.records().forEach(record -> versions.add(record.version()));
                changes.erased().forEach(erased -> versions.add(erased.version()));
                for (long version : versions) {
                    assertTrue(version > cursor && version <= changes.cursor(), "page " + page);
                }
                told.addAll(versions);
                cursor = changes.cursor();
            }
            told.sort(null);
            List<Long> all = new ArrayList<>();
            for (long version = 9; version <= 29; version++) {
                all.add(version);
            }
            assertEquals(all, told, "each once");
        }

        @Test
        void aFleetDoesNotBringBackWhatWasErased() {
            register(PHONE, 1);
            register(TABLET, 2);
            erase(PHONE);
            List<FleetImport.Refusal> refusals = new ArrayList<>();
            FleetImport.Result result = FleetImport.into(store)
                    .onRefusal(refusals::add)
                    .run(List.of(
                                    DeviceRecord.active(PHONE, key(1), 0),
                                    DeviceRecord.active(device(1), key(1), 0),
                                    DeviceRecord.active(PHONE, key(3), 0),
                                    DeviceRecord.of(
                                            PHONE,
                                            DeviceStatus.ACTIVE,
                                            List.of(
                                                    DeviceKey.current(key(3)),
                                                    DeviceKey.current(key(1)).retired()),
                                            0))
                            .iterator());
            assertEquals(new FleetImport.Result(1, 1, 2), result);
            assertEquals(
                    List.of(
                            new FleetImport.Refusal(0, PHONE, Outcome.KEY_USED_BEFORE),
                            new FleetImport.Refusal(1, device(1), Outcome.KEY_IN_USE)),
                    refusals);
            assertEquals(4, await(store.keys().find(PHONE)).orElseThrow().version());
        }

        /** Its id could be anybody's choice; only what the database's own secret made is taken for a stand-in. */
        @Test
        void anAppThatIsNamedLikeAStandInIsAnAppLikeAnyOther() {
            DeviceIdentity odd = new DeviceIdentity("erased-00112233445566778899aabbccddeeff", "device-1");
            register(odd, 1);
            register(PHONE, 2);
            erase(PHONE);
            assertEquals(
                    odd, await(store.registry().findByKey(key(1))).orElseThrow().device());
            assertTrue(await(store.registry().findByKey(key(2))).isEmpty());
            assertEquals(
                    Outcome.UNCHANGED,
                    await(store.registry().register(odd, key(1), DeviceStatus.ACTIVE))
                            .outcome());
        }

        @Test
        void withoutItsRowOfSecretsTheStoreSaysSo() throws Exception {
            register(PHONE, 1);
            Fixtures.execute(database, "DELETE FROM countersign_erasure");
            String lost = "the table countersign_erasure has lost its row: restore it, with its secret, from a backup";
            assertEquals(lost, message(failure(store.registry().erase(PHONE))));
            assertEquals(lost, message(failure(store.registry().erase(TABLET))));
            assertTrue(await(store.keys().find(PHONE)).isPresent());
            assertEquals(
                    List.of(List.of("1")),
                    rows(
                            database,
                            KEYS_OF + place.bytes(HexFormat.of().formatHex(DeviceRows.bytes(PHONE.deviceId())))));
        }
    }
}

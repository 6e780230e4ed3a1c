package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.failure;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.DeviceListing;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.keystore.jdbc.table.SettledReads;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Snapshots that show a later change and lack the one before, as MariaDB makes them. */
@Timeout(120)
class SettledReadsTest {
    @Nested
    class OnMariaDb extends Cases {
        OnMariaDb() {
            super(Vendor.MARIADB);
        }
    }

    @Nested
    class OnMariaDbBehindMySqlsDriver extends Cases {
        OnMariaDbBehindMySqlsDriver() {
            super(Vendor.MYSQL);
        }
    }

    abstract static class Cases {
        private static final String PROVISIONAL = KeyState.PROVISIONAL.name();

        private final Vendor.Database database;
        private final HikariDataSource pool;
        private final JdbcKeyStore writer;

        Cases(Vendor vendor) {
            this.database = vendor.fresh();
            this.pool = database.pool(4);
            this.writer = Fixtures.inline(pool);
        }

        @AfterEach
        void dropDatabase() {
            pool.close();
            database.close();
        }

        private HikariDataSource strict(boolean autoCommit, String isolation) {
            return database.pool(1, settings -> {
                settings.setAutoCommit(autoCommit);
                settings.setTransactionIsolation("TRANSACTION_" + isolation);
            });
        }

        private static void change(CompletionStage<RegistryResult> stage) {
            assertTrue(await(stage).isChange());
        }

        /** The revocation waited for nobody, the registration waited for it; the snapshot has the registration alone. */
        @ParameterizedTest
        @CsvSource({
            "1, true, READ_COMMITTED",
            "2, true, READ_COMMITTED",
            "3, true, READ_COMMITTED",
            "4, true, READ_COMMITTED",
            "1, true, REPEATABLE_READ",
            "2, true, REPEATABLE_READ",
            "1, false, REPEATABLE_READ",
            "2, false, REPEATABLE_READ",
            "3, false, REPEATABLE_READ",
            "1, false, SERIALIZABLE",
            "2, false, SERIALIZABLE"
        })
        void theFeedTellsTheRevocationThatASnapshotLacked(int query, boolean autoCommit, String isolation) {
            change(writer.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            TornSnapshot torn = new TornSnapshot(
                    strict(autoCommit, isolation),
                    query,
                    () -> {
                        change(writer.registry().revoke(PHONE));
                        change(writer.registry().register(TABLET, key(2), DeviceStatus.ACTIVE));
                    },
                    row -> row.getMetaData().getColumnCount() > 1 && row.getLong(4) == 2);
            JdbcKeyStore reader = Fixtures.inline(torn.dataSource());
            long cursor = await(reader.keys().cursor());
            torn.begin();
            List<DeviceRecord> told = new ArrayList<>();
            for (int polls = 0; polls < 10; polls++) { // the last ones when all is quiet
                DeviceChanges page = await(reader.keys().changesSince(cursor));
                told.addAll(page.records());
                cursor = page.cursor();
            }
            assertTrue(torn.happened());
            assertEquals(List.of(found(PHONE), found(TABLET)), told);
            assertEquals(3, cursor);
        }

        private DeviceRecord found(DeviceIdentity device) {
            return await(writer.keys().find(device)).orElseThrow();
        }

        /** As {@link #aRecordHasEveryChangeUpToItsVersion}; a page has every device, and is not begun again for one of them. */
        @ParameterizedTest
        @CsvSource({"1, true", "2, true", "3, true", "1, false", "2, false", "3, false"})
        void aListedRecordHasEveryChangeUpToItsVersion(int query, boolean autoCommit) {
            change(writer.registry().register(TABLET, key(3), DeviceStatus.ACTIVE));
            change(writer.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            DeviceRecord before = found(PHONE);
            TornSnapshot torn = new TornSnapshot(
                    strict(autoCommit, "REPEATABLE_READ"),
                    query,
                    () -> {
                        change(writer.registry().rotate(PHONE, key(2), key(1)));
                        change(writer.registry().revoke(PHONE));
                    },
                    row -> row.getMetaData().getColumnCount() > 1 && PROVISIONAL.equals(row.getString(6)));
            JdbcKeyStore reader = Fixtures.inline(torn.dataSource());
            torn.begin();
            DeviceListing both = DeviceListing.ofApp(PHONE.appId());
            List<List<DeviceRecord>> seen = new ArrayList<>();
            for (int reads = 0; reads < 4; reads++) {
                seen.add(await(reader.registry().list(both)).devices());
            }
            assertTrue(torn.happened());
            DeviceRecord after = found(PHONE);
            assertEquals(2, after.keys().size());
            for (List<DeviceRecord> page : seen) {
                assertEquals(2, page.size());
                assertTrue(page.contains(before) || page.contains(after), page::toString);
                assertTrue(page.contains(found(TABLET)), page::toString);
            }
        }

        /** What follows the record of a version is the next version, so what that record lacks would be lacking for ever. */
        @ParameterizedTest
        @CsvSource({"1, true", "2, true", "3, true", "1, false", "2, false"})
        void aRecordHasEveryChangeUpToItsVersion(int query, boolean autoCommit) {
            change(writer.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            DeviceRecord before = found(PHONE);
            TornSnapshot torn = new TornSnapshot(
                    strict(autoCommit, "REPEATABLE_READ"),
                    query,
                    () -> {
                        change(writer.registry().rotate(PHONE, key(2), key(1)));
                        change(writer.registry().revoke(PHONE));
                    },
                    row -> row.getMetaData().getColumnCount() > 1 && PROVISIONAL.equals(row.getString(6)));
            JdbcKeyStore reader = Fixtures.inline(torn.dataSource());
            torn.begin();
            List<DeviceRecord> seen = new ArrayList<>();
            for (int reads = 0; reads < 4; reads++) {
                seen.add(await(reader.keys().find(PHONE)).orElseThrow());
            }
            assertTrue(torn.happened());
            DeviceRecord after = found(PHONE);
            assertEquals(2, after.keys().size());
            assertEquals(
                    seen,
                    seen.stream()
                            .map(record -> record.version() == before.version() ? before : after)
                            .toList());
            assertEquals(after, seen.get(3));
        }

        @ParameterizedTest
        @CsvSource({"1", "2", "3"})
        void aRecordOnTheFeedHasEveryChangeUpToItsVersion(int query) {
            change(writer.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            TornSnapshot torn = new TornSnapshot(
                    pool,
                    query,
                    () -> {
                        change(writer.registry().rotate(PHONE, key(2), key(1)));
                        change(writer.registry().revoke(PHONE));
                    },
                    row -> row.getMetaData().getColumnCount() > 1 && PROVISIONAL.equals(row.getString(6)));
            JdbcKeyStore reader = Fixtures.inline(torn.dataSource());
            torn.begin();
            long cursor = 1;
            List<DeviceRecord> told = new ArrayList<>();
            for (int polls = 0; polls < 6; polls++) {
                DeviceChanges page = await(reader.keys().changesSince(cursor));
                told.addAll(page.records());
                cursor = page.cursor();
            }
            assertTrue(torn.happened());
            assertEquals(List.of(found(PHONE)), told);
        }

        /** An empty answer says that there is nothing: not while a change hides behind one that is not settled. */
        @Test
        void aDeviceThatGoesOnChangingDoesNotMakeAnAnswerEmpty() {
            change(writer.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            AtomicInteger changes = new AtomicInteger();
            JdbcKeyStore reader = Fixtures.inline(FaultyDataSource.wrap(pool, method -> {
                if (method.equals("executeQuery") && changes.get() > 0 && changes.getAndDecrement() > 0) {
                    change(writer.registry().replace(PHONE, key(10 + changes.get())));
                }
            }));
            change(writer.registry().replace(PHONE, key(2)));
            long settled = await(reader.keys().cursor());
            changes.set(3);
            List<DeviceRecord> told = await(reader.keys().changesSince(1)).records();
            assertEquals(List.of(found(PHONE)), told, "committed before the call began, and changed during it");
            assertEquals(settled + 3, told.get(0).version());
            assertEquals(0, changes.get());
        }

        @Test
        void readingIsGivenUpWhereADeviceChangesEachTime() {
            change(writer.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            AtomicBoolean restless = new AtomicBoolean();
            AtomicInteger changes = new AtomicInteger();
            JdbcKeyStore reader = Fixtures.inline(FaultyDataSource.wrap(pool, method -> {
                if (method.equals("executeQuery") && restless.get()) {
                    change(writer.registry().replace(PHONE, key(100 + changes.incrementAndGet())));
                }
            }));
            restless.set(true);
            for (CompletionStage<?> call : Stream.of(
                            reader.keys().find(PHONE), reader.keys().changesSince(1))
                    .toList()) {
                assertEquals("devices change faster than they can be read", message(failure(call)));
            }
            assertEquals(2 * SettledReads.ATTEMPTS, changes.get());
            restless.set(false);
            assertEquals(found(PHONE), await(reader.keys().find(PHONE)).orElseThrow());
        }

        @Test
        void whatHasBeenShownOnceIsReadOnce() {
            AtomicInteger queries = new AtomicInteger();
            JdbcKeyStore reader = Fixtures.inline(FaultyDataSource.wrap(pool, method -> {
                if (method.equals("executeQuery")) {
                    queries.incrementAndGet();
                }
            }));
            for (int i = 1; i <= 3; i++) {
                change(writer.registry().register(device(i), key(i), DeviceStatus.ACTIVE));
            }
            queries.set(0);
            assertTrue(await(reader.keys().find(device(3))).isPresent());
            assertEquals(2, queries.get(), "its version is news");
            assertTrue(await(reader.keys().find(device(1))).isPresent());
            assertTrue(await(reader.keys().find(device(3))).isPresent());
            assertEquals(Optional.empty(), await(reader.keys().find(PHONE)));
            assertEquals(3, await(reader.keys().changesSince(0)).records().size());
            assertTrue(await(reader.keys().changesSince(3)).isEmpty());
            assertEquals(7, queries.get());
            change(writer.registry().revoke(device(2)));
            queries.set(0);
            assertEquals(1, await(reader.keys().changesSince(3)).records().size());
            assertEquals(2, queries.get());
            assertFalse(await(reader.keys().find(device(2))).isEmpty());
            assertEquals(3, queries.get());
        }

        /** After a restore from a backup versions are given again; what was settled under them was something else. */
        @Test
        void aCounterThatWentBackUnsettlesWhatIsAboveIt() throws Exception {
            AtomicInteger queries = new AtomicInteger();
            JdbcKeyStore reader = Fixtures.inline(FaultyDataSource.wrap(pool, method -> {
                if (method.equals("executeQuery")) {
                    queries.incrementAndGet();
                }
            }));
            for (int i = 1; i <= 3; i++) {
                change(writer.registry().register(device(i), key(i), DeviceStatus.ACTIVE));
            }
            assertEquals(3, await(reader.keys().cursor()));
            Fixtures.execute(pool, "DELETE FROM countersign_device WHERE version > 1");
            Fixtures.execute(pool, "DELETE FROM countersign_audit WHERE version > 1");
            Fixtures.execute(pool, "UPDATE countersign_counter SET version = 1");
            assertEquals(1, await(reader.keys().cursor()));
            change(writer.registry().register(PHONE, key(9), DeviceStatus.ACTIVE));
            queries.set(0);
            assertEquals(2, await(reader.keys().find(PHONE)).orElseThrow().version());
            assertEquals(2, queries.get());
        }
    }
}

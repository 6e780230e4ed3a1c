package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.NOW;
import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static dev.countersign.keystore.jdbc.Fixtures.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyAttestation;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.keystore.jdbc.FleetImport.Refusal;
import dev.countersign.keystore.jdbc.FleetImport.Result;
import dev.countersign.testkit.MutableClock;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class FleetImportTest {
    @Nested
    class IntoH2 extends Cases {
        IntoH2() {
            super(Vendor.H2);
        }
    }

    @Nested
    class IntoPostgreSql extends Cases {
        IntoPostgreSql() {
            super(Vendor.POSTGRESQL);
        }
    }

    @Nested
    class IntoMariaDb extends Cases {
        IntoMariaDb() {
            super(Vendor.MARIADB);
        }
    }

    private static DeviceRecord active(int number) {
        return DeviceRecord.active(device(number), key(number), 0);
    }

    private static List<DeviceRecord> fleet(int from, int to) {
        return IntStream.range(from, to).mapToObj(FleetImportTest::active).toList();
    }

    abstract static class Cases {
        private final Vendor.Database database;
        private final HikariDataSource pool;
        private final JdbcKeyStore store;
        private final List<Refusal> refusals = new ArrayList<>();

        Cases(Vendor vendor) {
            this.database = vendor.fresh();
            this.pool = database.pool(16);
            this.store = Fixtures.inline(pool);
        }

        @AfterEach
        void dropDatabase() {
            pool.close();
            database.close();
        }

        private Result run(int batchSize, List<DeviceRecord> fleet) {
            refusals.clear();
            return FleetImport.into(store)
                    .batchSize(batchSize)
                    .onRefusal(refusals::add)
                    .run(fleet.iterator());
        }

        @Test
        void aFleetIsFoundTakesItsPlaceInTheFeedAndLeavesItsTrace() throws Exception {
            assertTrue(await(store.registry().register(PHONE, key(5000), DeviceStatus.ACTIVE))
                    .isChange());
            List<Long> progress = new ArrayList<>();
            JdbcKeyStore signed = JdbcKeyStore.builder(pool)
                    .executor(Runnable::run)
                    .clock(new MutableClock(Fixtures.NOW))
                    .actor("migration")
                    .build();
            Result result = FleetImport.into(signed)
                    .batchSize(100)
                    .onProgress(progress::add)
                    .run(fleet(0, 1234).iterator());
            assertEquals(new Result(1234, 0, 0), result);
            assertEquals(13, progress.size());
            assertEquals(1234, progress.get(12));
            assertEquals(1235, await(store.keys().cursor()));
            for (int i = 0; i < 1234; i += 101) {
                assertEquals(
                        DeviceRecord.active(device(i), key(i), i + 2),
                        await(store.keys().find(device(i))).orElseThrow(),
                        "versions in the fleet's order");
                assertEquals(
                        Optional.of(KeyOwner.of(device(i), KeyState.CURRENT)),
                        await(store.registry().findByKey(key(i))));
            }
            long cursor = 1;
            List<DeviceIdentity> told = new ArrayList<>();
            for (int page = 0; page < 4; page++) {
                DeviceChanges changes = await(store.keys().changesSince(cursor));
                changes.records().forEach(record -> told.add(record.identity()));
                cursor = changes.cursor();
            }
            assertEquals(fleet(0, 1234).stream().map(DeviceRecord::identity).toList(), told);
            assertEquals(
                    List.of(List.of("1234", "2", "1235", String.valueOf(NOW.toEpochMilli()))),
                    rows(
                            pool,
                            "SELECT COUNT(*), MIN(version), MAX(version), MAX(at_ms) FROM countersign_audit"
                                    + " WHERE action = 'import' AND actor = 'migration'"));
            assertEquals(
                    Outcome.CHANGED,
                    await(store.registry().rotate(device(7), key(6000), key(7))).outcome(),
                    "and lives on");
        }

        @Test
        void aDeviceComesWithAllThatIsKnownOfIt() {
            DeviceRecord whole = DeviceRecord.of(
                    PHONE,
                    DeviceStatus.ACTIVE,
                    List.of(
                            DeviceKey.current(key(1)),
                            DeviceKey.of(key(2), KeyState.PROVISIONAL).withNotAfter(NOW.plusSeconds(100)),
                            DeviceKey.of(key(3), KeyState.PREVIOUS).withNotAfter(NOW.plusSeconds(10)),
                            DeviceKey.of(key(4), KeyState.RETIRED),
                            DeviceKey.of(key(5), KeyState.RETIRED)),
                    99);
            DeviceRecord revoked = DeviceRecord.of(TABLET, DeviceStatus.REVOKED, List.of(DeviceKey.current(key(6))), 0);
            DeviceRecord pending =
                    DeviceRecord.of(device(1), DeviceStatus.PENDING, List.of(DeviceKey.current(key(7))), 0);
            DeviceRecord invalidated = DeviceRecord.of(
                    device(2),
                    DeviceStatus.ACTIVE,
                    List.of(DeviceKey.of(key(8), KeyState.INVALIDATED).withNotAfter(NOW.plusSeconds(5))),
                    0);
            assertEquals(new Result(4, 0, 0), run(3, List.of(whole, revoked, pending, invalidated)));
            assertEquals(
                    DeviceRecord.of(PHONE, DeviceStatus.ACTIVE, whole.keys().subList(0, 3), 1),
                    await(store.keys().find(PHONE)).orElseThrow());
            for (int retired = 4; retired <= 5; retired++) {
                assertEquals(
                        Optional.of(KeyOwner.of(PHONE, KeyState.RETIRED)),
                        await(store.registry().findByKey(key(retired))));
            }
            assertEquals(
                    revoked.withVersion(2), await(store.keys().find(TABLET)).orElseThrow());
            assertEquals(
                    pending.withVersion(3), await(store.keys().find(device(1))).orElseThrow());
            assertEquals(
                    invalidated.withVersion(4),
                    await(store.keys().find(device(2))).orElseThrow());
            assertTrue(await(store.keys().confirm(PHONE, key(2), NOW)), "the rotation that was under way ends");
            assertEquals(
                    Outcome.KEY_USED_BEFORE,
                    await(store.registry().replace(PHONE, key(4))).outcome());
            assertEquals(
                    Outcome.CHANGED, await(store.registry().activate(device(1))).outcome());
            assertEquals(new Result(0, 4, 0), run(3, List.of(whole, revoked, pending, invalidated)));
        }

        @Test
        void anAttestationIsNotKept() {
            DeviceRecord attested = DeviceRecord.of(
                    PHONE,
                    DeviceStatus.ACTIVE,
                    List.of(DeviceKey.current(key(1)).withAttestation(KeyAttestation.ATTESTED)),
                    0);
            assertEquals(new Result(1, 0, 0), run(3, List.of(attested)));
            assertEquals(
                    Optional.of(DeviceRecord.active(PHONE, key(1), 1)),
                    await(store.keys().find(PHONE)));
        }

        @Test
        void whatIsRefusedIsToldAndKeepsNothingBack() throws Exception {
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(store.registry().register(TABLET, key(2), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(store.registry().register(device(90), key(90), DeviceStatus.ACTIVE))
                    .isChange());
            Fixtures.execute(
                    pool, "DELETE FROM countersign_device WHERE version = 3"); // erased on request: its key stays used
            DeviceRecord phone = await(store.keys().find(PHONE)).orElseThrow();
            List<DeviceRecord> fleet = List.of(
                    active(10),
                    DeviceRecord.active(PHONE, key(1), 0), // 1: there
                    DeviceRecord.active(TABLET, key(11), 0), // 2: there with another key
                    DeviceRecord.active(device(12), key(2), 0), // 3: a stored device's key
                    DeviceRecord.active(device(13), key(10), 0), // 4: a key of this batch
                    active(14),
                    active(10), // 6: the same again
                    DeviceRecord.active(device(10), key(15), 0), // 7: and with another key
                    DeviceRecord.of(PHONE, DeviceStatus.REVOKED, List.of(DeviceKey.current(key(1))), 0), // 8
                    active(90), // 9: erased
                    DeviceRecord.active(device(16), key(14), 0), // 10: a key of an earlier batch
                    active(17),
                    DeviceRecord.active(new DeviceIdentity("com.Acme.app", "device-17"), key(18), 0), // another app
                    DeviceRecord.active(new DeviceIdentity("com.acme.app", "Device-17"), key(19), 0)); // another id
            assertEquals(new Result(5, 2, 7), run(8, fleet));
            assertEquals(
                    List.of(
                            new Refusal(2, TABLET, Outcome.DEVICE_EXISTS),
                            new Refusal(3, device(12), Outcome.KEY_IN_USE),
                            new Refusal(4, device(13), Outcome.KEY_IN_USE),
                            new Refusal(7, device(10), Outcome.DEVICE_EXISTS),
                            new Refusal(8, PHONE, Outcome.DEVICE_EXISTS),
                            new Refusal(9, device(90), Outcome.KEY_USED_BEFORE),
                            new Refusal(10, device(16), Outcome.KEY_IN_USE)),
                    refusals);
            assertEquals(phone, await(store.keys().find(PHONE)).orElseThrow(), "what is there stays as it is");
            assertEquals(Optional.empty(), await(store.registry().findByKey(key(11))));
            assertEquals(Optional.empty(), await(store.registry().findByKey(key(15))));
            assertEquals(8, await(store.keys().cursor()), "what changed nothing has no version");
            assertFalse(refusals.get(0).toString().contains(TABLET.deviceId()), "a refusal shows no whole device id");
        }

        @Test
        void runningAgainIsHarmless() {
            assertEquals(new Result(25, 0, 0), run(10, fleet(0, 25)));
            assertTrue(
                    await(store.registry().rotate(device(3), key(100), key(3))).isChange());
            assertTrue(await(store.keys().confirm(device(3), key(100), NOW)));
            assertTrue(await(store.registry().replace(device(4), key(101))).isChange());
            assertTrue(await(store.registry().revoke(device(5))).isChange());
            DeviceChanges before = await(store.keys().changesSince(0));
            assertEquals(new Result(5, 25, 0), run(10, fleet(0, 30)));
            assertEquals(List.of(), refusals);
            for (DeviceRecord record : before.records()) {
                assertEquals(Optional.of(record), await(store.keys().find(record.identity())));
            }
        }

        @Test
        void anImportThatWasCutShortIsRunAgain() {
            AtomicInteger commits = new AtomicInteger();
            AtomicBoolean broken = new AtomicBoolean();
            DataSource failing = FaultyDataSource.wrap(pool, method -> {
                if (broken.get() && method.equals("commit") && commits.incrementAndGet() == 3) {
                    throw new SQLException("cut", "08006");
                }
            });
            JdbcKeyStore faulty =
                    JdbcKeyStore.builder(failing).executor(Runnable::run).build();
            broken.set(true);
            List<Long> progress = new ArrayList<>();
            FleetImport cut = FleetImport.into(faulty).batchSize(10).onProgress(progress::add);
            JdbcKeyStoreException failure = assertThrows(
                    JdbcKeyStoreException.class, () -> cut.run(fleet(0, 50).iterator()));
            assertEquals(
                    "the outcome of the change is unknown, for the commit was not answered: repeat it."
                            + " The commit failed in the database: SQLException, SQLState 08006, error code 0: cut",
                    message(failure));
            assertEquals(List.of(10L, 20L), progress);
            assertEquals(20, await(store.keys().cursor()), "whole batches or nothing of them");
            assertEquals(new Result(30, 20, 0), cut.run(fleet(0, 50).iterator()));

            Iterator<DeviceRecord> runsDry = new Iterator<>() {
                private int next = 50;

                @Override
                public boolean hasNext() {
                    return true;
                }

                @Override
                public DeviceRecord next() {
                    if (next == 75) {
                        throw new NoSuchElementException("the source failed");
                    }
                    return active(next++);
                }
            };
            assertThrows(NoSuchElementException.class, () -> cut.run(runsDry));
            assertEquals(70, await(store.keys().cursor()));
        }

        @Test
        void lookupsDoNotWaitForABatchAndWritersForOneOnly() throws Exception {
            assertTrue(await(store.registry().register(PHONE, key(1_000_000), DeviceStatus.ACTIVE))
                    .isChange());
            CountDownLatch inCommit = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            AtomicInteger commits = new AtomicInteger();
            DataSource slow = FaultyDataSource.wrap(pool, method -> {
                if (method.equals("commit") && commits.incrementAndGet() == 2) {
                    inCommit.countDown();
                    assertTrue(release.await(60, TimeUnit.SECONDS));
                }
            });
            JdbcKeyStore importing =
                    JdbcKeyStore.builder(slow).executor(Runnable::run).build();
            AtomicBoolean written = new AtomicBoolean();
            AtomicBoolean waitedForAll = new AtomicBoolean();
            // From JDK 25 on the common pool has but one thread on two cores, and the writer would wait for the
            // import's.
            ExecutorService threads = Executors.newFixedThreadPool(2);
            CompletableFuture<Result> running = CompletableFuture.supplyAsync(
                    () -> FleetImport.into(importing)
                            .batchSize(5)
                            .onProgress(done -> waitedForAll.set(done > 1000 && !written.get()))
                            .run(new Endless(written)),
                    threads);
            assertTrue(inCommit.await(60, TimeUnit.SECONDS));
            assertTrue(await(store.keys().find(PHONE)).isPresent());
            assertTrue(await(store.keys().find(device(2))).isPresent(), "of the first batch");
            assertTrue(await(store.keys().find(device(7))).isEmpty(), "of the batch that is open");
            assertEquals(6, await(store.keys().changesSince(0)).cursor());
            CompletableFuture<Boolean> writer = CompletableFuture.supplyAsync(
                    () -> {
                        boolean changed = await(store.registry().register(TABLET, key(2_000_000), DeviceStatus.ACTIVE))
                                .isChange();
                        written.set(true);
                        return changed;
                    },
                    threads);
            threads.shutdown(); // what it has been given still runs
            release.countDown();
            assertTrue(await(writer));
            Result result = await(running);
            assertFalse(waitedForAll.get(), "the import went on and on, and the writer waited");
            assertEquals(0, result.refused());
        }

        /** A fleet that goes on until the writer is through, and not for ever. */
        private static final class Endless implements Iterator<DeviceRecord> {
            private final AtomicBoolean written;
            private int next;

            Endless(AtomicBoolean written) {
                this.written = written;
            }

            @Override
            public boolean hasNext() {
                return next < 15 || (!written.get() && next < 3000);
            }

            @Override
            public DeviceRecord next() {
                return active(next++);
            }
        }

        @Test
        void importersAndRegistrationsAtOnceShareTheFleet() throws Exception {
            int fleet = 600;
            int registered = 150;
            List<DeviceRecord> all = fleet(0, fleet);
            AtomicBoolean over = new AtomicBoolean();
            CyclicBarrier barrier = new CyclicBarrier(6);
            ExecutorService threads = Executors.newFixedThreadPool(6);
            try (HikariDataSource otherPool = database.pool(4)) {
                JdbcKeyStore other = Fixtures.inline(otherPool);
                List<Future<Result>> importers = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    int seed = i;
                    importers.add(threads.submit(() -> {
                        List<DeviceRecord> order = new ArrayList<>(all);
                        Collections.rotate(order, seed * 200);
                        barrier.await(60, TimeUnit.SECONDS);
                        return FleetImport.into(seed == 1 ? other : store)
                                .batchSize(20 + seed)
                                .run(order.iterator());
                    }));
                }
                List<Future<Integer>> writers = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    int first = i;
                    writers.add(threads.submit(() -> {
                        barrier.await(60, TimeUnit.SECONDS);
                        int created = 0;
                        for (int n = 0; n < registered; n++) {
                            int number = (fleet / 2 + first * registered + n) % fleet;
                            Outcome outcome = await((first == 0 ? store : other)
                                            .registry()
                                            .register(device(number), key(number), DeviceStatus.ACTIVE))
                                    .outcome();
                            assertTrue(outcome == Outcome.CREATED || outcome == Outcome.UNCHANGED, outcome.name());
                            created += outcome == Outcome.CREATED ? 1 : 0;
                        }
                        return created;
                    }));
                }
                Future<Map<DeviceIdentity, Long>> reader = threads.submit(() -> {
                    Map<DeviceIdentity, Long> told = new HashMap<>();
                    long cursor = 0;
                    barrier.await(60, TimeUnit.SECONDS);
                    while (true) {
                        boolean last = over.get();
                        DeviceChanges changes = await(other.keys().changesSince(cursor));
                        for (DeviceRecord record : changes.records()) {
                            assertTrue(record.version() > cursor, "out of order");
                            cursor = record.version();
                            told.put(record.identity(), record.version());
                        }
                        if (last && changes.records().isEmpty()) {
                            return told;
                        }
                    }
                });
                long imported = 0;
                for (Future<Result> importer : importers) {
                    Result result = importer.get(120, TimeUnit.SECONDS);
                    assertEquals(0, result.refused());
                    assertEquals(fleet, result.imported() + result.alreadyThere());
                    imported += result.imported();
                }
                long created = 0;
                for (Future<Integer> writer : writers) {
                    created += writer.get(120, TimeUnit.SECONDS);
                }
                over.set(true);
                assertEquals(fleet, imported + created, "each device once");
                assertEquals(fleet, await(store.keys().cursor()));
                Map<DeviceIdentity, Long> told = reader.get(60, TimeUnit.SECONDS);
                assertEquals(fleet, told.size(), "the feed passed a batch that committed late");
                for (int i = 0; i < fleet; i += 7) {
                    assertEquals(
                            told.get(device(i)),
                            await(store.keys().find(device(i))).orElseThrow().version());
                }
                assertEquals(
                        List.of(List.of(String.valueOf(fleet), String.valueOf(fleet))),
                        rows(pool, "SELECT COUNT(*), COUNT(DISTINCT device_id) FROM countersign_audit"));
            } finally {
                threads.shutdownNow();
            }
        }

        /** A writer that does not know our lock takes a key of the batch between our look and our insert. */
        @Test
        void aRaceLostToSomebodyWithoutTheLockRefusesOneDevice() {
            AtomicBoolean armed = new AtomicBoolean();
            DataSource raced = FaultyDataSource.wrap(pool, method -> {
                if (method.equals("executeUpdate") && armed.getAndSet(false)) {
                    try (Connection stranger = database.dataSource().getConnection();
                            PreparedStatement insert =
                                    stranger.prepareStatement("INSERT INTO countersign_key VALUES (?, "
                                            + database.bytes("61") + ", " + database.bytes("62")
                                            + ", 'CURRENT', 1, NULL)")) {
                        insert.setBytes(1, key(3).toPoint());
                        assertEquals(1, insert.executeUpdate());
                    }
                }
            });
            JdbcKeyStore racing =
                    JdbcKeyStore.builder(raced).executor(Runnable::run).build();
            armed.set(true);
            Result result = FleetImport.into(racing)
                    .onRefusal(refusals::add)
                    .run(fleet(0, 10).iterator());
            assertEquals(new Result(9, 0, 1), result);
            assertEquals(List.of(new Refusal(3, device(3), Outcome.KEY_IN_USE)), refusals, "told once");
        }

        @Test
        void aBatchMayBeLargerThanAStatement() {
            assertEquals(new Result(2100, 0, 0), run(10_000, fleet(0, 2100)));
            assertEquals(new Result(0, 2100, 0), run(10_000, fleet(0, 2100)));
            assertEquals(
                    2100, await(store.keys().find(device(2099))).orElseThrow().version());
        }
    }

    @Test
    void nothingIsImportedIntoAClosedStoreOrByAnInterruptedThread() {
        JdbcKeyStore store = Fixtures.inline(Fixtures.memory());
        FleetImport fleetImport = FleetImport.into(store).batchSize(1);
        assertEquals(new Result(0, 0, 0), fleetImport.run(Collections.emptyIterator()));
        Thread.currentThread().interrupt();
        JdbcKeyStoreException interrupted = assertThrows(
                JdbcKeyStoreException.class, () -> fleetImport.run(fleet(0, 2).iterator()));
        assertTrue(Thread.interrupted(), "an interrupt is kept");
        assertEquals("the thread was interrupted between two batches of an import", message(interrupted));
        assertThrows(
                IllegalStateException.class,
                () -> fleetImport
                        .onProgress(done -> {
                            throw new IllegalStateException("stop");
                        })
                        .run(fleet(0, 2).iterator()));
        assertEquals(1, await(store.keys().cursor()));
        store.close();
        JdbcKeyStoreException closed = assertThrows(
                JdbcKeyStoreException.class, () -> fleetImport.run(fleet(0, 2).iterator()));
        assertEquals("the key store is closed", message(closed));
        assertThrows(IllegalArgumentException.class, () -> fleetImport.batchSize(0));
        assertThrows(IllegalArgumentException.class, () -> fleetImport.batchSize(10_001));
    }
}

package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.NOW;
import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.DeviceChanges;
import dev.countersign.api.DeviceRecord;
import dev.countersign.api.DeviceStatus;
import dev.countersign.api.KeyOwner;
import dev.countersign.api.KeyState;
import dev.countersign.api.RegistryResult;
import dev.countersign.api.RegistryResult.Outcome;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class JdbcKeyStoreConcurrencyTest {
    private static final int THREADS = 16;

    private final JdbcDataSource database = Fixtures.memory();
    private final JdbcConnectionPool pool = Fixtures.pooled(database);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @TempDir
    Path folder = Path.of("");

    @AfterEach
    void dropDatabase() throws Exception {
        threads.shutdownNow();
        pool.dispose();
        Fixtures.execute(database, "SHUTDOWN");
    }

    @Test
    void oneKeyForSixteenDevicesGoesToOne() throws Exception {
        oneKeyForSixteenDevicesGoesToOne(Fixtures.inline(pool), Fixtures.inline(pool), 20);
    }

    @Test
    void oneKeyForSixteenDevicesGoesToOneInAFileBehindHikari() throws Exception {
        HikariConfig config = new HikariConfig();
        config.setDataSource(Fixtures.h2("jdbc:h2:file:" + folder.resolve("keys")));
        config.setMaximumPoolSize(10);
        try (HikariDataSource hikari = new HikariDataSource(config)) {
            oneKeyForSixteenDevicesGoesToOne(Fixtures.inline(hikari), Fixtures.inline(hikari), 10);
        }
    }

    /** Two stores, as on two nodes. */
    private void oneKeyForSixteenDevicesGoesToOne(JdbcKeyStore one, JdbcKeyStore other, int rounds) throws Exception {
        for (int round = 0; round < rounds; round++) {
            int first = round * THREADS;
            int number = round;
            List<RegistryResult> results = race(i -> () ->
                    await((i % 2 == 0 ? one : other).register(device(first + i), key(number), DeviceStatus.ACTIVE)));
            List<Outcome> outcomes =
                    results.stream().map(RegistryResult::outcome).toList();
            assertEquals(1, Collections.frequency(outcomes, Outcome.CREATED), "round " + round + ": " + outcomes);
            assertEquals(
                    THREADS - 1,
                    Collections.frequency(outcomes, Outcome.KEY_IN_USE),
                    "round " + round + ": " + outcomes);
            int winner = first + outcomes.indexOf(Outcome.CREATED);
            assertEquals(
                    Optional.of(new KeyOwner(device(winner), KeyState.CURRENT)), await(one.findByKey(key(number))));
            for (int i = first; i < first + THREADS; i++) {
                assertEquals(i == winner, await(one.find(device(i))).isPresent());
            }
        }
    }

    @Test
    void rotationsAndConfirmationsAtOnceLeaveAConsistentRecord() throws Exception {
        JdbcKeyStore store = Fixtures.inline(pool);
        for (int round = 0; round < 20; round++) {
            int first = 1000 * round;
            int number = round;
            assertTrue(await(store.register(device(number), key(first), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(store.rotate(device(number), key(first + 1), key(first)))
                    .isChange());
            // Half confirm the waiting key, half name another one: either comes first.
            List<Boolean> changes = race(i -> () -> i % 2 == 0
                    ? await(store.confirm(device(number), key(first + 1), NOW))
                    : await(store.rotate(device(number), key(first + 1 + i), key(first)))
                            .isChange());
            DeviceRecord record = await(store.find(device(number))).orElseThrow();
            boolean confirmed = record.key(KeyState.PREVIOUS).isPresent();
            long confirmations = 0;
            for (int i = 0; i < THREADS; i += 2) {
                confirmations += changes.get(i) ? 1 : 0;
            }
            assertEquals(confirmed ? 1 : 0, confirmations, "round " + round + ": " + changes);
            assertEquals(
                    confirmed ? key(first + 1) : key(first),
                    record.key(KeyState.CURRENT).orElseThrow().publicKey());
            long changed = changes.stream().filter(change -> change).count();
            assertEquals(
                    List.of(List.of(String.valueOf(changed + 2))),
                    rows(
                            pool,
                            "SELECT COUNT(*) FROM countersign_audit WHERE device_id = X'"
                                    + HexFormat.of()
                                            .formatHex(device(number).deviceId().getBytes(StandardCharsets.US_ASCII))
                                    + "'"));
        }
    }

    /** Versions are given under the counter's lock, so each is in the feed before a later one is. */
    @Test
    void theFeedDoesNotPassATransactionThatCommitsLate() throws Exception {
        CountDownLatch inCommit = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        AtomicBoolean hold = new AtomicBoolean();
        DataSource slow = FaultyDataSource.wrap(pool, method -> {
            if (hold.get() && method.equals("commit")) {
                inCommit.countDown();
                assertTrue(release.await(60, TimeUnit.SECONDS));
            }
        });
        JdbcKeyStore plain = Fixtures.inline(pool);
        JdbcKeyStore late = Fixtures.inline(slow);
        hold.set(true);
        CompletableFuture<RegistryResult> first =
                CompletableFuture.supplyAsync(() -> await(late.register(PHONE, key(1), DeviceStatus.ACTIVE)), threads);
        assertTrue(inCommit.await(60, TimeUnit.SECONDS));
        CompletableFuture<RegistryResult> second = CompletableFuture.supplyAsync(
                () -> await(plain.register(TABLET, key(2), DeviceStatus.ACTIVE)), threads);
        awaitBlockedOrDone(second);
        DeviceChanges early = await(plain.changesSince(0));
        assertEquals(List.of(), early.records());
        assertTrue(await(plain.find(PHONE)).isEmpty(), "a lookup waits for nobody and sees what is committed");
        release.countDown();
        assertTrue(await(first).isChange());
        assertTrue(await(second).isChange());
        List<DeviceRecord> told = await(plain.changesSince(early.cursor())).records();
        assertEquals(
                List.of(PHONE, TABLET),
                told.stream().map(DeviceRecord::identity).toList());
    }

    @Test
    void aReaderThatFollowsManyWritersSeesEveryVersionInItsOrder() throws Exception {
        JdbcKeyStore store = Fixtures.inline(pool);
        JdbcKeyStore reader = JdbcKeyStore.builder(pool)
                .executor(Runnable::run)
                .changesPerPage(7)
                .build();
        int each = 60;
        AtomicBoolean written = new AtomicBoolean();
        Future<TreeSet<Long>> seen = threads.submit(() -> {
            TreeSet<Long> versions = new TreeSet<>();
            long cursor = 0;
            while (true) {
                boolean last = written.get();
                DeviceChanges page = await(reader.changesSince(cursor));
                for (DeviceRecord record : page.records()) {
                    assertTrue(record.version() > cursor, "out of order");
                    cursor = record.version();
                    assertTrue(versions.add(record.version()));
                }
                assertEquals(cursor, page.cursor());
                if (last && page.records().isEmpty()) {
                    return versions;
                }
            }
        });
        List<Boolean> done = race(i -> () -> {
            for (int n = 0; n < each; n++) {
                int number = i * each + n;
                assertTrue(await(store.register(device(number), key(number), DeviceStatus.ACTIVE))
                        .isChange());
            }
            return true;
        });
        written.set(true);
        assertEquals(Collections.nCopies(THREADS, true), done);
        TreeSet<Long> versions = seen.get(60, TimeUnit.SECONDS);
        assertEquals(THREADS * each, versions.size(), "each device changed once, so each version is told");
        assertEquals(THREADS * (long) each, versions.last());
    }

    /** A snapshot from before the wait for the lock would not show what its holder wrote. */
    @Test
    void aWaitingWriterSeesWhatTheOneBeforeItWroteWhateverTheDefaultIsolation() throws Exception {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database);
        config.setMaximumPoolSize(4);
        config.setAutoCommit(false);
        config.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
        try (HikariDataSource strict = new HikariDataSource(config)) {
            CountDownLatch inCommit = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            AtomicBoolean hold = new AtomicBoolean();
            AtomicInteger connections = new AtomicInteger();
            JdbcKeyStore late = Fixtures.inline(FaultyDataSource.wrap(pool, method -> {
                if (hold.get() && method.equals("commit")) {
                    inCommit.countDown();
                    assertTrue(release.await(60, TimeUnit.SECONDS));
                }
            }));
            JdbcKeyStore waiting = Fixtures.inline(FaultyDataSource.wrap(strict, method -> {
                if (method.equals("getConnection")) {
                    connections.incrementAndGet();
                }
            }));
            hold.set(true);
            CompletableFuture<RegistryResult> first = CompletableFuture.supplyAsync(
                    () -> await(late.register(PHONE, key(1), DeviceStatus.ACTIVE)), threads);
            assertTrue(inCommit.await(60, TimeUnit.SECONDS));
            connections.set(0);
            CompletableFuture<RegistryResult> second = CompletableFuture.supplyAsync(
                    () -> await(waiting.register(TABLET, key(1), DeviceStatus.ACTIVE)), threads);
            awaitBlockedOrDone(second);
            release.countDown();
            assertEquals(Outcome.CREATED, await(first).outcome());
            assertEquals(Outcome.KEY_IN_USE, await(second).outcome());
            assertEquals(1, connections.get(), "the first attempt has the right answer");
        }
    }

    @Test
    void aConnectionGoesBackAsItCame() throws Exception {
        JdbcSchema.createIfMissing(pool);
        try (Connection only = database.getConnection()) {
            DataSource lending = (DataSource) Proxy.newProxyInstance(
                    getClass().getClassLoader(),
                    new Class<?>[] {DataSource.class},
                    (self, method, args) -> Proxy.newProxyInstance(
                            getClass().getClassLoader(),
                            new Class<?>[] {Connection.class},
                            (connection, call, values) ->
                                    call.getName().equals("close") ? null : call.invoke(only, values)));
            JdbcKeyStore store = Fixtures.inline(lending);
            for (boolean autoCommit : new boolean[] {true, false}) {
                only.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
                only.setAutoCommit(autoCommit);
                assertTrue(
                        await(store.register(device(autoCommit ? 1 : 2), key(autoCommit ? 1 : 2), DeviceStatus.ACTIVE))
                                .isChange());
                assertTrue(await(store.find(device(1))).isPresent());
                assertEquals(autoCommit, only.getAutoCommit());
                assertEquals(Connection.TRANSACTION_SERIALIZABLE, only.getTransactionIsolation());
            }
            only.rollback();
            assertTrue(await(Fixtures.inline(pool).find(device(2))).isPresent(), "committed");
        }
    }

    /** A writer that does not know our lock: an import, say. The unique constraint decides, and the answer is right. */
    @Test
    void aRaceLostToSomebodyWithoutTheLockHasTheRightOutcome() throws Exception {
        AtomicBoolean armed = new AtomicBoolean();
        DataSource raced = FaultyDataSource.wrap(pool, method -> {
            // The store has looked for the key's owner and found none.
            if (method.equals("executeUpdate") && armed.getAndSet(false)) {
                try (Connection stranger = database.getConnection();
                        PreparedStatement insert = stranger.prepareStatement(
                                "INSERT INTO countersign_key VALUES (?, X'61', X'62', 'CURRENT', 1, NULL)")) {
                    insert.setBytes(1, key(1).toPoint());
                    assertEquals(1, insert.executeUpdate());
                }
            }
        });
        JdbcKeyStore store = Fixtures.inline(raced);
        armed.set(true);
        assertEquals(
                Outcome.KEY_IN_USE,
                await(store.register(PHONE, key(1), DeviceStatus.ACTIVE)).outcome());
        assertFalse(armed.get());
        assertTrue(await(store.find(PHONE)).isEmpty());
        assertEquals(List.of(List.of("0")), rows(pool, "SELECT version FROM countersign_counter"));
    }

    @Test
    void theDatabaseAllowsOneLiveKeyOfAKind() throws Exception {
        JdbcKeyStore store = Fixtures.inline(pool);
        assertTrue(await(store.register(PHONE, key(1), DeviceStatus.ACTIVE)).isChange());
        String copy = "INSERT INTO countersign_key SELECT X'" + "05".repeat(65)
                + "', app_id, device_id, state, slot, not_after_ms FROM countersign_key";
        SQLException violation = assertThrows(SQLException.class, () -> Fixtures.execute(pool, copy));
        assertEquals("23505", violation.getSQLState());
    }

    private <T> List<T> race(IntFunction<Callable<T>> calls) throws Exception {
        CyclicBarrier barrier = new CyclicBarrier(THREADS);
        List<Future<T>> running = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Callable<T> call = calls.apply(i);
            running.add(threads.submit(() -> {
                barrier.await(60, TimeUnit.SECONDS);
                return call.call();
            }));
        }
        List<T> answers = new ArrayList<>();
        for (Future<T> one : running) {
            answers.add(one.get(120, TimeUnit.SECONDS));
        }
        return answers;
    }

    /** Until H2 says that a session waits for another one, or the call is over. */
    private void awaitBlockedOrDone(CompletableFuture<?> call) throws Exception {
        for (int i = 0; i < 1_000_000 && !call.isDone(); i++) {
            if (!rows(database, "SELECT 1 FROM INFORMATION_SCHEMA.SESSIONS WHERE BLOCKER_ID IS NOT NULL")
                    .isEmpty()) {
                return;
            }
            Thread.onSpinWait();
        }
        assertTrue(call.isDone(), "neither blocked nor done");
    }
}

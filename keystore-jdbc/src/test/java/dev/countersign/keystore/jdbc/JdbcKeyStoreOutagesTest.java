package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.failure;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.servers.DatabaseServer;
import dev.countersign.servers.TcpProxy;
import dev.countersign.testkit.MutableClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real server that stops, dies or is cut off, also in the middle of a change. */
@Timeout(300)
class JdbcKeyStoreOutagesTest {
    /** Calls that get no answer wait for it, and build() must get its answers in it on a busy machine. */
    private static final Duration STATEMENT_LIMIT = Duration.ofSeconds(2);

    @Nested
    class OfPostgreSql extends Cases {
        OfPostgreSql() {
            super(Vendor.POSTGRESQL);
        }

        /** Its transaction holds the counter's lock; PostgreSQL ends it, although its connection is alive. */
        @Test
        void aNodeThatStopsInTheMiddleOfAChangeHoldsOthersUpForALimitedTime() throws Exception {
            CountDownLatch inCommit = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            AtomicBoolean stop = new AtomicBoolean();
            JdbcKeyStore stopping = JdbcKeyStore.builder(FaultyDataSource.wrap(direct, method -> {
                        if (stop.get() && method.equals("commit")) {
                            inCommit.countDown();
                            assertTrue(release.await(60, TimeUnit.SECONDS));
                        }
                    }))
                    .executor(Runnable::run)
                    .statementTimeLimit(STATEMENT_LIMIT)
                    .build();
            stop.set(true);
            CompletableFuture<JdbcKeyStoreException> stopped = CompletableFuture.supplyAsync(
                    () -> failure(stopping.registry().register(PHONE, key(1), DeviceStatus.ACTIVE)));
            assertTrue(inCommit.await(60, TimeUnit.SECONDS));
            JdbcKeyStore patient = Fixtures.inline(direct);
            assertTrue(await(patient.registry().register(TABLET, key(2), DeviceStatus.ACTIVE))
                    .isChange());
            release.countDown();
            await(stopped);
            assertTrue(await(patient.keys().find(PHONE)).isEmpty(), "its change is gone");
            assertEquals(1, await(patient.keys().cursor()));
        }
    }

    @Nested
    class OfMariaDb extends Cases {
        OfMariaDb() {
            super(Vendor.MARIADB);
        }
    }

    abstract static class Cases {
        private final DatabaseServer server;
        private final Vendor.Database database;
        private final TcpProxy proxy;

        /** Past the proxy, to see what is there. */
        final HikariDataSource direct;

        private final HikariDataSource pool;

        Cases(Vendor vendor) {
            this.server = vendor.server();
            this.database = vendor.fresh();
            this.proxy = TcpProxy.to(server.port());
            this.direct = database.pool(4);
            JdbcSchema.createIfMissing(direct);
            this.pool = through(proxy, 3);
        }

        private HikariDataSource through(TcpProxy way, int size) {
            return Vendor.Database.pool(database.dataSource(way.port()), size, settings -> {
                settings.setConnectionTimeout(1000);
                settings.setValidationTimeout(500);
            });
        }

        @AfterEach
        void dropDatabase() {
            proxy.restore();
            pool.close();
            direct.close();
            proxy.close();
            database.close();
        }

        private JdbcKeyStore.Builder store() {
            return JdbcKeyStore.builder(pool).statementTimeLimit(STATEMENT_LIMIT);
        }

        @Test
        void aServerThatIsStoppedHoldsNoThread() throws Exception {
            holdsNoThread(server::pause, server::resume);
        }

        @Test
        void answersThatNeverComeHoldNoThread() throws Exception {
            holdsNoThread(proxy::holdAnswers, proxy::restore);
        }

        private void holdsNoThread(Runnable stop, Runnable goOn) throws Exception {
            try (JdbcKeyStore store = store().threads(3).build()) {
                List<CompletionStage<?>> before = new ArrayList<>();
                for (int i = 0; i < 6; i++) {
                    before.add(store.registry().register(device(i), key(i), DeviceStatus.ACTIVE));
                }
                before.forEach(Fixtures::await);
                stop.run();
                try {
                    List<CompletionStage<?>> calls = new ArrayList<>();
                    for (int i = 0; i < 3; i++) {
                        calls.add(store.keys().find(device(i)));
                        calls.add(store.registry().revoke(device(3 + i)));
                    }
                    for (CompletionStage<?> call : calls) {
                        failure(call); // three threads, six calls: each gave its thread back
                    }
                } finally {
                    goOn.run();
                }
                awaitRecovery(store);
                for (int i = 0; i < 6; i++) {
                    // The server may have heard of a revocation whose caller gave up.
                    DeviceRecord record = await(store.keys().find(device(i))).orElseThrow();
                    assertTrue(record.status() == DeviceStatus.ACTIVE || i >= 3);
                    assertEquals(key(i), record.keys().get(0).publicKey());
                }
            }
        }

        @Test
        void aServerThatIsKilledAndComesBackIsUsedAgain() throws Exception {
            MutableClock clock = MutableClock.atSecond(1_800_000_000L);
            try (JdbcKeyStore store = store().threads(3).clock(clock).build()) {
                assertEquals(Optional.of(clock.instant()), store.status().since());
                DeviceRecord phone = await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                        .record()
                        .orElseThrow();
                server.kill();
                clock.advanceSeconds(1);
                Instant killed = clock.instant();
                String first = String.valueOf(failure(store.keys().find(PHONE)).getMessage());
                clock.advanceSeconds(1);
                failure(store.registry().register(TABLET, key(2), DeviceStatus.ACTIVE));
                assertEquals(
                        StoreStatus.Availability.UNAVAILABLE, store.status().availability());
                assertEquals(Optional.of(killed), store.keys().status().since(), "since the first failure");
                assertEquals(first, store.keys().status().reason());
                server.restart();
                awaitRecovery(store);
                assertTrue(store.keys().status().isAvailable());
                assertEquals(Optional.of(clock.instant()), store.keys().status().since());
                assertEquals(phone, await(store.keys().find(PHONE)).orElseThrow(), "what was committed");
                assertTrue(await(store.keys().find(TABLET)).isEmpty());
                assertEquals(
                        Outcome.CREATED,
                        await(store.registry().register(TABLET, key(2), DeviceStatus.ACTIVE))
                                .outcome());
                assertEquals(2, await(store.keys().cursor()));
            }
        }

        /** The connection breaks before each single call of JDBC that a change makes. */
        @Test
        void aChangeWhoseConnectionBreaksIsWholeOrAbsent() throws Exception {
            AtomicInteger countdown = new AtomicInteger(-1);
            DataSource cutting = FaultyDataSource.wrap(pool, method -> {
                if (countdown.getAndDecrement() == 0) {
                    proxy.cut();
                }
            });
            JdbcKeyStore store =
                    JdbcKeyStore.builder(cutting).executor(Runnable::run).build();
            JdbcKeyStore plain = Fixtures.inline(direct);
            int failures = 0;
            boolean reached = true;
            int rounds = 0;
            for (int n = 0; reached; n++) {
                assertTrue(n < 1000, "the change never comes to its end");
                rounds++;
                int number = n;
                int first = 3 * n;
                countdown.set(n);
                CompletionStage<RegistryResult> created =
                        store.registry().register(device(n), key(first), DeviceStatus.ACTIVE);
                reached = countdown.get() < 0;
                failures += assertWholeOrAbsent(plain, n, 0, created) ? 0 : 1;
                countdown.set(-1);
                RegistryResult again =
                        eventually(() -> store.registry().register(device(number), key(first), DeviceStatus.ACTIVE));
                assertTrue(again.outcome() == Outcome.CREATED || again.outcome() == Outcome.UNCHANGED);

                countdown.set(n);
                CompletionStage<RegistryResult> rotated =
                        store.registry().rotate(device(n), key(first + 1), key(first));
                reached |= countdown.get() < 0;
                failures += assertWholeOrAbsent(plain, n, 1, rotated) ? 0 : 1;
                countdown.set(-1);
                RegistryResult repeated =
                        eventually(() -> store.registry().rotate(device(number), key(first + 1), key(first)));
                assertTrue(repeated.outcome() == Outcome.CHANGED || repeated.outcome() == Outcome.UNCHANGED);
                assertEquals(2, audits(n), "one row for each change, however often it was asked for");
            }
            assertEquals(2L * rounds, await(plain.keys().cursor()));
            assertTrue(failures > 20, "calls that failed: " + failures);
            assertTrue(proxy.cuts() > 20, "cuts: " + proxy.cuts());
        }

        /** Whether the call succeeded; whatever it did, it did it wholly. */
        private boolean assertWholeOrAbsent(
                JdbcKeyStore plain, int number, int changesBefore, CompletionStage<RegistryResult> call)
                throws Exception {
            boolean succeeded = !call.toCompletableFuture().isCompletedExceptionally();
            int keys = await(plain.keys().find(device(number)))
                    .map(record -> record.keys().size())
                    .orElse(0);
            boolean made = keys == changesBefore + 1;
            assertTrue(made || keys == changesBefore, "half a change");
            assertTrue(made || !succeeded, "a success without the change");
            assertEquals(keys, audits(number));
            assertEquals(
                    2L * number + keys,
                    await(plain.keys().cursor()),
                    "a version without a change, or the other way round");
            return succeeded;
        }

        @Test
        void aCommitWhoseAnswerIsLostWasMadeAndRepeatingItEndsWell() throws Exception {
            AtomicBoolean armed = new AtomicBoolean();
            DataSource losing = FaultyDataSource.wrap(pool, method -> {
                if (method.equals("commit") && armed.getAndSet(false)) {
                    proxy.loseAnswers(1);
                }
            });
            JdbcKeyStore store =
                    JdbcKeyStore.builder(losing).executor(Runnable::run).build();
            JdbcKeyStore plain = Fixtures.inline(direct);
            int expected = 0;
            for (Change change : List.of(
                    new Change("register", s -> s.registry().register(device(0), key(0), DeviceStatus.ACTIVE)),
                    new Change("rotate", s -> s.registry().rotate(device(0), key(1), key(0))),
                    new Change("replace", s -> s.registry().replace(device(0), key(2))),
                    new Change("invalidate", s -> s.registry().invalidate(device(0))),
                    new Change("revoke", s -> s.registry().revoke(device(0))))) {
                armed.set(true);
                failure(change.call.on(store));
                assertFalse(armed.get());
                expected++;
                assertEquals(
                        expected,
                        await(plain.keys().find(device(0))).orElseThrow().version(),
                        change.name);
                assertEquals(expected, audits(0));
                RegistryResult repeated = eventually(() -> change.call.on(store));
                assertEquals(Outcome.UNCHANGED, repeated.outcome(), change.name);
                assertEquals(expected, await(plain.keys().cursor()));
            }
            assertEquals(5, proxy.answersLost());
        }

        private int audits(int number) throws Exception {
            return rows(
                            direct,
                            "SELECT version FROM countersign_audit WHERE device_id = "
                                    + database.bytes(HexFormat.of()
                                            .formatHex(device(number).deviceId().getBytes(StandardCharsets.US_ASCII))))
                    .size();
        }

        private void awaitRecovery(JdbcKeyStore store) throws Exception {
            eventually(() -> store.keys().find(PHONE));
            eventually(() -> store.registry().activate(PHONE));
        }

        /** The first answer: a pool may need several calls to find out about each of its broken connections. */
        private static <T> T eventually(Asked<T> call) throws Exception {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (true) {
                CompletionStage<T> stage = call.ask();
                try {
                    return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
                } catch (ExecutionException notYet) {
                    if (System.nanoTime() > end) {
                        throw notYet;
                    }
                }
            }
        }

        private interface Asked<T> {
            CompletionStage<T> ask();
        }

        private record Change(String name, Call call) {}

        private interface Call {
            CompletionStage<RegistryResult> on(JdbcKeyStore store);
        }
    }
}

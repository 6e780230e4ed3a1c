package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.NOW;
import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.RegistryResult;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Lookups, changes and the feed do not wait behind each other, behind a pool of exactly as many connections as are needed. */
@Timeout(120)
class JdbcKeyStoreLanesTest {
    private static final int CONNECTIONS = 4;

    /** Where calls run. */
    private enum Threads {
        OWN,
        POOL,
        ONE_EACH,
        CALLERS
    }

    @Nested
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

    abstract static class Cases {
        private final ExecutorService pool = Executors.newFixedThreadPool(16);
        private final ExecutorService callers = Executors.newCachedThreadPool();
        private final Vendor.Database database;
        private final HikariDataSource connections;

        Cases(Vendor vendor) {
            database = vendor.fresh();
            // A server needs its time to open a connection; where lanes take each other's, waiting is in vain.
            long wait = vendor == Vendor.H2 ? 500 : 20_000;
            connections = database.pool(CONNECTIONS, settings -> settings.setConnectionTimeout(wait));
        }

        @AfterEach
        void end() {
            pool.shutdownNow();
            callers.shutdownNow();
            connections.close();
            database.close();
        }

        private JdbcKeyStore store(DataSource dataSource, Threads threads) {
            JdbcKeyStore.Builder builder = Fixtures.patient(dataSource);
            Executor executor =
                    switch (threads) {
                        case OWN -> null;
                        case POOL -> pool;
                        case ONE_EACH ->
                            task -> {
                                Thread thread = new Thread(task, "one-call");
                                thread.setDaemon(true);
                                thread.start();
                            };
                        case CALLERS -> Runnable::run;
                    };
            return executor == null
                    ? builder.threads(CONNECTIONS).build()
                    : builder.executor(executor).connections(CONNECTIONS).build();
        }

        /** A call on a thread of its own: where calls run on the caller's thread it may not come back for long. */
        private <T> CompletableFuture<T> begin(Supplier<CompletionStage<T>> call) {
            return CompletableFuture.supplyAsync(() -> await(call.get()), callers);
        }

        @ParameterizedTest
        @EnumSource
        void withEveryLookupBlockedTheFeedAndAChangeStartAndEnd(Threads threads) throws Exception {
            JdbcSchema.createIfMissing(connections);
            CountDownLatch blocked = new CountDownLatch(CONNECTIONS - 2);
            CountDownLatch release = new CountDownLatch(1);
            AtomicInteger stopped = new AtomicInteger();
            // Nothing but the lookups asks for this device.
            byte[] asked = PHONE.deviceId().getBytes(StandardCharsets.US_ASCII);
            Set<Object> lookingUp = ConcurrentHashMap.newKeySet();
            DataSource gate = FaultyDataSource.seen(connections, (target, method, args, original) -> {
                if (args != null
                        && args.length == 2
                        && args[1] instanceof byte[] bound
                        && Arrays.equals(bound, asked)) {
                    lookingUp.add(target);
                }
                // A lookup holds its connection when it is stopped.
                if (method.getName().equals("executeQuery") && lookingUp.contains(target)) {
                    stopped.incrementAndGet();
                    blocked.countDown();
                    assertTrue(release.await(60, TimeUnit.SECONDS));
                }
                return original.proceed();
            });
            try (JdbcKeyStore store = store(gate, threads)) {
                List<CompletableFuture<?>> lookups = new ArrayList<>();
                for (int i = 0; i < 52; i++) {
                    lookups.add(begin(() -> store.keys().find(PHONE)));
                }
                assertTrue(blocked.await(60, TimeUnit.SECONDS));
                for (int i = 0; i < 20; i++) {
                    assertEquals(i, await(store.keys().cursor()));
                    int number = i;
                    assertTrue(await(begin(
                                    () -> store.registry().register(device(number), key(number), DeviceStatus.ACTIVE)))
                            .isChange());
                    assertEquals(
                            1, await(store.keys().changesSince(i)).records().size());
                }
                assertEquals(CONNECTIONS - 2, stopped.get(), "lookups that hold a connection");
                assertTrue(lookups.stream().noneMatch(CompletableFuture::isDone));
                release.countDown();
                lookups.forEach(Fixtures::await);
                assertEquals(lookups.size(), stopped.get(), "every lookup came to the gate");
            }
        }

        @ParameterizedTest
        @EnumSource
        void aCounterThatIsHeldElsewhereHoldsNoLookupAndNoFeed(Threads threads) throws Exception {
            JdbcKeyStore plain = Fixtures.inline(connections);
            RegistryResult registered = await(plain.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            assertTrue(registered.isChange());
            assertTrue(await(plain.registry().rotate(PHONE, key(2), key(1))).isChange());
            DataSource elsewhere = database.dataSource();
            try (JdbcKeyStore store = store(connections, threads);
                    Connection holder = elsewhere.getConnection();
                    Statement statement = holder.createStatement()) {
                holder.setAutoCommit(false);
                statement.execute("SELECT version FROM countersign_counter WHERE id = 1 FOR UPDATE");
                List<CompletableFuture<Boolean>> confirmations = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    confirmations.add(begin(() -> store.keys().confirm(PHONE, key(2), NOW)));
                }
                List<CompletableFuture<RegistryResult>> changes = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    int number = i;
                    changes.add(begin(
                            () -> store.registry().register(device(number), key(10 + number), DeviceStatus.ACTIVE)));
                }
                for (int i = 0; i < 50; i++) {
                    DeviceRecord record = await(store.keys().find(PHONE)).orElseThrow();
                    assertTrue(record.key(KeyState.PROVISIONAL).isPresent());
                    assertEquals(2, await(store.keys().cursor()));
                    assertTrue(await(store.keys().changesSince(2)).isEmpty());
                    assertTrue(await(store.registry().findByKey(key(2))).isPresent());
                }
                assertTrue(confirmations.stream().noneMatch(CompletableFuture::isDone));
                holder.rollback();
                int changed = 0;
                for (CompletableFuture<Boolean> one : confirmations) {
                    changed += await(one) ? 1 : 0;
                }
                assertEquals(1, changed);
                for (CompletableFuture<RegistryResult> one : changes) {
                    assertTrue(await(one).isChange());
                }
            }
        }

        @Test
        void oneConfirmationOfADeviceRunsAtATime() throws Exception {
            JdbcKeyStore plain = Fixtures.inline(connections);
            assertTrue(await(plain.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(plain.registry().rotate(PHONE, key(2), key(1))).isChange());
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            AtomicInteger borrowed = new AtomicInteger(Integer.MIN_VALUE); // build() takes some
            DataSource gate = FaultyDataSource.wrap(connections, method -> {
                if (method.equals("getConnection") && borrowed.incrementAndGet() == 1) {
                    entered.countDown();
                    assertTrue(release.await(60, TimeUnit.SECONDS));
                }
            });
            try (JdbcKeyStore store = store(gate, Threads.OWN)) {
                borrowed.set(0);
                CompletionStage<Boolean> first = store.keys().confirm(PHONE, key(2), NOW);
                assertTrue(entered.await(60, TimeUnit.SECONDS));
                List<CompletionStage<Boolean>> more = new ArrayList<>();
                for (int i = 0; i < 10_000; i++) {
                    more.add(store.keys().confirm(PHONE, key(2), NOW)); // more than would fit into the queue
                }
                assertFalse(await(store.keys().confirm(PHONE, key(3), NOW)), "of another key: at once");
                assertFalse(more.get(0).toCompletableFuture().isDone());
                release.countDown();
                assertTrue(await(first));
                for (CompletionStage<Boolean> one : more) {
                    assertFalse(await(one));
                }
                assertEquals(1, borrowed.get());
                assertFalse(await(store.keys().confirm(PHONE, key(2), NOW)), "the next one asks again");
                assertEquals(2, borrowed.get());
            }
        }

        /** An import has its place among the changes, so that it does not take a connection from the others. */
        @Test
        void anImportWaitsForThePlaceOfAChange() throws Exception {
            JdbcSchema.createIfMissing(connections);
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            AtomicInteger borrowed = new AtomicInteger(Integer.MIN_VALUE); // build() takes some
            DataSource gate = FaultyDataSource.wrap(connections, method -> {
                if (method.equals("getConnection") && borrowed.incrementAndGet() == 1) {
                    entered.countDown();
                    assertTrue(release.await(60, TimeUnit.SECONDS));
                }
            });
            try (JdbcKeyStore store = store(gate, Threads.OWN)) {
                borrowed.set(0);
                CompletionStage<RegistryResult> change = store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE);
                assertTrue(entered.await(60, TimeUnit.SECONDS));
                List<DeviceRecord> fleet = List.of(DeviceRecord.active(TABLET, key(2), 0));
                CompletableFuture<FleetImport.Result> run = CompletableFuture.supplyAsync(
                        () -> FleetImport.into(store).run(fleet.iterator()), callers);
                assertTrue(await(store.keys().find(TABLET)).isEmpty());
                assertEquals(2, borrowed.get(), "the change's and the lookup's");
                release.countDown();
                assertTrue(await(change).isChange());
                assertEquals(1, await(run).imported());
            }
        }

        /** Whoever runs the calls: with fewer connections the feed would wait behind lookups after all. */
        @ParameterizedTest
        @EnumSource
        void aPoolOfExactlyAsManyConnectionsIsTakenAndASmallerOneIsRefused(Threads threads) {
            JdbcSchema.createIfMissing(connections);
            store(connections, threads).close();
            String setting = threads == Threads.OWN ? "threads" : "connections";
            try (HikariDataSource oneLess = database.pool(CONNECTIONS - 1);
                    HikariDataSource one = database.pool(1)) {
                assertEquals(
                        "the DataSource has at most 3 connections, and the key store uses 4 at once: give it 4, or set "
                                + setting + " to 3",
                        message(assertThrows(JdbcKeyStoreException.class, () -> store(oneLess, threads))));
                assertEquals(
                        "the DataSource has at most 1 connection, and the key store uses 4 at once: give it 4, or 3 and set "
                                + setting + " to 3",
                        message(assertThrows(JdbcKeyStoreException.class, () -> store(one, threads))));
            }
        }

        /** Nobody can tell before the pool is used up: the documentation has to do. */
        @ParameterizedTest
        @EnumSource
        void aDataSourceThatDoesNotTellItsSizeIsTaken(Threads threads) {
            JdbcSchema.createIfMissing(connections);
            try (HikariDataSource one = database.pool(1)) {
                store(Fixtures.sizeless(one), threads).close();
            }
        }
    }
}

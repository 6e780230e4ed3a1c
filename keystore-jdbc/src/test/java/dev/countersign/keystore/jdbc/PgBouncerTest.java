package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.servers.PgBouncer;
import dev.countersign.servers.PostgresServer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** A store behind PgBouncer 1.18, which hands the prepared statements of one client to others in transaction mode. */
@Tag("full")
@Timeout(300)
class PgBouncerTest {
    private static final int CLIENTS = 4;
    private static final int REGISTRATIONS = 400;
    private static final int REVOCATIONS = 300;

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final PostgresServer server = PostgresServer.shared();
    private final String database = "pooled" + NUMBER.incrementAndGet();
    private final List<HikariDataSource> pools = new ArrayList<>();
    private final List<PgBouncer> bouncers = new ArrayList<>();

    @BeforeEach
    void createTables() {
        server.createDatabase(database);
        JdbcSchema.createIfMissing(source(server.port(), 5));
    }

    @AfterEach
    void end() {
        pools.forEach(HikariDataSource::close);
        bouncers.forEach(PgBouncer::close);
        server.execute("DROP DATABASE " + database + " WITH (FORCE)");
    }

    private PgBouncer transactionMode(int connections) {
        PgBouncer bouncer = PgBouncer.inTransactionMode(server, connections);
        bouncers.add(bouncer);
        return bouncer;
    }

    private PGSimpleDataSource source(int port, int prepareThreshold) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(server.jdbcUrl(database, port));
        source.setPrepareThreshold(prepareThreshold);
        return source;
    }

    /** A pool of a client; 5 is the driver's default threshold. */
    private HikariDataSource client(PgBouncer bouncer, int size, int prepareThreshold) {
        return client(bouncer, size, prepareThreshold, true);
    }

    private HikariDataSource client(PgBouncer bouncer, int size, int prepareThreshold, boolean autoCommit) {
        HikariDataSource pool = Vendor.Database.pool(
                source(bouncer.port(), prepareThreshold), size, config -> config.setAutoCommit(autoCommit));
        pools.add(pool);
        return pool;
    }

    @Test
    void theDriversDefaultsAreRefusedWithWhatToSet() {
        PgBouncer bouncer = transactionMode(4);
        for (boolean autoCommit : List.of(true, false)) {
            JdbcKeyStore.Builder builder = JdbcKeyStore.builder(client(bouncer, 8, 5, autoCommit));
            JdbcKeyStoreException refused = assertThrows(JdbcKeyStoreException.class, builder::build);
            assertTrue(message(refused).contains("set prepareThreshold=0"), message(refused));
        }
    }

    @Test
    void withASingleConnectionBehindItNobodyWaits() {
        PgBouncer bouncer = transactionMode(1);
        JdbcKeyStore.Builder mixed = JdbcKeyStore.builder(client(bouncer, 8, 5));
        assertThrows(JdbcKeyStoreException.class, mixed::build);
        try (JdbcKeyStore store = JdbcKeyStore.builder(client(bouncer, 8, 0)).build()) {
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
        }
    }

    @Test
    void inSessionModeTheDriversDefaultsAreRight() {
        PgBouncer bouncer = PgBouncer.inSessionMode(server, 20);
        bouncers.add(bouncer);
        try (JdbcKeyStore store = JdbcKeyStore.builder(client(bouncer, 8, 5)).build()) {
            for (int i = 0; i < 20; i++) {
                assertTrue(await(store.registry().register(device(i), key(i), DeviceStatus.ACTIVE))
                        .isChange());
            }
        }
    }

    @Test
    void withoutNamesAllGoesWell() throws Exception {
        PgBouncer bouncer = transactionMode(4);
        List<JdbcKeyStore> stores = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            stores.add(JdbcKeyStore.builder(client(bouncer, 8, 0)).build());
        }
        Outcome outcome = run(stores);
        assertEquals(REGISTRATIONS, outcome.registered.size());
        assertEquals(REVOCATIONS, outcome.revoked.size());
        stores.forEach(JdbcKeyStore::close);
    }

    /**
     * Pools of one connection that do not tell their size, or they would be refused: there the look at the beginning shows
     * nothing. And fewer connections than clients, which else would each keep the one that they have.
     */
    @Test
    void whateverFailsWhatIsAcknowledgedIsStored() throws Exception {
        PgBouncer bouncer = transactionMode(3);
        List<JdbcKeyStore> stores = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            stores.add(JdbcKeyStore.builder(Fixtures.sizeless(client(bouncer, 1, 5)))
                    .executor(Runnable::run)
                    .build());
        }
        // The same name is another statement for each of them: they begin with other calls.
        for (int i = 0; i < 10; i++) {
            answered(stores.get(0).keys().cursor());
            answered(stores.get(1).keys().find(PHONE));
            answered(stores.get(2).registry().findByKey(key(1)));
            answered(stores.get(3).keys().changesSince(0));
        }
        Outcome outcome = run(stores);
        assertFalse(outcome.failures.isEmpty(), "statements do meet others here");
        assertFalse(outcome.registered.isEmpty(), "registrations that were acknowledged");
        assertFalse(outcome.revoked.isEmpty(), "revocations that were acknowledged");
        List<JdbcKeyStoreException> named = outcome.failures.stream()
                .filter(failure -> List.of("26000", "42P05").contains(String.valueOf(failure.sqlState())))
                .toList();
        assertFalse(named.isEmpty());
        for (JdbcKeyStoreException failure : named) {
            assertTrue(message(failure).contains("set prepareThreshold=0"), message(failure));
        }
        assertTrue(stores.stream().anyMatch(store -> store.status().statementsMeetOthers()));
    }

    private record Outcome(List<Integer> registered, List<Integer> revoked, List<JdbcKeyStoreException> failures) {}

    /** All clients at once; then every acknowledged change must be there, and none that is half. */
    private Outcome run(List<JdbcKeyStore> stores) throws Exception {
        List<JdbcKeyStoreException> failures = Collections.synchronizedList(new ArrayList<>());
        List<Integer> registered = all(
                stores,
                REGISTRATIONS,
                failures,
                (store, number) -> result(store.registry().register(device(number), key(number), DeviceStatus.ACTIVE)));
        List<Integer> revoked = all(
                stores,
                REVOCATIONS,
                failures,
                (store, number) -> result(store.registry().revoke(device(number))));
        DataSource direct = source(server.port(), 5);
        try (JdbcKeyStore plain =
                JdbcKeyStore.builder(direct).executor(Runnable::run).build()) {
            List<Integer> missing = new ArrayList<>();
            for (int number : registered) {
                if (await(plain.keys().find(device(number)))
                        .filter(record -> record.keys().get(0).publicKey().equals(key(number)))
                        .isEmpty()) {
                    missing.add(number);
                }
            }
            List<Integer> alive = new ArrayList<>();
            for (int number : revoked) {
                if (await(plain.keys().find(device(number))).orElseThrow().status() != DeviceStatus.REVOKED) {
                    alive.add(number);
                }
            }
            assertEquals(List.of(), missing, "registrations that were acknowledged and are not stored");
            assertEquals(List.of(), alive, "revocations that were acknowledged and are not stored");
            assertEquals(
                    String.valueOf(await(plain.keys().cursor())),
                    Fixtures.rows(direct, "SELECT COUNT(*) FROM countersign_audit")
                            .get(0)
                            .get(0),
                    "versions and audit rows");
        }
        return new Outcome(registered, revoked, failures);
    }

    private static void answered(CompletionStage<?> stage) {
        assertTrue(stage.toCompletableFuture().isDone(), "or failed, which does not matter");
    }

    private static RegistryResult result(CompletionStage<RegistryResult> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException failed) {
            throw (JdbcKeyStoreException) failed.getCause();
        }
    }

    private static List<Integer> all(
            List<JdbcKeyStore> stores,
            int count,
            List<JdbcKeyStoreException> failures,
            BiFunction<JdbcKeyStore, Integer, RegistryResult> call)
            throws Exception {
        List<Integer> acknowledged = Collections.synchronizedList(new ArrayList<>());
        ExecutorService threads = Executors.newFixedThreadPool(stores.size());
        try {
            List<Callable<Void>> clients = new ArrayList<>();
            for (int client = 0; client < stores.size(); client++) {
                int first = client;
                clients.add(() -> {
                    for (int number = first; number < count; number += stores.size()) {
                        try {
                            if (call.apply(stores.get(first), number).isSuccess()) {
                                acknowledged.add(number);
                            }
                        } catch (JdbcKeyStoreException failure) {
                            failures.add(failure);
                        }
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(clients, 250, TimeUnit.SECONDS)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
        return acknowledged;
    }
}

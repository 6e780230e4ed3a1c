package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.failure;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static dev.countersign.keystore.jdbc.Fixtures.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A DataSource that takes part in its caller's transactions, and calls on the caller's thread. */
class CallersTransactionTest {
    /** Lends the caller's connection while there is one, and leaves its end to the caller. */
    private static DataSource aware(DataSource data, AtomicReference<Connection> callers) {
        return FaultyDataSource.around(data, (target, method, original) -> {
            Connection bound = callers.get();
            if (bound != null && method.equals("getConnection") && target instanceof DataSource) {
                return bound;
            }
            return target == bound && method.equals("close") ? null : original.proceed();
        });
    }

    @ParameterizedTest
    @EnumSource
    void aTransactionThatHasBegunIsRefusedAndLeftAsItIs(Vendor vendor) throws Exception {
        try (Vendor.Database database = vendor.fresh();
                HikariDataSource data = database.pool(8)) {
            AtomicReference<Connection> callers = new AtomicReference<>();
            DataSource aware = aware(data, callers);
            JdbcKeyStore store = Fixtures.inline(aware);
            assertTrue(await(store.registry().register(TABLET, key(7), DeviceStatus.ACTIVE))
                    .isChange());
            Fixtures.execute(data, "CREATE TABLE orders (id INT PRIMARY KEY)");
            int number = 0;
            for (int isolation : new int[] {
                Connection.TRANSACTION_READ_COMMITTED,
                Connection.TRANSACTION_REPEATABLE_READ,
                Connection.TRANSACTION_SERIALIZABLE
            }) {
                for (boolean commits : List.of(true, false)) {
                    try (Connection caller = data.getConnection();
                            Statement statement = caller.createStatement()) {
                        caller.setTransactionIsolation(isolation);
                        caller.setAutoCommit(false);
                        statement.execute("INSERT INTO orders VALUES (" + ++number + ")");
                        callers.set(caller);
                        everyCallIsRefused(store, aware);
                        callers.set(null);
                        assertFalse(caller.getAutoCommit());
                        assertEquals(isolation, caller.getTransactionIsolation());
                        String mine = "SELECT 1 FROM orders WHERE id = " + number;
                        assertTrue(statement.executeQuery(mine).next(), "it was rolled back");
                        caller.rollback(); // of no effect on what was committed
                        assertEquals(List.of(), rows(data, mine), "it was committed");
                        if (commits) {
                            statement.execute("INSERT INTO orders VALUES (" + number + ")");
                            callers.set(caller);
                            failure(store.keys().find(PHONE));
                            callers.set(null);
                            caller.commit();
                            assertEquals(1, rows(data, mine).size());
                        }
                    }
                }
            }
            assertTrue(await(store.keys().find(PHONE)).isEmpty(), "nothing was stored");
            assertEquals(1, await(store.keys().cursor()));
        }
    }

    private static void everyCallIsRefused(JdbcKeyStore store, DataSource aware) {
        List<JdbcKeyStoreException> refusals = List.of(
                failure(store.keys().find(PHONE)),
                failure(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE)),
                failure(store.registry().revoke(TABLET)),
                failure(store.registry().erase(TABLET)),
                failure(store.forgetErased()),
                failure(store.registry().findByKey(key(7))),
                failure(store.keys().cursor()),
                failure(store.keys().changesSince(0)),
                assertThrows(
                        JdbcKeyStoreException.class,
                        () -> FleetImport.into(store)
                                .run(List.of(DeviceRecord.active(PHONE, key(1), 0))
                                        .iterator())),
                assertThrows(
                        JdbcKeyStoreException.class,
                        () -> JdbcKeyStore.builder(aware)
                                .executor(Runnable::run)
                                .build()),
                assertThrows(JdbcKeyStoreException.class, () -> JdbcSchema.createIfMissing(aware)),
                assertThrows(JdbcKeyStoreException.class, () -> JdbcSchema.migrate(aware)));
        for (JdbcKeyStoreException refusal : refusals) {
            assertTrue(message(refusal).contains("a transaction of the caller has begun"), message(refusal));
        }
    }

    /** A pool may lend connections without auto-commit: nothing has begun on them. */
    @ParameterizedTest
    @EnumSource
    void aPoolWithoutAutoCommitIsNoTransaction(Vendor vendor) throws SQLException {
        try (Vendor.Database database = vendor.fresh()) {
            JdbcSchema.createIfMissing(database.dataSource());
            for (String isolation :
                    List.of("TRANSACTION_READ_COMMITTED", "TRANSACTION_REPEATABLE_READ", "TRANSACTION_SERIALIZABLE")) {
                database.createAndEmpty();
                try (HikariDataSource data = database.pool(2, settings -> {
                    settings.setAutoCommit(false);
                    settings.setTransactionIsolation(isolation);
                })) {
                    JdbcKeyStore store = Fixtures.inline(data);
                    for (int i = 1; i <= 3; i++) {
                        assertTrue(await(store.keys().find(Fixtures.device(i))).isEmpty());
                        assertTrue(await(store.registry().register(Fixtures.device(i), key(i), DeviceStatus.ACTIVE))
                                .isChange());
                        assertEquals(
                                i,
                                await(store.keys().find(Fixtures.device(i)))
                                        .orElseThrow()
                                        .version());
                        assertEquals(i, await(store.keys().changesSince(0)).cursor());
                        assertTrue(await(store.registry().findByKey(key(i))).isPresent());
                    }
                    assertTrue(
                            await(store.registry().revoke(Fixtures.device(1))).isChange());
                    assertEquals(0, data.getHikariPoolMXBean().getActiveConnections());
                }
            }
        }
    }

    /** Without auto-commit a pool's own query begins a transaction, on each connection: nothing is lost by its end. */
    @ParameterizedTest
    @EnumSource
    void aPoolsOwnQueryIsNoTransactionOfTheCaller(Vendor vendor) {
        try (Vendor.Database database = vendor.fresh()) {
            JdbcSchema.createIfMissing(database.dataSource());
            for (String isolation : List.of("TRANSACTION_READ_COMMITTED", "TRANSACTION_SERIALIZABLE")) {
                database.createAndEmpty();
                try (HikariDataSource data = database.pool(2, settings -> {
                    settings.setAutoCommit(false);
                    settings.setTransactionIsolation(isolation);
                    settings.setConnectionInitSql("SELECT 1");
                })) {
                    JdbcKeyStore store = Fixtures.inline(data);
                    data.getHikariPoolMXBean().softEvictConnections();
                    assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                            .isChange());
                    data.getHikariPoolMXBean().softEvictConnections();
                    assertEquals(
                            1, await(store.keys().find(PHONE)).orElseThrow().version());
                    assertEquals(1, await(store.keys().changesSince(0)).cursor());
                }
            }
        }
    }

    /** What the caller has only read, or locked, he would lose as well. */
    @Test
    void onPostgreSqlATransactionThatHasReadOrLockedIsRefused() throws Exception {
        try (Vendor.Database database = Vendor.POSTGRESQL.fresh();
                HikariDataSource data = database.pool(8)) {
            AtomicReference<Connection> callers = new AtomicReference<>();
            DataSource aware = aware(data, callers);
            JdbcKeyStore store = Fixtures.inline(aware);
            for (String sql : List.of(
                    "SELECT version FROM countersign_counter",
                    "SELECT pg_advisory_xact_lock(42)",
                    "SELECT txid_current()",
                    "LOCK TABLE countersign_audit IN SHARE MODE",
                    "SELECT 1 FROM nowhere")) {
                try (Connection caller = data.getConnection();
                        Statement statement = caller.createStatement()) {
                    caller.setAutoCommit(false);
                    try {
                        statement.execute(sql);
                    } catch (SQLException failed) {
                        assertEquals("42P01", failed.getSQLState());
                    }
                    callers.set(caller);
                    everyCallIsRefused(store, aware);
                    callers.set(null);
                    caller.rollback();
                }
            }
        }
    }
}

package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.NOW;
import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.failure;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static dev.countersign.keystore.jdbc.Fixtures.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.keystore.jdbc.failure.FailureText;
import dev.countersign.testkit.MutableClock;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Between the store and the database something runs statements elsewhere, or as others: nothing is acknowledged that is not stored. */
class WrittenCheckTest {
    @Nested
    class OnH2 extends Cases {
        OnH2() {
            super(Vendor.H2);
        }
    }

    @Nested
    class OnMariaDb extends Cases {
        OnMariaDb() {
            super(Vendor.MARIADB);
        }
    }

    @Nested
    class OnPostgreSql extends Cases {
        OnPostgreSql() {
            super(Vendor.POSTGRESQL);
        }

        /** As when the driver's named COMMIT is somebody else's SELECT: no failure, and nothing is committed. */
        @Test
        void aCommitThatRanAsAnotherStatementIsNoSuccess() throws Exception {
            JdbcKeyStore plain = Fixtures.inline(data);
            AtomicBoolean armed = new AtomicBoolean();
            JdbcKeyStore store = store(runningInstead(armed, "commit"));
            armed.set(true);
            JdbcKeyStoreException failure = failure(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            assertFalse(armed.get());
            assertTrue(
                    message(failure).startsWith("the change is not stored: the commit did not end"), message(failure));
            assertTrue(message(failure).contains("prepareThreshold=0"), message(failure));
            assertTrue(await(plain.keys().find(PHONE)).isEmpty());
            assertEquals(
                    Outcome.CREATED,
                    await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                            .outcome());
            assertTrue(await(plain.keys().find(PHONE)).isPresent());
        }

        /** Else what it left open would be committed when auto-commit is switched on. */
        @Test
        void aRollbackThatRanAsAnotherStatementLeavesNothing() throws Exception {
            JdbcKeyStore plain = Fixtures.inline(data);
            AtomicBoolean armed = new AtomicBoolean();
            AtomicBoolean fail = new AtomicBoolean();
            DataSource failing = FaultyDataSource.wrap(runningInstead(armed, "rollback"), method -> {
                if (method.equals("commit") && fail.getAndSet(false)) {
                    throw new SQLException("no", "22001");
                }
            });
            JdbcKeyStore store = store(failing);
            fail.set(true);
            armed.set(true);
            assertEquals(
                    "22001",
                    failure(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                            .sqlState());
            assertFalse(armed.get());
            assertTrue(await(plain.keys().find(PHONE)).isEmpty());
            assertEquals(
                    Outcome.CREATED,
                    await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                            .outcome());
        }

        private DataSource runningInstead(AtomicBoolean armed, String instead) {
            return FaultyDataSource.around(data, (target, method, original) -> {
                if (method.equals(instead) && armed.getAndSet(false)) {
                    Connection connection =
                            target instanceof Statement ended ? ended.getConnection() : (Connection) target;
                    try (Statement other = connection.createStatement()) {
                        return other.execute("SELECT 1");
                    }
                }
                return original.proceed();
            });
        }
    }

    abstract static class Cases extends OnFreshDatabase {
        private final MutableClock clock = new MutableClock(Fixtures.NOW);

        Cases(Vendor vendor) {
            super(vendor);
        }

        /** A call, and whether it said that all is well. */
        private interface Acknowledged {
            void call(JdbcKeyStore store) throws Exception;
        }

        /** For each change, each of its writing statements once says that it changed its rows, and does not. */
        @Test
        void whatIsAcknowledgedWasStoredWhicheverStatementRanElsewhere() throws Exception {
            AtomicInteger countdown = new AtomicInteger(-1);
            JdbcKeyStore plain = Fixtures.inline(data, clock);
            JdbcKeyStore store = JdbcKeyStore.builder(losing(countdown))
                    .executor(Runnable::run)
                    .clock(clock)
                    .erasedFor(Duration.ofHours(25))
                    .build();
            Map<String, Integer> statements = new TreeMap<>();
            for (Map.Entry<String, Acknowledged> change : changes().entrySet()) {
                prepare(plain);
                assertNull(run(change.getValue(), store), change.getKey());
                List<List<String>> after = everything();
                boolean reached = true;
                for (int n = 0; reached; n++) {
                    assertTrue(n < 100, "the change never comes to its end");
                    prepare(plain);
                    List<List<String>> before = everything();
                    countdown.set(n);
                    JdbcKeyStoreException failure = run(change.getValue(), store);
                    reached = countdown.get() < 0;
                    countdown.set(-1);
                    String what = change.getKey() + ", statement " + n;
                    if (failure == null) {
                        // It was begun again where the next statement met the row that should have been changed.
                        assertEquals(after, everything(), what + ": acknowledged, and not stored");
                    } else {
                        assertTrue(message(failure).contains("not stored"), what + ": " + message(failure));
                        assertEquals(before, everything(), what + ": and yet something was stored");
                    }
                    if (reached) {
                        statements.merge(change.getKey(), 1, Integer::sum);
                    }
                }
            }
            assertEquals(
                    Map.of(
                            "register", 4,
                            "activate", 3,
                            "rotate", 4,
                            "confirm", 5,
                            "replace", 6,
                            "invalidate", 4,
                            "revoke", 3,
                            "erase", 7,
                            "forget", 2,
                            "import", 4),
                    statements,
                    "each of these was lost once");
        }

        private static @Nullable JdbcKeyStoreException run(Acknowledged change, JdbcKeyStore store) throws Exception {
            try {
                change.call(store);
                return null;
            } catch (JdbcKeyStoreException failure) {
                return failure;
            }
        }

        private Map<String, Acknowledged> changes() {
            Map<String, Acknowledged> changes = new TreeMap<>();
            changes.put("register", s -> done(s.registry().register(TABLET, key(9), DeviceStatus.ACTIVE)));
            changes.put("activate", s -> done(s.registry().activate(Fixtures.device(7))));
            changes.put("rotate", s -> done(s.registry().rotate(Fixtures.device(8), key(9), key(8))));
            changes.put("confirm", s -> done(s.keys().confirm(PHONE, key(2), NOW)));
            changes.put("replace", s -> done(s.registry().replace(PHONE, key(9))));
            changes.put("invalidate", s -> done(s.registry().invalidate(PHONE)));
            changes.put("revoke", s -> done(s.registry().revoke(PHONE)));
            changes.put("erase", s -> done(s.registry().erase(PHONE)));
            changes.put("forget", s -> {
                clock.set(NOW.plus(Duration.ofDays(4)));
                done(s.forgetErased());
            });
            changes.put("import", s -> {
                DeviceKey retired = DeviceKey.of(key(11), KeyState.RETIRED);
                DeviceRecord one =
                        DeviceRecord.of(TABLET, DeviceStatus.ACTIVE, List.of(DeviceKey.current(key(10)), retired), 0);
                FleetImport.Result result = FleetImport.into(s)
                        .run(List.of(one, DeviceRecord.active(Fixtures.device(3), key(12), 0))
                                .iterator());
                assertEquals(2, result.imported());
            });
            return changes;
        }

        private static void done(java.util.concurrent.CompletionStage<?> stage) {
            try {
                Object ignored = stage.toCompletableFuture().join();
            } catch (java.util.concurrent.CompletionException failed) {
                throw (JdbcKeyStoreException) failed.getCause();
            }
        }

        private void prepare(JdbcKeyStore plain) throws Exception {
            database.createAndEmpty();
            clock.set(NOW);
            assertTrue(await(plain.registry().register(Fixtures.device(1), key(5), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(plain.registry().register(Fixtures.device(7), key(7), DeviceStatus.PENDING))
                    .isChange());
            assertTrue(await(plain.registry().register(Fixtures.device(8), key(8), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(plain.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(plain.registry().rotate(PHONE, key(2), key(1))).isChange());
            assertTrue(await(plain.registry().erase(Fixtures.device(1))).isSuccess());
            // So that the next erasure makes it.
            Fixtures.execute(data, "UPDATE countersign_erasure SET stand_in_app = NULL, secret = NULL");
        }

        private List<List<String>> everything() throws Exception {
            List<List<String>> all = new ArrayList<>();
            for (String query : List.of(
                    "SELECT version FROM countersign_counter",
                    "SELECT purged_version, CASE WHEN stand_in_app IS NULL THEN 0 ELSE 1 END FROM countersign_erasure",
                    "SELECT * FROM countersign_device ORDER BY version",
                    "SELECT public_key, state, slot, not_after_ms FROM countersign_key ORDER BY public_key",
                    "SELECT version, at_ms, action, actor FROM countersign_audit ORDER BY version",
                    "SELECT * FROM countersign_erased ORDER BY version")) {
                all.addAll(rows(data, query));
            }
            return all;
        }

        private DataSource losing(AtomicInteger countdown) {
            return FaultyDataSource.around(data, (target, method, original) -> {
                if (!method.equals("executeUpdate") || countdown.getAndDecrement() != 0) {
                    return original.proceed();
                }
                Connection connection = ((PreparedStatement) target).getConnection();
                Savepoint before = connection.setSavepoint();
                Object changed = original.proceed();
                connection.rollback(before);
                return changed;
            });
        }

        @Test
        void aCommitWithoutAnAnswerHasAnUnknownOutcome() {
            JdbcSchema.createIfMissing(data);
            AtomicReference<SQLException> failure = new AtomicReference<>();
            DataSource broken = FaultyDataSource.around(data, (target, method, original) -> {
                Object answer = original.proceed();
                SQLException thrown = method.equals("commit") ? failure.getAndSet(null) : null;
                if (thrown != null) {
                    throw thrown;
                }
                return answer;
            });
            JdbcKeyStore store = store(broken);
            failure.set(new SQLTransientConnectionException("gone", "08006"));
            JdbcKeyStoreException unknown = failure(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            assertTrue(message(unknown).startsWith("the outcome of the change is unknown"), message(unknown));
            assertEquals("08006", unknown.sqlState());
            assertEquals(
                    Outcome.UNCHANGED,
                    await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                            .outcome());
        }

        /** After the commit nothing can make a success a failure. */
        @Test
        void whatFailsAfterTheCommitIsNoFailureOfTheChange() {
            JdbcSchema.createIfMissing(data);
            AtomicBoolean committed = new AtomicBoolean();
            DataSource broken = FaultyDataSource.around(data, (target, method, original) -> {
                if (committed.get() && target instanceof Connection && !method.equals("close")) {
                    throw new SQLException("broken", "08006");
                }
                Object answer = original.proceed();
                committed.compareAndSet(false, method.equals("commit"));
                return answer;
            });
            JdbcKeyStore store = store(broken);
            assertEquals(
                    Outcome.CREATED,
                    await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                            .outcome());
        }

        /** PostgreSQL's driver has a setting against it; of the others none is known. */
        @Test
        void whatMayMixStatementsIsNamedAsItIsForThisDatabase() {
            AtomicInteger countdown = new AtomicInteger(-1);
            Fixtures.inline(data).close();
            JdbcKeyStore store = store(losing(countdown));
            assertFalse(store.status().statementsMeetOthers());
            countdown.set(0);
            JdbcKeyStoreException failure = failure(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            assertTrue(message(failure).startsWith("the change was rolled back and is not stored"), message(failure));
            boolean named =
                    message(failure).contains("PgBouncer") && message(failure).contains("prepareThreshold=0");
            boolean told =
                    message(failure).contains("let the DataSource lead to the database itself, or through a proxy");
            assertEquals(List.of(isPostgreSql(), !isPostgreSql()), List.of(named, told), message(failure));
            assertTrue(store.status().statementsMeetOthers());
        }

        /** And not by its text, which may cite ours. */
        @Test
        void aFailureIsThatStatementsAreMixedByWhatItIs() {
            Fixtures.inline(data).close();
            AtomicReference<SQLException> next = new AtomicReference<>();
            JdbcKeyStore store = JdbcKeyStore.builder(FaultyDataSource.wrap(data, method -> {
                        SQLException failure = next.getAndSet(null);
                        if (failure != null) {
                            throw failure;
                        }
                    }))
                    .executor(Runnable::run)
                    .build();
            next.set(new SQLTransientConnectionException("read: " + FailureText.POOLER, "08006"));
            JdbcKeyStoreException citing = failure(store.keys().find(PHONE));
            assertTrue(message(citing).endsWith(FailureText.POOLER), message(citing));
            assertFalse(store.status().statementsMeetOthers(), "a lost connection is another failure");
            for (String state : List.of("26000", "42P05")) {
                next.set(new SQLException("no such name", state));
                assertEquals(
                        isPostgreSql(),
                        message(failure(store.keys().find(PHONE))).endsWith("; " + FailureText.POOLER),
                        state);
            }
            assertEquals(isPostgreSql(), store.status().statementsMeetOthers());
        }

        private boolean isPostgreSql() {
            return vendor == Vendor.POSTGRESQL;
        }

        @Test
        void aStatementThatChangedNoRowIsToldInWords() throws Exception {
            JdbcSchema.createIfMissing(data);
            DataSource none = FaultyDataSource.around(
                    data, (target, method, original) -> method.equals("executeUpdate") ? 0 : original.proceed());
            JdbcKeyStore store = store(none);
            JdbcKeyStoreException failure = failure(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE));
            assertTrue(
                    message(failure).contains("a statement changed 0 rows instead of 1, so nothing was stored"),
                    message(failure));
        }
    }
}

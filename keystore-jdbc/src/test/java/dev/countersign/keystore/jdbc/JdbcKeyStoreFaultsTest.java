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
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.keystore.jdbc.failure.RedactedCause;
import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A database that fails in the middle, and what it may say about it. */
class JdbcKeyStoreFaultsTest {
    private static final String SECRET = "values of the row: " + HexFormat.of().formatHex(key(2).toPoint());

    @Nested
    class OnH2 extends Cases {
        OnH2() {
            super(Vendor.H2);
        }

        /** H2 itself writes the row into its message. */
        @Test
        void itsMessageWouldHaveShownTheKey() {
            String text = violation().toLowerCase(Locale.ROOT);
            assertTrue(text.contains(HexFormat.of().formatHex(key(1).toPoint())));
        }
    }

    @Nested
    class OnPostgreSql extends Cases {
        OnPostgreSql() {
            super(Vendor.POSTGRESQL);
        }

        @Test
        void itsMessageWouldHaveShownTheKey() {
            String text = violation().toLowerCase(Locale.ROOT);
            assertTrue(text.contains(HexFormat.of().formatHex(key(1).toPoint())));
        }
    }

    @Nested
    class OnMariaDb extends Cases {
        OnMariaDb() {
            super(Vendor.MARIADB);
        }

        @Test
        void itsMessageWouldHaveShownTheKey() {
            assertTrue(violation().contains("Duplicate entry"));
        }
    }

    @Test
    void whatADriverPutsIntoTheStateIsNotShownEither() {
        JdbcKeyStoreException failure = (JdbcKeyStoreException)
                JdbcKeyStoreException.shown(StoreFailure.of("find", new SQLException(SECRET, SECRET, 7), false));
        assertNull(failure.sqlState());
        assertEquals(7, failure.vendorCode());
        assertSilent(failure);
        assertSilent(JdbcKeyStoreException.shown(StoreFailure.of("find", new IllegalStateException(SECRET), false)));
    }

    abstract static class Cases extends OnFreshDatabase {
        Cases(Vendor vendor) {
            super(vendor);
        }

        /** What the driver says of a key that is somebody's. */
        String violation() {
            JdbcKeyStore store = Fixtures.inline(data);
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            SQLException violation = assertThrows(SQLException.class, () -> {
                try (Connection connection = data.getConnection();
                        PreparedStatement insert = connection.prepareStatement("INSERT INTO countersign_key VALUES (?, "
                                + database.bytes("41") + ", " + database.bytes("42") + ", 'CURRENT', 1, NULL)")) {
                    insert.setBytes(1, key(1).toPoint());
                    insert.executeUpdate();
                }
            });
            assertTrue(vendor.dialect().isRaceLost(violation), "a unique key is a race, " + violation.getSQLState());
            return String.valueOf(violation.getMessage());
        }

        /** Every single call of JDBC that a change makes fails once: afterwards it is made whole or not at all. */
        @Test
        void aChangeIsWholeOrNotAtAllWhereverItFails() throws Exception {
            JdbcKeyStore plain = Fixtures.inline(data);
            AtomicInteger countdown = new AtomicInteger(-1);
            HikariDataSource pool = database.pool(4);
            DataSource faulty = FaultyDataSource.wrap(pool, method -> {
                if (countdown.getAndDecrement() == 0) {
                    throw new SQLException(SECRET, "22001", 1);
                }
            });
            JdbcKeyStore store = store(faulty);
            int failures = 0;
            boolean reached = true;
            for (int n = 0; reached; n++) {
                assertTrue(n < 1000, "the change never comes to its end");
                assertEquals(
                        Outcome.CREATED,
                        await(plain.registry().register(device(n), key(2 * n), DeviceStatus.ACTIVE))
                                .outcome());
                DeviceRecord before = await(plain.keys().find(device(n))).orElseThrow();
                countdown.set(n);
                CompletionStage<RegistryResult> stage = store.registry().rotate(device(n), key(2 * n + 1), key(2 * n));
                reached = countdown.get() < 0;
                countdown.set(-1);
                DeviceRecord after = await(plain.keys().find(device(n))).orElseThrow();
                boolean made = await(plain.registry().findByKey(key(2 * n + 1))).isPresent();
                assertEquals(made, !after.equals(before), "half a change, after call " + n);
                assertEquals(
                        List.of(List.of(String.valueOf(after.version()))),
                        rows(data, "SELECT version FROM countersign_counter"));
                assertEquals(
                        made ? 2 : 1,
                        rows(
                                        data,
                                        "SELECT action FROM countersign_audit WHERE device_id = "
                                                + database.bytes(HexFormat.of()
                                                        .formatHex(device(n)
                                                                .deviceId()
                                                                .getBytes(StandardCharsets.US_ASCII))))
                                .size());
                if (stage.toCompletableFuture().isCompletedExceptionally()) {
                    failures++;
                    assertFalse(made, "a failed call, and yet the change");
                    assertSilent(failure(stage));
                } else {
                    assertTrue(made);
                    assertEquals(after, await(stage).record().orElseThrow());
                }
                assertTrue(
                        await(store.registry().rotate(device(n), key(2 * n + 1), key(2 * n)))
                                .isSuccess(),
                        "and it works again");
                assertTrue(
                        pool.getHikariPoolMXBean().getActiveConnections() <= 1,
                        "all but the one whose close failed are given back");
            }
            assertTrue(failures > 20, "calls that failed: " + failures);
            pool.close();
        }

        @Test
        void aFailedRollbackIsNotFollowedByACommit() throws Exception {
            JdbcKeyStore plain = Fixtures.inline(data);
            assertTrue(await(plain.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            AtomicBoolean broken = new AtomicBoolean();
            DataSource faulty = FaultyDataSource.wrap(data, method -> {
                if (broken.get() && Set.of("commit", "rollback").contains(method)) {
                    throw new SQLException(SECRET, "22001", 1);
                }
            });
            JdbcKeyStore store = store(faulty);
            broken.set(true);
            assertSilent(failure(store.registry().revoke(PHONE)));
            assertEquals(
                    DeviceStatus.ACTIVE,
                    await(plain.keys().find(PHONE)).orElseThrow().status());
        }

        @Test
        void aLostRaceIsRunAgainSixTimesAtMost() {
            for (SQLException race :
                    switch (vendor) {
                        case H2 -> List.of(race("23505", 1), race("40001", 1), race("HYT00", 1), race("90131", 1));
                        case POSTGRESQL ->
                            List.of(race("23505", 0), race("40001", 0), race("40P01", 0), race("55P03", 0));
                        case MARIADB, MYSQL ->
                            List.of(race("23000", 1062), race("40001", 1213), race("HY000", 1205), race("HY000", 1020));
                    }) {
                database.createAndEmpty();
                aLostRaceIsRunAgainSixTimesAtMost(race);
            }
        }

        private static SQLException race(String state, int code) {
            return new SQLException(SECRET, state, code);
        }

        private void aLostRaceIsRunAgainSixTimesAtMost(SQLException race) {
            AtomicInteger toFail = new AtomicInteger();
            AtomicInteger commits = new AtomicInteger();
            DataSource faulty = FaultyDataSource.wrap(data, method -> {
                if (method.equals("commit")) {
                    commits.incrementAndGet();
                    if (toFail.getAndDecrement() > 0) {
                        throw race;
                    }
                }
            });
            JdbcKeyStore store = store(faulty);
            toFail.set(5);
            assertEquals(
                    Outcome.CREATED,
                    await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                            .outcome());
            assertEquals(6, commits.get());
            assertEquals(1, await(store.keys().find(PHONE)).orElseThrow().version());
            commits.set(0);
            toFail.set(6);
            JdbcKeyStoreException failure = failure(store.registry().revoke(PHONE));
            assertEquals(6, commits.get());
            assertEquals(race.getSQLState(), failure.sqlState());
            assertEquals(
                    DeviceStatus.ACTIVE,
                    await(store.keys().find(PHONE)).orElseThrow().status());
        }

        @Test
        void anyOtherFailureIsNotRepeated() {
            JdbcSchema.createIfMissing(data);
            AtomicInteger commits = new AtomicInteger();
            DataSource faulty = FaultyDataSource.wrap(data, method -> {
                if (method.equals("commit")) {
                    commits.incrementAndGet();
                    throw new SQLException(SECRET, "22001", 1);
                }
            });
            JdbcKeyStore store = store(faulty);
            assertSilent(failure(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE)));
            assertEquals(1, commits.get());
        }

        @Test
        void anInterruptEndsTheRepetitionAndIsKept() {
            JdbcSchema.createIfMissing(data);
            DataSource faulty = FaultyDataSource.wrap(data, method -> {
                if (method.equals("commit")) {
                    Thread.currentThread().interrupt();
                    throw new SQLException(SECRET, "40001", 1);
                }
            });
            JdbcKeyStore store = store(faulty);
            CompletionStage<?> stage = store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE);
            assertTrue(Thread.interrupted());
            assertEquals("the thread was interrupted between two attempts", message(failure(stage)));
        }

        @Test
        void aUniqueViolationDoesNotShowTheRow() throws Exception {
            JdbcKeyStore store = Fixtures.inline(data);
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            Fixtures.execute(data, "UPDATE countersign_counter SET version = 0");
            JdbcKeyStoreException failure = failure(store.registry().register(TABLET, key(2), DeviceStatus.ACTIVE));
            assertEquals(vendor == Vendor.MARIADB ? "23000" : "23505", failure.sqlState());
            assertTrue(
                    message(failure)
                            .matches("register failed in the database: \\w+, SQLState [0-9]{5}, error code [0-9]+"),
                    message(failure));
            assertSilent(failure);
            assertTrue(await(store.keys().find(TABLET)).isEmpty());
        }

        @Test
        void theCountersRowIsMissed() throws Exception {
            JdbcKeyStore store = Fixtures.inline(data);
            Fixtures.execute(data, "DELETE FROM countersign_counter");
            assertTrue(message(failure(store.registry().revoke(PHONE)))
                    .startsWith("the table countersign_counter has lost its row"));
        }

        @Test
        void aStoredKeyThatIsNotOnTheCurveIsAFailureAndNotAnAnswer() throws Exception {
            JdbcKeyStore store = Fixtures.inline(data);
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            Fixtures.execute(data, "UPDATE countersign_key SET public_key = " + database.bytes("04".repeat(65)));
            assertEquals(
                    "find failed: InvalidPublicKeyException",
                    message(failure(store.keys().find(PHONE))));
        }

        @Test
        void aKeyWhoseDeviceWasErasedStaysUsed() throws Exception {
            JdbcKeyStore store = Fixtures.inline(data);
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            Fixtures.execute(data, "DELETE FROM countersign_device");
            assertEquals(
                    Outcome.KEY_USED_BEFORE,
                    await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                            .outcome());
            assertEquals(
                    Outcome.KEY_IN_USE,
                    await(store.registry().register(TABLET, key(1), DeviceStatus.ACTIVE))
                            .outcome());
            assertFalse(await(store.keys().confirm(PHONE, key(1), NOW)));
        }
    }

    private static void assertSilent(Throwable failure) {
        StringWriter everything = new StringWriter();
        failure.printStackTrace(new PrintWriter(everything));
        assertFalse(everything.toString().contains("values of the row"), "the driver's text shows");
        assertFalse(everything.toString().contains(TABLET.deviceId()), "a device id shows");
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            assertEquals(RedactedCause.class, cause.getClass());
            assertEquals(0, cause.getSuppressed().length);
        }
        assertEquals(0, failure.getSuppressed().length);
        assertTrue(failure.getStackTrace().length > 0, "but the place is told");
    }
}

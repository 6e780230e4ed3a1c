package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.keystore.jdbc.connection.Dialect;
import dev.countersign.keystore.jdbc.connection.StatementLimit;
import dev.countersign.keystore.jdbc.connection.Transactions;
import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A store that cannot be built says what failed first, and leaves the connection as it was lent. */
class JdbcKeyStoreOpeningTest {
    /** What asks the database something; what only tidies up may fail without a word. */
    private static final Set<String> ASKING = Set.of("execute", "executeQuery", "executeUpdate", "next");

    private static final int GIVEN_MILLIS = 1_234_567;

    private static JdbcKeyStore.Builder inline(DataSource dataSource) {
        return JdbcKeyStore.builder(dataSource).executor(Runnable::run);
    }

    @ParameterizedTest
    @EnumSource(names = {"POSTGRESQL", "MARIADB", "MYSQL"})
    void aConnectionKeepsItsTimeLimitHoweverTheStoreIsBuilt(Vendor vendor) throws Exception {
        AtomicBoolean fail = new AtomicBoolean();
        try (Vendor.Database database = vendor.fresh();
                Connection only = database.dataSource().getConnection()) {
            DataSource lending = FaultyDataSource.around(database.dataSource(), (target, method, original) -> {
                if (method.equals("executeUpdate") && fail.get()) {
                    throw new SQLException("no", "22001");
                }
                boolean isClosing = method.equals("close") && target == only;
                return method.equals("getConnection") ? only : isClosing ? null : original.proceed();
            });
            only.setNetworkTimeout(Runnable::run, GIVEN_MILLIS);
            JdbcKeyStoreException refused = assertThrows(JdbcKeyStoreException.class, inline(lending)::build);
            assertTrue(message(refused).startsWith("the database lacks the key store's tables"), message(refused));
            assertEquals(GIVEN_MILLIS, only.getNetworkTimeout(), "refused");
            JdbcSchema.createIfMissing(database.dataSource());
            fail.set(true);
            assertEquals(
                    "22001",
                    assertThrows(JdbcKeyStoreException.class, inline(lending)::build)
                            .sqlState());
            assertEquals(GIVEN_MILLIS, only.getNetworkTimeout(), "failed");
            fail.set(false);
            inline(lending).build().close();
            assertEquals(GIVEN_MILLIS, only.getNetworkTimeout(), "built");
        }
    }

    /** A connection is lost at each question in turn, so that nothing of what follows is answered either. */
    @ParameterizedTest
    @CsvSource({
        "H2, true", "H2, false",
        "POSTGRESQL, true", "POSTGRESQL, false",
        "MARIADB, true", "MARIADB, false"
    })
    void theFirstFailureIsTheOneThatIsTold(Vendor vendor, boolean autoCommit) {
        try (Vendor.Database database = vendor.fresh();
                HikariDataSource pool = database.pool(8, settings -> settings.setAutoCommit(autoCommit))) {
            JdbcSchema.createIfMissing(database.dataSource());
            AtomicInteger countdown = new AtomicInteger();
            AtomicBoolean lost = new AtomicBoolean();
            DataSource failing = FaultyDataSource.wrap(pool, method -> {
                if (lost.get() && !method.equals("close")) { // or the pool would miss it
                    throw new SQLNonTransientConnectionException("the connection is closed", "08003");
                }
                if (ASKING.contains(method) && countdown.getAndDecrement() == 0) {
                    lost.set(true);
                    throw new SQLNonTransientConnectionException("the connection was lost", "08006");
                }
            });
            boolean reached = true;
            int failures = 0;
            for (int n = 0; reached; n++) {
                assertTrue(n < 1000, "the store is never built");
                countdown.set(n);
                lost.set(false);
                JdbcKeyStore.Builder builder = inline(failing);
                JdbcKeyStoreException failure = null;
                try {
                    builder.build().close();
                } catch (JdbcKeyStoreException thrown) {
                    failure = thrown;
                }
                reached = lost.get();
                assertEquals(reached, failure != null, "question " + n);
                if (failure != null) {
                    failures++;
                    assertEquals("08006", failure.sqlState(), "question " + n + ": " + message(failure));
                }
            }
            assertTrue(failures > 10, "failures: " + failures);
        }
    }

    /** A refusal of a trial stays one where the connection cannot be set back: H2 in the place of MariaDB. */
    @Test
    void aTrialThatIsRefusedIsToldThoughTheConnectionIsLost() throws Exception {
        JdbcDataSource database = Fixtures.memory();
        JdbcSchema.createIfMissing(database);
        AtomicInteger settings = new AtomicInteger();
        DataSource fake = FaultyDataSource.around(database, (target, method, original) -> switch (method) {
            case "executeQuery" -> ((Statement) target).executeQuery("SELECT 50"); // lock_wait_timeout
            case "execute" -> {
                if (settings.incrementAndGet() == 2) {
                    throw new SQLNonTransientConnectionException("the connection is closed", "08003");
                }
                yield false;
            }
            case "executeUpdate" -> throw new SQLException("INSERT command denied", "42000", 1142);
            default -> original.proceed();
        });
        try (Connection connection = fake.getConnection()) {
            StatementLimit limit = new StatementLimit(Duration.ofSeconds(5));
            Transactions transactions = new Transactions(fake, Dialect.MARIADB, limit, connection, Clock.systemUTC());
            StoreFailure failure =
                    assertThrows(StoreFailure.class, () -> DatabaseCheck.require(transactions, connection));
            assertTrue(message(failure).contains("grant it SELECT, INSERT, UPDATE and DELETE"), message(failure));
            assertEquals(1142, failure.vendorCode());
        }
        assertEquals(2, settings.get(), "set, and set back in vain");
        Fixtures.execute(database, "SHUTDOWN");
    }
}

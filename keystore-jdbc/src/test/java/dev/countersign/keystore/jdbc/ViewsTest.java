package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.failure;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.BlockingDeviceRegistry;
import dev.countersign.api.registry.DeviceListing;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.registry.RegistryUnavailableException;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.testkit.MutableClock;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A store and its views: who closes what, and what the blocking form says when the outcome of a change is unknown. */
class ViewsTest {
    private final JdbcConnectionPool pool = Fixtures.pooled(Fixtures.memory());

    @BeforeEach
    void makeTables() {
        JdbcSchema.migrate(pool);
    }

    @AfterEach
    void dropDatabase() throws SQLException {
        Fixtures.execute(pool, "SHUTDOWN");
        pool.dispose();
    }

    @Test
    void theViewsAreTheSameEachTime() {
        try (JdbcKeyStore store = JdbcKeyStore.builder(pool).build()) {
            assertSame(store.keys(), store.keys());
            assertSame(store.registry(), store.registry());
        }
    }

    /** Whoever gets keys to look them up may close them, as a cache's or a verifier's owner does with what it made. */
    @Test
    void closingAViewClosesNothing() {
        try (JdbcKeyStore store =
                JdbcKeyStore.builder(pool).clock(new MutableClock(Fixtures.NOW)).build()) {
            DeviceRegistry registry = store.registry();
            assertTrue(
                    await(registry.register(PHONE, key(1), DeviceStatus.ACTIVE)).isChange());
            PublicKeyStore view = store.keys();
            assertTrue(await(view.find(PHONE)).isPresent());
            view.close();
            view.close();
            assertTrue(await(view.find(PHONE)).isPresent());
            assertTrue(await(store.keys().find(PHONE)).isPresent(), "others share it");
            assertEquals(1, await(store.keys().cursor()));
            assertEquals(1, await(store.keys().changesSince(0)).records().size());
            assertTrue(await(registry.rotate(PHONE, key(2), key(1))).isChange());
            assertTrue(await(store.keys().confirm(PHONE, key(2), Fixtures.NOW)));
            assertTrue(await(registry.revoke(PHONE)).isChange());
        }
    }

    @Test
    void closingTheStoreEndsEveryView() {
        JdbcKeyStore store = JdbcKeyStore.builder(pool).build();
        PublicKeyStore keys = store.keys();
        DeviceRegistry registry = store.registry();
        DeviceRegistry noting = registry.as(AuditNote.by("alice"));
        BlockingDeviceRegistry blocking = registry.blocking();
        store.close();
        String closed = "the key store is closed";
        assertEquals(closed, message(failure(keys.find(PHONE))));
        assertEquals(closed, message(failure(keys.cursor())));
        assertEquals(closed, message(failure(keys.changesSince(0))));
        assertEquals(closed, message(failure(keys.confirm(PHONE, key(1), Fixtures.NOW))));
        assertEquals(closed, message(failure(registry.find(PHONE))));
        assertEquals(closed, message(failure(registry.findByKey(key(1)))));
        assertEquals(closed, message(failure(registry.list(DeviceListing.ofApp("app")))));
        assertEquals(closed, message(failure(noting.revoke(PHONE))));
        assertEquals(closed, message(failure(store.forgetErased())));
        RegistryUnavailableException refused =
                assertThrows(RegistryUnavailableException.class, () -> blocking.revoke(PHONE));
        assertFalse(refused.isOutcomeUnknown(), "it was not begun");
        keys.close();
        store.close();
    }

    /** The commit was made, and its answer was lost. */
    @Test
    void aCommitWithoutAnAnswerIsAnUnknownOutcomeAndToRepeatItMendsThat() throws Exception {
        boolean[] lose = {false};
        DataSource losing = FaultyDataSource.around(pool, (target, method, original) -> {
            Object answer = original.proceed();
            if (lose[0] && method.equals("commit")) {
                lose[0] = false;
                throw new SQLException("connection reset", "08006");
            }
            return answer;
        });
        BlockingDeviceRegistry registry = Fixtures.inline(losing).registry().blocking();
        assertEquals(
                Outcome.CREATED,
                registry.register(PHONE, key(1), DeviceStatus.ACTIVE).outcome());
        lose[0] = true;
        RegistryUnavailableException lost =
                assertThrows(RegistryUnavailableException.class, () -> registry.revoke(PHONE));
        assertTrue(lost.isOutcomeUnknown());
        assertTrue(lost.getCause() instanceof JdbcKeyStoreException cause && cause.isOutcomeUnknown());
        assertEquals(DeviceStatus.REVOKED, registry.find(PHONE).orElseThrow().status());
        assertEquals(Outcome.UNCHANGED, registry.revoke(PHONE).outcome());
    }

    @Test
    void aFailureBeforeTheCommitIsAKnownOutcome() throws Exception {
        boolean[] fail = {false};
        DataSource failing = FaultyDataSource.wrap(pool, method -> {
            if (fail[0] && method.equals("commit")) {
                fail[0] = false;
                throw new SQLException("disk full", "53100");
            }
        });
        BlockingDeviceRegistry registry = Fixtures.inline(failing).registry().blocking();
        fail[0] = true;
        RegistryUnavailableException failed = assertThrows(
                RegistryUnavailableException.class, () -> registry.register(PHONE, key(1), DeviceStatus.ACTIVE));
        assertFalse(failed.isOutcomeUnknown());
        assertEquals("the registry failed", failed.getMessage());
        assertTrue(registry.find(PHONE).isEmpty());
    }

    /** The change is held up right before its commit, its caller is interrupted, and the change is made all the same. */
    @Test
    void anInterruptedCallerLeavesAChangeThatIsMadeLater() throws Exception {
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        boolean[] hold = {false};
        DataSource held = FaultyDataSource.wrap(pool, method -> {
            if (hold[0] && method.equals("commit")) {
                hold[0] = false;
                committing.countDown();
                assertTrue(goOn.await(60, TimeUnit.SECONDS));
            }
        });
        try (JdbcKeyStore store = JdbcKeyStore.builder(held).build()) {
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            hold[0] = true;
            AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
            Thread caller = new Thread(() -> {
                try {
                    boolean ignored = store.registry()
                            .blocking(Duration.ofMinutes(2))
                            .revoke(PHONE)
                            .isChange();
                } catch (Throwable failure) {
                    thrown.set(failure);
                }
            });
            caller.start();
            assertTrue(committing.await(60, TimeUnit.SECONDS));
            caller.interrupt();
            caller.join(60_000);
            assertTrue(thrown.get() instanceof InterruptedException, () -> "thrown: " + thrown.get());
            assertEquals(
                    DeviceStatus.ACTIVE,
                    await(store.keys().find(PHONE)).orElseThrow().status(),
                    "not yet");
            goOn.countDown();
            // Waits for the one before it, and finds it made.
            assertEquals(
                    Outcome.UNCHANGED, await(store.registry().revoke(PHONE)).outcome());
            assertTrue(await(store.registry().register(TABLET, key(2), DeviceStatus.ACTIVE))
                    .isChange());
        }
    }
}

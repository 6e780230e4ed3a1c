package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.failure;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static dev.countersign.keystore.jdbc.Fixtures.overload;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceStatus;
import dev.countersign.keystore.jdbc.lane.WorkerPool;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where calls run, how many wait, and how a store ends. */
@Timeout(120)
class JdbcKeyStoreCallsTest {
    private final JdbcDataSource database = Fixtures.memory();

    @AfterEach
    void dropDatabase() throws Exception {
        Fixtures.execute(database, "SHUTDOWN");
    }

    @Test
    void anInlineExecutorGivesCompleteStages() {
        try (JdbcKeyStore store = Fixtures.inline(database)) {
            CompletionStage<?> found = store.keys().find(PHONE);
            assertTrue(found instanceof CompletableFuture<?> future && future.isDone());
        }
    }

    @Test
    void theStoresOwnThreadsAreNamedDaemonsAndGoneAfterClose() {
        JdbcSchema.createIfMissing(database);
        Set<Thread> used = ConcurrentHashMap.newKeySet();
        DataSource watched = FaultyDataSource.wrap(database, method -> used.add(Thread.currentThread()));
        JdbcKeyStore store = JdbcKeyStore.builder(watched).threads(3).build();
        used.clear();
        List<CompletionStage<?>> calls = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            calls.add(store.registry().register(device(i), key(i), DeviceStatus.ACTIVE));
        }
        calls.forEach(Fixtures::await);
        assertTrue(used.size() <= 3 && !used.isEmpty(), "threads: " + used.size());
        for (Thread thread : used) {
            assertTrue(thread.isDaemon());
            assertTrue(thread.getName().startsWith("countersign-keys-"), thread.getName());
        }
        store.close();
        for (Thread thread : used) {
            assertFalse(thread.isAlive(), "a thread outlived its store");
        }
    }

    @Test
    void aFullQueueFailsTheStageAndNothingElse() throws Exception {
        JdbcSchema.createIfMissing(database);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(2);
        AtomicBoolean hold = new AtomicBoolean();
        DataSource slow = FaultyDataSource.wrap(database, method -> {
            if (hold.get() && method.equals("getConnection")) {
                entered.countDown();
                assertTrue(release.await(60, TimeUnit.SECONDS));
            }
        });
        try (JdbcKeyStore store =
                JdbcKeyStore.builder(slow).threads(3).queueLength(3).build()) {
            hold.set(true);
            List<CompletionStage<?>> taken = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                taken.add(store.keys().find(PHONE));
                taken.add(store.registry().revoke(device(i)));
            }
            assertTrue(entered.await(60, TimeUnit.SECONDS), "one lookup and one change run, three of each wait");
            CompletionStage<?> fifth = store.keys().find(PHONE);
            assertTrue(fifth.toCompletableFuture().isCompletedExceptionally(), "at once");
            assertEquals("the key store has too many lookups waiting", overload(fifth));
            assertEquals(
                    "the key store has too many changes waiting",
                    overload(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE)));
            release.countDown();
            taken.forEach(Fixtures::await);
            assertTrue(await(store.keys().find(PHONE)).isEmpty(), "the refused registration was not made");
        }
    }

    /** Virtual threads are such an executor: it takes whatever comes. */
    @Test
    void anExecutorWithoutBoundsIsBounded() throws Exception {
        AtomicInteger started = new AtomicInteger();
        boundsCalls(task -> {
            started.incrementAndGet();
            Thread thread = new Thread(task, "one-call");
            thread.setDaemon(true);
            thread.start();
        });
        assertEquals(3 + 1, started.get(), "a call that is refused does not reach the executor");
    }

    @Test
    void callersThreadsAreBoundedToo() throws Exception {
        boundsCalls(Runnable::run);
    }

    private void boundsCalls(Executor executor) throws Exception {
        JdbcSchema.createIfMissing(database);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(3);
        AtomicBoolean hold = new AtomicBoolean();
        DataSource slow = FaultyDataSource.wrap(database, method -> {
            if (hold.get() && method.equals("getConnection")) {
                entered.countDown();
                assertTrue(release.await(60, TimeUnit.SECONDS));
            }
        });
        ExecutorService callers = Executors.newCachedThreadPool();
        try (JdbcKeyStore store =
                JdbcKeyStore.builder(slow).executor(executor).maxCalls(3).build()) {
            hold.set(true);
            List<Future<Boolean>> taken = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                taken.add(callers.submit(() -> await(store.keys().find(PHONE)).isPresent()));
            }
            assertTrue(entered.await(60, TimeUnit.SECONDS), "three calls run");
            CompletionStage<?> fourth = store.keys().find(PHONE);
            assertTrue(fourth.toCompletableFuture().isCompletedExceptionally(), "at once");
            assertEquals("the key store has too many lookups waiting", overload(fourth));
            release.countDown();
            for (Future<Boolean> one : taken) {
                assertFalse(one.get(60, TimeUnit.SECONDS));
            }
            assertTrue(await(store.keys().find(PHONE)).isEmpty());
        } finally {
            release.countDown();
            callers.shutdownNow();
        }
    }

    @Test
    void aCallGivesItsPlaceBackHoweverItEnds() {
        JdbcSchema.createIfMissing(database);
        AtomicBoolean refuse = new AtomicBoolean();
        AtomicBoolean fail = new AtomicBoolean();
        DataSource failing = FaultyDataSource.wrap(database, method -> {
            if (fail.get()) {
                throw new SQLException("down", "08001");
            }
        });
        try (JdbcKeyStore store = JdbcKeyStore.builder(failing)
                .executor(task -> {
                    if (refuse.get()) {
                        throw new RejectedExecutionException("no");
                    }
                    task.run();
                })
                .maxCalls(1)
                .build()) {
            for (int i = 0; i < 3; i++) {
                refuse.set(true);
                assertEquals(
                        "the key store's executor is full",
                        overload(store.keys().find(PHONE)));
                refuse.set(false);
                fail.set(true);
                assertEquals("08001", failure(store.keys().find(PHONE)).sqlState());
                fail.set(false);
                assertTrue(await(store.keys().find(PHONE)).isEmpty());
            }
        }
    }

    /** What follows a call may be a call: the first one no longer counts. */
    @Test
    void whatFollowsACallHasItsPlace() throws Exception {
        JdbcSchema.createIfMissing(database);
        CountDownLatch attached = new CountDownLatch(1);
        ExecutorService one = Executors.newSingleThreadExecutor();
        DataSource slow = FaultyDataSource.wrap(database, method -> {
            if (!Thread.currentThread().getName().equals("main") && method.equals("close")) {
                assertTrue(attached.await(60, TimeUnit.SECONDS));
            }
        });
        try (JdbcKeyStore store =
                JdbcKeyStore.builder(slow).executor(one).maxCalls(1).build()) {
            CompletionStage<Boolean> both = store.keys()
                    .find(PHONE)
                    .thenCompose(none -> store.keys().find(PHONE))
                    .thenApply(Optional::isEmpty);
            attached.countDown();
            assertTrue(await(both));
        } finally {
            one.shutdownNow();
        }
    }

    @Test
    void settingsOfTheOtherKindOfExecutorAreRefused() {
        JdbcKeyStore.Builder own = JdbcKeyStore.builder(database).maxCalls(5);
        assertEquals(
                "maxCalls and connections are for an executor that is given: set threads and queueLength, or an executor",
                message(assertThrows(IllegalStateException.class, own::build)));
        JdbcKeyStore.Builder builder = JdbcKeyStore.builder(database);
        assertThrows(IllegalArgumentException.class, () -> builder.maxCalls(0));
        assertThrows(IllegalArgumentException.class, () -> builder.maxCalls(1_000_001));
        assertThrows(IllegalArgumentException.class, () -> builder.statementTimeLimit(Duration.ofMillis(9)));
        assertThrows(
                IllegalArgumentException.class,
                () -> builder.statementTimeLimit(Duration.ofHours(1).plusMillis(1)));
    }

    @Test
    void aDriverWithoutTheLimitDoesWithout() {
        JdbcSchema.createIfMissing(database);
        DataSource old = FaultyDataSource.wrap(database, method -> {
            if (method.endsWith("NetworkTimeout")) {
                throw new SQLFeatureNotSupportedException("no");
            }
        });
        try (JdbcKeyStore store =
                JdbcKeyStore.builder(old).executor(Runnable::run).build()) {
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(store.keys().find(PHONE)).isPresent());
        }
    }

    @Test
    void closeLetsARunningCallEndAndFailsWaitingAndLaterOnes() throws Exception {
        JdbcSchema.createIfMissing(database);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(1);
        AtomicBoolean hold = new AtomicBoolean();
        AtomicBoolean interrupted = new AtomicBoolean();
        DataSource slow = FaultyDataSource.wrap(database, method -> {
            if (hold.get() && method.equals("commit")) {
                entered.countDown();
                try {
                    assertTrue(release.await(60, TimeUnit.SECONDS));
                } catch (InterruptedException e) {
                    interrupted.set(true);
                }
            }
        });
        JdbcKeyStore store = JdbcKeyStore.builder(slow).threads(3).build();
        hold.set(true);
        CompletionStage<?> running = store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE);
        assertTrue(entered.await(60, TimeUnit.SECONDS));
        CompletionStage<?> waiting = store.registry().register(device(2), key(2), DeviceStatus.ACTIVE);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(store::close);
        // Its kind of calls is closed by then, and close() still waits for the one that runs.
        assertEquals("the key store was closed before the call began", message(failure(waiting)));
        CompletionStage<?> later = store.registry().revoke(PHONE);
        assertTrue(later.toCompletableFuture().isCompletedExceptionally(), "at once");
        assertEquals("the key store is closed", message(failure(later)));
        release.countDown();
        await(closing);
        await(running);
        assertFalse(interrupted.get(), "an embedded database would close its file");
        assertDoesNotThrow(store::close);
        try (JdbcKeyStore next = Fixtures.inline(database)) {
            assertTrue(await(next.keys().find(PHONE)).isPresent());
            assertTrue(await(next.keys().find(device(2))).isEmpty());
        }
    }

    @Test
    void aStoreMayBeClosedByWhatFollowsACall() {
        JdbcSchema.createIfMissing(database);
        CountDownLatch attached = new CountDownLatch(1);
        DataSource slow = FaultyDataSource.wrap(database, method -> {
            if (Thread.currentThread().getName().startsWith("countersign-keys-") && method.equals("close")) {
                assertTrue(attached.await(60, TimeUnit.SECONDS));
            }
        });
        JdbcKeyStore store = JdbcKeyStore.builder(slow).threads(3).build();
        CompletionStage<Long> nanos = store.keys().find(PHONE).thenApply(none -> {
            long start = System.nanoTime();
            store.close();
            return System.nanoTime() - start;
        });
        attached.countDown();
        assertTrue(await(nanos) < TimeUnit.SECONDS.toNanos(4), "it waited for itself");
    }

    @Test
    void closeDoesNotWaitForEverForACallThatHangs() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        WorkerPool pool = new WorkerPool(1, Duration.ofMillis(1));
        pool.execute(() -> {
            entered.countDown();
            try {
                ended.set(release.await(60, TimeUnit.SECONDS));
            } catch (InterruptedException interrupted) {
                ended.set(false);
            }
        });
        assertTrue(entered.await(60, TimeUnit.SECONDS));
        pool.close();
        assertFalse(ended.get());
        Thread.currentThread().interrupt();
        pool.close();
        assertTrue(Thread.interrupted(), "an interrupt is kept");
        release.countDown();
    }

    @Test
    void aBuilderMayBeUsedAgain() {
        JdbcSchema.createIfMissing(database);
        JdbcKeyStore.Builder builder = JdbcKeyStore.builder(database).threads(3);
        JdbcKeyStore first = builder.build();
        try (JdbcKeyStore second = builder.build()) {
            first.close();
            assertTrue(await(second.keys().find(PHONE)).isEmpty());
        }
    }

    @Test
    void whatWasGivenStaysOpen() throws Exception {
        JdbcSchema.createIfMissing(database);
        AtomicInteger unwrapped = new AtomicInteger();
        ExecutorService given = Executors.newSingleThreadExecutor();
        try {
            DataSource watched = FaultyDataSource.wrap(database, method -> {
                if (method.equals("shutdown") || method.equals("unwrap")) {
                    unwrapped.incrementAndGet();
                }
            });
            JdbcKeyStore store = JdbcKeyStore.builder(watched).executor(given).build();
            CompletionStage<String> thread = store.keys().find(PHONE).thenApply(none -> "done");
            assertEquals("done", await(thread));
            store.close();
            store.close();
            assertFalse(given.isShutdown());
            assertEquals(0, unwrapped.get());
            watched.getConnection().close();
        } finally {
            given.shutdownNow();
        }
    }

    @Test
    void anExecutorThatRefusesMakesTheStoreUnavailable() {
        JdbcSchema.createIfMissing(database);
        AtomicBoolean refuse = new AtomicBoolean(true);
        try (JdbcKeyStore store = JdbcKeyStore.builder(database)
                .executor(task -> {
                    if (refuse.get()) {
                        throw new RejectedExecutionException("no");
                    }
                    task.run();
                })
                .build()) {
            assertEquals(
                    "the key store's executor is full", overload(store.keys().find(PHONE)));
            refuse.set(false);
            assertTrue(await(store.keys().find(PHONE)).isEmpty());
        }
    }

    @Test
    void everyCallFailsAfterClose() {
        JdbcKeyStore store = Fixtures.inline(database);
        store.close();
        List<CompletionStage<?>> calls = List.of(
                store.keys().find(PHONE),
                store.registry().findByKey(key(1)),
                store.keys().cursor(),
                store.keys().changesSince(0),
                store.keys().confirm(PHONE, key(1), Fixtures.NOW),
                store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE),
                store.registry().activate(PHONE),
                store.registry().rotate(PHONE, key(2), key(1)),
                store.registry().replace(PHONE, key(2)),
                store.registry().invalidate(PHONE),
                store.registry().revoke(PHONE));
        for (CompletionStage<?> call : calls) {
            JdbcKeyStoreException failure = assertDoesNotThrow(() -> closedFailure(call));
            assertEquals("the key store is closed", message(failure));
        }
        assertNotEquals(0, calls.size());
    }

    private static JdbcKeyStoreException closedFailure(CompletionStage<?> call) {
        CompletableFuture<JdbcKeyStoreException> seen = new CompletableFuture<>();
        call.whenComplete((answer, failure) -> {
            Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
            seen.complete((JdbcKeyStoreException) cause);
        });
        return await(seen);
    }
}

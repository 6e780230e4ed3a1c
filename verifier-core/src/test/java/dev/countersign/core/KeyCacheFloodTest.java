package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.StoreOverloadedException;
import dev.countersign.core.cache.CachedDevice;
import dev.countersign.core.cache.Shares;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Made-up devices in numbers, and a store that takes its time: who keeps what, and what is no outage. */
@Timeout(60)
class KeyCacheFloodTest {
    private static final DeviceIdentity DEVICE = new DeviceIdentity("com.acme.app", "device-1");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final int FLOOD = 4000;

    private final ManualTime time = new ManualTime();
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(MutableClock.atSecond(1_800_000_000L));
    private final HeldKeyStore store = new HeldKeyStore(registry);
    private final KeyCache cache =
            KeyCache.builder(store).timer(time).nanoTime(time::nanos).build();
    private int madeUp;

    KeyCacheFloodTest() {
        registry.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 0));
    }

    @AfterEach
    void close() {
        cache.close();
        assertEquals(0, cache.keys().readsUnderWay());
        time.shutdownNow();
    }

    private CompletableFuture<CachedDevice> find(DeviceIdentity device) {
        return cache.keys().find(device).toCompletableFuture();
    }

    private DeviceStatus status() {
        CompletableFuture<CachedDevice> found = find(DEVICE);
        assertTrue(found.isDone());
        DeviceRecord record = found.join().record();
        assertNotNull(record);
        return record.status();
    }

    private void revoke() {
        assertTrue(registry.revoke(DEVICE).toCompletableFuture().join().isChange());
    }

    /** As many heads as come in a second. */
    private void flood() {
        for (int i = 0; i < FLOOD; i++) {
            assertNotNull(find(new DeviceIdentity("com.acme.app", "made-up-" + madeUp++)));
        }
    }

    private CompletableFuture<CachedDevice> recheck() {
        CachedDevice seen = find(DEVICE).join();
        time.skip(Duration.ofNanos(1));
        return cache.keys().recheck(DEVICE, seen, time.nanos()).toCompletableFuture();
    }

    @Test
    void withEveryLookupHeldThePollStartsAndEnds() {
        assertEquals(DeviceStatus.ACTIVE, status());
        store.holdFinds = true;
        for (int second = 0; second < 20; second++) {
            flood();
            time.pass(SECOND);
        }
        assertEquals(0, cache.stats().pollFailures());
        assertTrue(store.finds.get() < 400, store.finds.get() + " reads for 80 000 heads: the queue stays short");
        revoke();
        flood();
        time.pass(SECOND);
        assertEquals(DeviceStatus.REVOKED, status());
        assertEquals(0, cache.stats().servedInOutage());
    }

    @Test
    void devicesAtHandAreReadWhileTheOpenShareIsFull() {
        assertEquals(DeviceStatus.ACTIVE, status());
        store.holdFinds = true;
        flood();
        int before = store.held.size();
        registry.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(2), 0));
        CompletableFuture<CachedDevice> reread = recheck();
        assertEquals(before + 1, store.held.size(), "is asked for at once");
        assertEquals(1, Shares.reserveUnderWay(cache.keys()));
        store.last().answer();
        DeviceRecord record = reread.join().record();
        assertNotNull(record);
        assertEquals(TestKeys.publicKey(2), record.keys().get(0).publicKey());
    }

    @Test
    void behindTheFeedToo() {
        assertEquals(DeviceStatus.ACTIVE, status());
        store.feedFails = true;
        store.holdFinds = true;
        time.pass(SECOND.multipliedBy(3));
        flood();
        revoke();
        CompletableFuture<CachedDevice> waiting = find(DEVICE);
        assertFalse(waiting.isDone());
        store.last().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(waiting));
    }

    private static DeviceStatus statusOf(CompletableFuture<CachedDevice> answered) {
        assertTrue(answered.isDone());
        DeviceRecord record = answered.join().record();
        assertNotNull(record);
        return record.status();
    }

    @Test
    void aReadThatTookTooLongWhileOthersWereAnsweredIsNoOutage() {
        assertEquals(DeviceStatus.ACTIVE, status());
        store.feedFails = true;
        store.holdFinds = true;
        CompletableFuture<CachedDevice> one = find(new DeviceIdentity("com.acme.app", "one"));
        CompletableFuture<CachedDevice> other = find(new DeviceIdentity("com.acme.app", "other"));
        time.pass(Duration.ofMillis(900));
        store.first().answer();
        assertTrue(one.isDone());
        time.pass(SECOND.multipliedBy(3));
        assertTrue(other.isCompletedExceptionally(), "late");
        revoke();
        CompletableFuture<CachedDevice> waiting = find(DEVICE);
        assertFalse(waiting.isDone(), "is read: the store is not down");
        assertEquals(0, cache.stats().servedInOutage());
        store.last().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(waiting));
    }

    @Test
    void aLateAnswerIsASignOfLife() {
        assertEquals(DeviceStatus.ACTIVE, status());
        store.feedFails = true;
        store.holdFinds = true;
        assertNotNull(find(new DeviceIdentity("com.acme.app", "late")));
        time.pass(Duration.ofMillis(500));
        CompletableFuture<CachedDevice> other = find(new DeviceIdentity("com.acme.app", "other"));
        time.pass(Duration.ofMillis(700));
        store.findsFail = false;
        store.holdFinds = false;
        // The first one was given up, and nothing had been answered: that looks like an outage until it is answered.
        store.first().answer();
        time.pass(Duration.ofMillis(400));
        assertTrue(other.isCompletedExceptionally());
        time.pass(SECOND);
        revoke();
        assertEquals(DeviceStatus.REVOKED, status());
    }

    @Test
    void callsThatAreRefusedForTheirNumberAreNoOutage() {
        AtomicReference<Throwable> refusal = new AtomicReference<>(new IllegalStateException("down"));
        boolean[] refused = new boolean[1];
        HeldKeyStore overloaded = new HeldKeyStore(registry) {
            @Override
            public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
                return refused[0] ? CompletableFuture.failedFuture(refusal.get()) : super.find(claimed);
            }

            @Override
            public CompletionStage<DeviceChanges> changesSince(long cursor) {
                return refused[0] ? CompletableFuture.failedFuture(refusal.get()) : super.changesSince(cursor);
            }

            @Override
            public CompletionStage<Long> cursor() {
                return refused[0] ? CompletableFuture.failedFuture(refusal.get()) : super.cursor();
            }
        };
        for (boolean isOutage : new boolean[] {true, false}) {
            refused[0] = false;
            try (KeyCache over = KeyCache.builder(overloaded)
                    .timer(time)
                    .nanoTime(time::nanos)
                    .build()) {
                over.keys().find(DEVICE).toCompletableFuture().join();
                refused[0] = true;
                time.pass(SECOND.multipliedBy(4));
                for (int i = 0; i < 3; i++) {
                    assertEquals(
                            !isOutage,
                            over.keys().find(DEVICE).toCompletableFuture().isCompletedExceptionally());
                }
                assertEquals(isOutage, over.stats().servedInOutage() > 0);
                assertTrue(over.stats().pollFailures() >= 3, "it counts, though it is no outage");
            }
            refusal.set(new StoreOverloadedException("too many calls wait"));
        }
    }

    @Test
    void aReadThatNobodyWaitsForKeepsItsPlaceUntilItIsAnsweredOrAbandoned() {
        store.holdFinds = true;
        flood();
        int places = Shares.openUnderWay(cache.keys());
        assertEquals(32, places);
        time.pass(SECOND.multipliedBy(2));
        assertEquals(places, Shares.openUnderWay(cache.keys()));
        assertTrue(find(DEVICE).isCompletedExceptionally(), "turned away, not put into a queue");
        store.first().answer();
        store.first().fail();
        assertEquals(places - 2, Shares.openUnderWay(cache.keys()));
        time.pass(SECOND.multipliedBy(9));
        assertEquals(0, Shares.openUnderWay(cache.keys()), "a store that never answers holds no place for ever");
        while (!store.held.isEmpty()) {
            store.first().answer();
        }
        assertEquals(0, Shares.openUnderWay(cache.keys()));
    }

    /** What follows the end of a time limit may take long: with a thread of its own, the feed does not wait for it. */
    @Test
    void theFeedHasAThreadOfItsOwn() throws Exception {
        CountDownLatch polls = new CountDownLatch(3);
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        HeldKeyStore slow = new HeldKeyStore(registry) {
            @Override
            public synchronized CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
                return new CompletableFuture<>();
            }

            @Override
            public CompletionStage<DeviceChanges> changesSince(long cursor) {
                if (blocked.getCount() == 0) {
                    polls.countDown();
                }
                return super.changesSince(cursor);
            }
        };
        try (KeyCache over = KeyCache.builder(slow)
                .pollInterval(Duration.ofMillis(5))
                .loadTimeLimit(Duration.ofMillis(5))
                .build()) {
            Thread asks = Thread.currentThread();
            @Nullable CompletableFuture<Void> waiter = null;
            // The time limit may be over before it is said what follows, which then happens here and holds up nobody:
            // once more.
            for (int attempt = 0; attempt < 100 && (waiter == null || waiter.isDone()); attempt++) {
                waiter = over.keys()
                        .find(DEVICE)
                        .<Void>handle((entry, failure) -> {
                            if (Thread.currentThread() == asks) {
                                return null;
                            }
                            blocked.countDown();
                            try {
                                assertTrue(end.await(30, TimeUnit.SECONDS));
                            } catch (InterruptedException closed) {
                                Thread.currentThread().interrupt();
                            }
                            return null;
                        })
                        .toCompletableFuture();
            }
            assertTrue(blocked.await(30, TimeUnit.SECONDS));
            assertTrue(polls.await(30, TimeUnit.SECONDS), "polls go on");
            end.countDown();
            Objects.requireNonNull(waiter).get(30, TimeUnit.SECONDS);
        }
    }
}

package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.core.cache.CachedDevice;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The change feed, from its beginning on, and how far it may be behind. */
class KeyCacheFeedTest extends KeyCacheFixture {
    @Test
    void nothingIsKeptThatWasReadBeforeTheFeedBegan() {
        store.holdFeed = true;
        store.holdFinds = true;
        KeyCache cache = cache();
        assertEquals(Optional.empty(), cache.stats().feedLag());
        CompletableFuture<CachedDevice> early = find(cache, DEVICE);
        HeldKeyStore.Held<?> read = store.last();
        ignore(registry.revoke(DEVICE));
        store.first().fail();
        time.pass(SECOND); // asks for the cursor again: it is past the revocation
        store.holdFeed = false;
        store.last().answer();
        assertTrue(cache.stats().feedLag().isPresent());
        read.answer();
        assertTrue(early.isCompletedExceptionally(), "late by now");
        store.holdFinds = false;
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
    }

    @Test
    void aReadThatBeganBeforeTheCursorWasKnownIsNotKept() {
        store.holdFeed = true;
        store.holdFinds = true;
        KeyCache cache = cache();
        CompletableFuture<CachedDevice> early = find(cache, DEVICE);
        store.first().answer(); // the cursor of before the revocation
        ignore(registry.revoke(DEVICE));
        store.first().answer();
        assertEquals(DeviceStatus.ACTIVE, statusOf(early));
        assertEquals(0, cache.stats().estimatedDevices());
        store.holdFinds = false;
        store.holdFeed = false;
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
    }

    @Test
    void theCursorIsAskedForUntilItIsKnown() {
        store.feedFails = true;
        KeyCache cache = cache();
        time.pass(SECOND.multipliedBy(3));
        assertEquals(4, store.cursors.get());
        assertEquals(4, cache.stats().pollFailures());
        store.feedFails = false;
        time.pass(SECOND);
        assertEquals(Optional.of(Duration.ZERO), cache.stats().feedLag());
        assertEquals(0, store.pages.get());
        time.pass(SECOND);
        assertEquals(1, store.pages.get());
    }

    @Test
    void aPollReadsPagesToTheEndAndOneAfterAnotherInterval() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        store.pageSize = 1;
        for (int i = 10; i < 15; i++) {
            put(device(i), i);
        }
        ignore(registry.revoke(DEVICE));
        time.pass(SECOND);
        assertEquals(7, store.pages.get(), "six changes, and the end");
        assertEquals(2, cache.stats().polls(), "the cursor and this one");
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
        assertEquals(1, cache.stats().estimatedDevices());
        time.pass(SECOND);
        assertEquals(8, store.pages.get());
    }

    @Test
    void manyPagesNeedNoMoreStack() {
        DeviceRecord record = DeviceRecord.active(STRANGER, TestKeys.publicKey(1), 1);
        HeldKeyStore far = new HeldKeyStore(registry) {
            @Override
            public CompletionStage<DeviceChanges> changesSince(long from) {
                boolean end = pages.incrementAndGet() > 50_000;
                return CompletableFuture.completedFuture(
                        end ? DeviceChanges.of(List.of(), from) : DeviceChanges.of(List.of(record), from + 1));
            }
        };
        built = KeyCache.builder(far).timer(time).nanoTime(time::nanos).build();
        time.pass(SECOND);
        assertEquals(50_001, far.pages.get());
        assertEquals(0, built.stats().pollFailures());
    }

    @Test
    void pollsBeginAnIntervalApartHoweverLongTheyTake() {
        store.holdFeed = true;
        KeyCache cache = cache();
        time.pass(Duration.ofMillis(300));
        store.first().answer();
        assertEquals(Optional.of(Duration.ofMillis(300)), cache.stats().feedLag(), "as of when it was asked for");
        time.pass(Duration.ofMillis(699));
        assertEquals(0, store.pages.get());
        time.pass(Duration.ofMillis(1));
        assertEquals(1, store.pages.get());
        time.pass(Duration.ofMillis(999));
        store.first().answer();
        assertEquals(Optional.of(Duration.ofMillis(999)), cache.stats().feedLag());
        time.pass(Duration.ofMillis(99));
        assertEquals(1, store.pages.get(), "a pause in any case");
        time.pass(Duration.ofMillis(1));
        assertEquals(2, store.pages.get());
    }

    @Test
    void aPollThatWasGivenUpMovesNothing() {
        KeyCache cache = cache(settings -> settings.pollTimeLimit(HALF));
        found(cache, DEVICE);
        ignore(registry.revoke(DEVICE));
        store.holdFeed = true;
        time.pass(SECOND);
        long from = store.lastCursor;
        time.pass(HALF);
        assertEquals(1, cache.stats().pollFailures());
        store.first().answer();
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
        assertEquals(Optional.of(SECOND.plus(HALF)), cache.stats().feedLag());
        store.holdFeed = false;
        store.pageSize = 0; // says nothing: what counts is where it was asked from
        time.pass(HALF);
        assertEquals(from, store.lastCursor);
        assertEquals(Optional.of(Duration.ZERO), cache.stats().feedLag());
        assertEquals(1, cache.stats().pollFailures());
    }

    @Test
    void aPollCountsFromItsBeginningAndOnlyAtItsEnd() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        store.pageSize = 1;
        put(device(2), 2);
        put(device(3), 3);
        store.holdFeed = true;
        time.pass(SECOND);
        store.first().answer();
        time.pass(HALF);
        store.first().answer();
        assertEquals(Optional.of(SECOND.plus(HALF)), cache.stats().feedLag(), "not at its end yet");
        time.pass(HALF);
        store.first().answer();
        assertEquals(Optional.of(SECOND), cache.stats().feedLag());
    }

    @Test
    void aFeedThatDoesNotLeadOnIsBroken() {
        for (long cursor : new long[] {-1, 0}) {
            HeldKeyStore broken = new HeldKeyStore(registry) {
                @Override
                public CompletionStage<DeviceChanges> changesSince(long from) {
                    pages.incrementAndGet();
                    DeviceRecord record = DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 1);
                    return CompletableFuture.completedFuture(DeviceChanges.of(List.of(record), from + cursor));
                }
            };
            try (KeyCache cache =
                    KeyCache.builder(broken).timer(time).nanoTime(time::nanos).build()) {
                time.pass(SECOND.multipliedBy(2));
                assertEquals(2, broken.pages.get());
                assertEquals(2, cache.stats().pollFailures());
            }
        }
    }

    @Test
    void aStoreThatLostChangesIsReadAnew() {
        InMemoryDeviceRegistry restored = new InMemoryDeviceRegistry(MutableClock.atSecond(1_800_000_000L));
        boolean[] lost = new boolean[1];
        HeldKeyStore database = new HeldKeyStore(registry) {
            @Override
            public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
                return lost[0] ? restored.find(claimed) : super.find(claimed);
            }

            @Override
            public CompletionStage<Long> cursor() {
                return lost[0] ? restored.cursor() : super.cursor();
            }

            @Override
            public CompletionStage<DeviceChanges> changesSince(long from) {
                return lost[0] ? restored.changesSince(from) : super.changesSince(from);
            }
        };
        for (int i = 0; i < 20; i++) {
            put(DEVICE, 1);
        }
        KeyCache cache =
                KeyCache.builder(database).timer(time).nanoTime(time::nanos).build();
        built = cache;
        time.pass(SECOND.multipliedBy(10).plus(HALF));
        assertTrue(found(cache, DEVICE).version() > 20);
        database.holdFinds = true;
        CompletableFuture<CachedDevice> underWay = find(cache, device(7));
        database.holdFinds = false;
        restored.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 0));
        restored.put(DeviceRecord.active(device(7), TestKeys.publicKey(7), 0));
        lost[0] = true;
        time.pass(HALF);
        assertEquals(1, found(cache, DEVICE).version(), "as it is now, below all that was known");
        database.first().answer();
        assertEquals(2, versionOf(underWay.join()), "a read of what was lost answers nobody");
        ignore(restored.revoke(DEVICE));
        time.pass(SECOND);
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status(), "the feed has begun anew");
    }

    @Test
    @SuppressWarnings("NullAway") // stores of others may answer null all the same
    void theFeedGoesOnWhateverAStoreDoes() {
        AtomicInteger call = new AtomicInteger();
        HeldKeyStore wild = new HeldKeyStore(registry) {
            @Override
            public CompletionStage<DeviceChanges> changesSince(long from) {
                return switch (call.getAndIncrement()) {
                    case 0 -> null;
                    case 1 -> CompletableFuture.completedFuture(null);
                    case 2 -> throw new StackOverflowError();
                    case 3 -> CompletableFuture.failedStage(new Error("down"));
                    default -> super.changesSince(from);
                };
            }
        };
        KeyCache cache =
                KeyCache.builder(wild).timer(time).nanoTime(time::nanos).build();
        built = cache;
        time.pass(SECOND.multipliedBy(5));
        assertEquals(4, cache.stats().pollFailures());
        assertEquals(Optional.of(Duration.ZERO), cache.stats().feedLag());
    }

    @Test
    void behindTheFeedARecordIsReadBeforeItIsUsedOnceInTwoSeconds() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        store.pageSize = 1;
        store.holdFeed = true;
        crawl(5);
        assertEquals(0, cache.stats().pollFailures());
        ignore(registry.revoke(DEVICE));
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
        assertEquals(2, store.finds.get());
        crawl(2);
        found(cache, DEVICE);
        assertEquals(2, store.finds.get(), "young enough");
        crawl(1);
        found(cache, DEVICE);
        assertEquals(3, store.finds.get());
        assertEquals(0, cache.stats().servedInOutage());
    }
}

package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.core.cache.CachedDevice;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import dev.countersign.tck.InMemoryDeviceRegistry;
import dev.countersign.tck.MutableClock;
import dev.countersign.tck.TestKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the cache remembers and forgets, in every order in which reads, the feed and the application can come. */
class KeyCacheTest {
    private static final DeviceIdentity DEVICE = new DeviceIdentity("com.acme.app", "device-1");
    private static final DeviceIdentity STRANGER = new DeviceIdentity("com.acme.app", "nobody");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HALF = Duration.ofMillis(500);
    private static final EcdsaP256Engine ENGINE = EcdsaP256Engine.bouncyCastle();

    private final ManualTime time = new ManualTime();
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(MutableClock.atSecond(1_800_000_000L));
    private final HeldKeyStore store = new HeldKeyStore(registry);
    private @Nullable KeyCache built;
    private int crawled;

    KeyCacheTest() {
        put(DEVICE, 1);
    }

    @AfterEach
    void nothingIsLeft() {
        KeyCache cache = built;
        if (cache != null) {
            cache.close();
            assertEquals(0, cache.keys().readsUnderWay());
            assertEquals(0, time.waiting(), "a closed cache leaves nothing on the timer");
        }
        time.shutdownNow();
    }

    private KeyCache cache() {
        return cache(settings -> settings);
    }

    private KeyCache cache(UnaryOperator<KeyCacheBuilder> change) {
        KeyCache cache = change.apply(KeyCache.builder(store).timer(time).nanoTime(time::nanos))
                .build();
        built = cache;
        return cache;
    }

    private DeviceRecord put(DeviceIdentity device, long key) {
        return registry.put(DeviceRecord.active(device, TestKeys.publicKey(key), 0));
    }

    private static CompletableFuture<CachedDevice> find(KeyCache cache, DeviceIdentity device) {
        return cache.keys().find(device).toCompletableFuture();
    }

    private static DeviceRecord found(KeyCache cache, DeviceIdentity device) {
        DeviceRecord record = foundOrNot(cache, device);
        assertNotNull(record);
        return record;
    }

    private static @Nullable DeviceRecord foundOrNot(KeyCache cache, DeviceIdentity device) {
        CompletableFuture<CachedDevice> found = find(cache, device);
        assertTrue(found.isDone(), "inline");
        return found.join().record();
    }

    private static DeviceStatus statusOf(CompletableFuture<CachedDevice> answered) {
        assertTrue(answered.isDone());
        DeviceRecord record = answered.join().record();
        assertNotNull(record);
        return record.status();
    }

    private static long versionOf(CachedDevice entry) {
        DeviceRecord record = entry.record();
        assertNotNull(record);
        return record.version();
    }

    private static DeviceIdentity device(int number) {
        return new DeviceIdentity("com.acme.app", "device-" + number + "-of-many");
    }

    /** The device's record after a revocation that was committed just now. */
    private DeviceRecord revoked() {
        DeviceRecord record =
                registry.revoke(DEVICE).toCompletableFuture().join().record().orElseThrow();
        assertNotNull(record);
        return record;
    }

    private static void ignore(CompletionStage<RegistryResult> change) {
        assertTrue(change.toCompletableFuture().join().isSuccess());
    }

    /** A recheck by a request that begins now, read and held. */
    private CompletableFuture<CachedDevice> heldRecheck(KeyCache cache) {
        time.skip(Duration.ofNanos(1));
        store.holdFinds = true;
        return cache.keys()
                .recheck(DEVICE, find(cache, DEVICE).join(), time.nanos())
                .toCompletableFuture();
    }

    // ---- status ----

    @Test
    void theStatusIsThatOfTheStoreUntilTheCacheIsClosed() {
        StoreStatus down = StoreStatus.unavailable(Instant.EPOCH, "down");
        store.status = down;
        KeyCache cache = cache();
        assertSame(down, cache.status());
        store.status = StoreStatus.available(Instant.EPOCH);
        assertTrue(cache.status().isAvailable());
        cache.close();
        assertFalse(cache.status().isAvailable());
        assertEquals("the key cache is closed", cache.status().reason());
        StoreStatus closed = cache.status();
        cache.close();
        assertSame(closed, cache.status(), "since it was closed first");
    }

    // ---- hits and misses ----

    @Test
    void aDeviceIsReadOnceAndThenAtHand() {
        KeyCache cache = cache();
        CachedDevice first = find(cache, DEVICE).join();
        CachedDevice second = find(cache, DEVICE).join();
        assertSame(first, second);
        assertSame(find(cache, DEVICE), find(cache, DEVICE), "no new stage either");
        assertEquals(1, store.finds.get());
        KeyCacheStats stats = cache.stats();
        assertEquals(1, stats.misses());
        assertEquals(3, stats.hits());
        assertEquals(1, stats.loads());
        assertEquals(1, stats.estimatedDevices());
    }

    @Test
    void aRevocationOnAnotherNodeCountsAfterTheNextPoll() {
        KeyCache cache = cache();
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
        ignore(registry.revoke(DEVICE));
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
        time.pass(SECOND);
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
        assertEquals(1, store.finds.get(), "the feed told it");
    }

    @Test
    void anUnknownDeviceIsRememberedForASecond() {
        KeyCache cache = cache();
        assertNull(foundOrNot(cache, STRANGER));
        time.skip(Duration.ofMillis(999));
        assertNull(foundOrNot(cache, STRANGER));
        assertEquals(1, store.finds.get());
        time.skip(Duration.ofMillis(2));
        assertNull(foundOrNot(cache, STRANGER));
        assertEquals(2, store.finds.get());
        assertEquals(1, cache.stats().unknownHits());
        assertFalse(find(cache, STRANGER).isCompletedExceptionally());
    }

    // ---- the feed and a read under way ----

    @Test
    void aSlowReadDoesNotUndoWhatTheFeedSaid() {
        KeyCache cache = cache();
        time.pass(HALF);
        store.holdFinds = true;
        CompletableFuture<CachedDevice> waiting = find(cache, DEVICE);
        ignore(registry.revoke(DEVICE));
        time.pass(HALF);
        assertFalse(waiting.isDone());
        assertEquals(0, cache.stats().estimatedDevices(), "the feed alone makes no entry");
        store.first().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(waiting), "who waits gets the newer one, too");
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
    }

    @Test
    void aSlowRereadDoesNotUndoWhatTheFeedSaid() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        time.pass(HALF);
        CompletableFuture<CachedDevice> reread = heldRecheck(cache);
        ignore(registry.revoke(DEVICE));
        time.pass(HALF);
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
        store.first().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(reread));
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
    }

    @Test
    void anEmptyAnswerIsOlderThanWhatTheFeedSaid() {
        KeyCache cache = cache();
        time.pass(HALF);
        store.holdFinds = true;
        CompletableFuture<CachedDevice> waiting = find(cache, STRANGER);
        DeviceRecord registered = put(STRANGER, 2);
        time.pass(HALF);
        store.first().answer();
        assertEquals(registered, waiting.join().record());
        assertEquals(registered, found(cache, STRANGER));
    }

    @Test
    void anUpdateCountsAgainstAReadUnderWayToo() {
        KeyCache cache = cache();
        store.holdFinds = true;
        CompletableFuture<CachedDevice> waiting = find(cache, DEVICE);
        cache.update(revoked());
        store.first().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(waiting));
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
    }

    @Test
    void anUpdateReplacesAnOlderRecordAndNoNewerOne() {
        KeyCache cache = cache();
        DeviceRecord first = found(cache, DEVICE);
        cache.update(revoked());
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
        cache.update(first);
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
        assertEquals(1, store.finds.get());
        cache.update(put(STRANGER, 2));
        assertEquals(1, cache.stats().estimatedDevices(), "of a device that nobody asks for nothing is kept");
    }

    @Test
    void aRegistrationOnTheFeedOrByUpdateEndsTheMemoryOfADeviceThatWasNot() {
        KeyCache cache =
                cache(settings -> settings.maxFeedLag(Duration.ofSeconds(9)).rememberUnknown(SECOND.plus(SECOND)));
        assertNull(foundOrNot(cache, STRANGER));
        put(STRANGER, 2);
        assertNull(foundOrNot(cache, STRANGER));
        time.pass(SECOND);
        assertEquals(STRANGER, found(cache, STRANGER).identity());
        DeviceIdentity other = device(7);
        assertNull(foundOrNot(cache, other));
        cache.update(put(other, 3));
        assertEquals(other, found(cache, other).identity());
    }

    @Test
    void anInvalidationIsNotUndoneByAReadThatBeganBeforeIt() {
        KeyCache cache = cache();
        store.holdFinds = true;
        CompletableFuture<CachedDevice> before = find(cache, DEVICE);
        ignore(registry.revoke(DEVICE));
        cache.invalidate(DEVICE);
        CompletableFuture<CachedDevice> after = find(cache, DEVICE);
        store.first().answer();
        assertFalse(before.isDone() || after.isDone(), "the answer is of no use any more, also for who waits");
        store.first().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(after));
        assertSame(after.join(), before.join());
        assertSame(after.join(), find(cache, DEVICE).join());
        assertEquals(2, store.finds.get());
    }

    @Test
    void whoWaitedForAnInvalidatedReadAloneGetsAnotherOne() {
        KeyCache cache = cache();
        store.holdFinds = true;
        CompletableFuture<CachedDevice> before = find(cache, DEVICE);
        ignore(registry.revoke(DEVICE));
        cache.invalidate(DEVICE);
        store.first().answer();
        assertEquals(2, store.finds.get());
        store.first().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(before));
        cache.invalidate(DEVICE);
        CompletableFuture<CachedDevice> again = find(cache, DEVICE);
        cache.invalidate(DEVICE);
        store.findsFail = true;
        store.first().answer();
        assertTrue(again.isCompletedExceptionally());
    }

    @Test
    void aReadThatWasOvertakenChangesNothingWhenItComesLast() {
        KeyCache cache = cache();
        store.holdFinds = true;
        CompletableFuture<CachedDevice> before = find(cache, DEVICE);
        ignore(registry.revoke(DEVICE));
        cache.invalidate(DEVICE);
        CompletableFuture<CachedDevice> after = find(cache, DEVICE);
        store.last().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(after));
        store.last().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(before), "nobody gets less than what is known by now");
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
        assertEquals(2, store.finds.get());
    }

    @Test
    void aFailedReadThatWasOvertakenLeavesTheOtherAlone() {
        KeyCache cache = cache();
        store.holdFinds = true;
        CompletableFuture<CachedDevice> before = find(cache, DEVICE);
        cache.invalidate(DEVICE);
        CompletableFuture<CachedDevice> after = find(cache, DEVICE);
        store.first().fail();
        assertTrue(before.isCompletedExceptionally());
        assertSame(after.isDone(), find(cache, DEVICE).isDone());
        assertEquals(2, store.finds.get(), "the second read is still the one to join");
        store.first().answer();
        assertEquals(DeviceStatus.ACTIVE, statusOf(after));
    }

    @Test
    void anEntryThatIsDroppedIsMarkedForThoseWhoHoldIt() {
        KeyCache cache = cache(settings -> settings.rememberUnknown(SECOND.plus(HALF)));
        CachedDevice first = find(cache, DEVICE).join();
        assertFalse(first.isSuperseded());
        cache.invalidate(DEVICE);
        assertTrue(first.isSuperseded());
        CachedDevice second = find(cache, DEVICE).join();
        cache.update(revoked());
        assertTrue(second.isSuperseded());
        CachedDevice unknown = find(cache, STRANGER).join();
        put(STRANGER, 2);
        time.pass(SECOND);
        assertTrue(unknown.isSuperseded());
    }

    @Test
    void aDeviceThatIsGoneIsForgotten() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        store.knowsNobody = true;
        assertNull(cache.keys()
                .recheck(DEVICE, find(cache, DEVICE).join(), time.nanos() + 1)
                .toCompletableFuture()
                .join()
                .record());
        assertNull(foundOrNot(cache, DEVICE));
        assertEquals(2, store.finds.get());
    }

    @Test
    void anOlderVersionFromTheStoreItselfReplacesNothing() {
        DeviceRecord old = registry.find(DEVICE).toCompletableFuture().join().orElseThrow();
        AtomicBoolean lagging = new AtomicBoolean();
        HeldKeyStore replica = new HeldKeyStore(registry) {
            @Override
            public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
                return lagging.get() ? CompletableFuture.completedFuture(Optional.of(old)) : super.find(claimed);
            }
        };
        ignore(registry.revoke(DEVICE));
        KeyCache cache =
                KeyCache.builder(replica).timer(time).nanoTime(time::nanos).build();
        built = cache;
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
        lagging.set(true);
        time.skip(SECOND);
        CompletableFuture<CachedDevice> reread = cache.keys()
                .recheck(DEVICE, find(cache, DEVICE).join(), time.nanos())
                .toCompletableFuture();
        assertEquals(DeviceStatus.REVOKED, statusOf(reread));
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
    }

    @Test
    void aRecordOfAnotherNameIsNotKept() {
        PublicKeyStore alias = new HeldKeyStore(registry) {
            @Override
            public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
                return super.find(DEVICE);
            }
        };
        KeyCache cache =
                KeyCache.builder(alias).timer(time).nanoTime(time::nanos).build();
        built = cache;
        assertEquals(DEVICE, found(cache, STRANGER).identity());
        ignore(registry.revoke(DEVICE));
        assertEquals(DeviceStatus.REVOKED, found(cache, STRANGER).status(), "the feed would tell of the other name");
        assertEquals(0, cache.stats().estimatedDevices());
    }

    // ---- devices that were erased ----

    @Test
    void anErasedDeviceIsForgottenAndWhoIsOnTheWayAsksAgain() {
        KeyCache cache = cache();
        CachedDevice before = find(cache, DEVICE).join();
        store.erase(DEVICE);
        assertNotNull(foundOrNot(cache, DEVICE));
        time.pass(SECOND);
        assertTrue(before.isSuperseded());
        assertNull(foundOrNot(cache, DEVICE));
        assertEquals(0, cache.stats().estimatedDevices());
        assertEquals(0, cache.stats().pollFailures());
    }

    @Test
    void aReadThatBeganBeforeAnErasureBringsNothing() {
        KeyCache cache = cache();
        time.pass(HALF);
        store.holdFinds = true;
        CompletableFuture<CachedDevice> waiting = find(cache, DEVICE);
        store.erase(DEVICE);
        time.pass(HALF);
        store.first().answer();
        assertNull(waiting.join().record());
        assertEquals(0, cache.stats().estimatedDevices());
    }

    @Test
    void aRereadThatBeganBeforeAnErasureBringsNothing() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        time.pass(HALF);
        CompletableFuture<CachedDevice> reread = heldRecheck(cache);
        store.erase(DEVICE);
        time.pass(HALF);
        store.first().answer();
        assertNull(reread.join().record());
        assertEquals(0, cache.stats().estimatedDevices());
    }

    @Test
    void erasedAndRegisteredAnewBetweenTwoPollsItIsTheNewOne() {
        KeyCache cache = cache();
        for (int i = 0; i < 2; i++) {
            found(cache, DEVICE);
            store.pageSize = 1 + i;
            store.erase(DEVICE);
            DeviceRecord anew = put(DEVICE, 2 + i);
            time.pass(SECOND);
            assertEquals(anew, found(cache, DEVICE));
        }
        time.pass(HALF);
        store.holdFinds = true;
        cache.invalidate(DEVICE);
        CompletableFuture<CachedDevice> waiting = find(cache, DEVICE);
        store.erase(DEVICE);
        DeviceRecord anew = put(DEVICE, 4);
        time.pass(HALF);
        store.first().answer();
        assertEquals(anew, waiting.join().record(), "the read of before counts no more");
    }

    @Test
    void incompleteAnswersMakeEverythingForgottenAndTheFeedBeginAnew() {
        AtomicInteger incomplete = new AtomicInteger();
        HeldKeyStore purged = new HeldKeyStore(registry) {
            @Override
            public CompletionStage<DeviceChanges> changesSince(long from) {
                pages.incrementAndGet();
                lastCursor = from;
                return incomplete.getAndDecrement() > 0
                        ? CompletableFuture.completedFuture(
                                DeviceChanges.of(List.of(), from).asIncomplete())
                        : CompletableFuture.completedFuture(DeviceChanges.of(List.of(), from));
            }
        };
        KeyCache cache =
                KeyCache.builder(purged).timer(time).nanoTime(time::nanos).build();
        built = cache;
        CachedDevice before = find(cache, DEVICE).join();
        put(STRANGER, 2);
        incomplete.set(1);
        time.pass(SECOND);
        assertTrue(before.isSuperseded());
        assertEquals(0, cache.stats().estimatedDevices());
        assertEquals(0, cache.stats().pollFailures());
        assertEquals(registry.cursor().toCompletableFuture().join(), purged.lastCursor);
        assertEquals(Optional.of(Duration.ZERO), cache.stats().feedLag());
        incomplete.set(Integer.MAX_VALUE);
        int pages = purged.pages.get();
        time.pass(SECOND);
        assertEquals(2, purged.pages.get() - pages, "once anew, and then it has failed");
        assertEquals(1, cache.stats().pollFailures());
    }

    // ---- the beginning of the feed ----

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

    // ---- one read for many ----

    @Test
    void simultaneousMissesShareOneRead() {
        KeyCache cache = cache();
        store.holdFinds = true;
        List<CompletableFuture<CachedDevice>> waiting = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            waiting.add(find(cache, DEVICE));
        }
        assertEquals(1, store.finds.get());
        assertEquals(9, cache.stats().coalesced());
        store.first().answer();
        for (CompletableFuture<CachedDevice> each : waiting) {
            assertSame(waiting.get(0).join(), each.join());
        }
    }

    /** The clock is read between the look at what is at hand and the read: there another lookup comes and goes. */
    @Test
    void aMissThatComesAsAReadEndsDoesNotReadAgain() {
        AtomicReference<Runnable> inBetween = new AtomicReference<>(() -> {});
        KeyCache cache = cache(settings -> settings.nanoTime(() -> {
            inBetween.getAndSet(() -> {}).run();
            return time.nanos();
        }));
        for (DeviceIdentity device : List.of(DEVICE, STRANGER)) {
            int before = store.finds.get();
            AtomicInteger others = new AtomicInteger();
            inBetween.set(() -> {
                foundOrNot(cache, device);
                others.incrementAndGet();
            });
            foundOrNot(cache, device);
            assertEquals(1, others.get());
            assertEquals(1, store.finds.get() - before);
        }
        assertEquals(0, cache.keys().readsUnderWay());
    }

    @Test
    void aReadThatFailsFailsForAllWhoWaitAndForNobodyElse() {
        KeyCache cache = cache();
        store.holdFinds = true;
        CompletableFuture<CachedDevice> one = find(cache, DEVICE);
        CompletableFuture<CachedDevice> two = find(cache, DEVICE);
        store.first().fail();
        assertTrue(one.isCompletedExceptionally() && two.isCompletedExceptionally());
        store.holdFinds = false;
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
        assertEquals(1, cache.stats().loadFailures());
    }

    @Test
    void aReadHasALimitAndWhatComesLaterChangesNothing() {
        KeyCache cache = cache();
        store.holdFinds = true;
        CompletableFuture<CachedDevice> slow = find(cache, DEVICE);
        time.pass(SECOND.minusNanos(1));
        assertFalse(slow.isDone());
        time.pass(Duration.ofNanos(1));
        assertTrue(slow.isCompletedExceptionally());
        assertEquals(1, cache.keys().readsUnderWay(), "it still has its place in the store's queue");
        store.first().answer();
        assertEquals(0, cache.keys().readsUnderWay());
        assertEquals(0, cache.stats().estimatedDevices());
        store.holdFinds = false;
        found(cache, DEVICE);
        assertEquals(2, store.finds.get());
    }

    @Test
    void theNumberOfReadsUnderWayIsBounded() {
        KeyCache cache = cache(settings -> settings.maxConcurrentLoads(3));
        store.holdFinds = true;
        CompletableFuture<CachedDevice> one = find(cache, DEVICE);
        CompletableFuture<CachedDevice> two = find(cache, STRANGER);
        assertTrue(find(cache, device(3)).isCompletedExceptionally(), "at once");
        assertFalse(find(cache, DEVICE).isDone(), "joining takes no room");
        assertEquals(2, store.finds.get());
        assertEquals(1, cache.stats().loadsRefused());
        store.first().answer();
        assertTrue(one.isDone() && !two.isDone());
        assertFalse(find(cache, device(3)).isDone(), "there is room again");
        assertEquals(2, cache.keys().readsUnderWay());
    }

    // ---- the feed ----

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

    // ---- age ----

    @Test
    void aRecordInUseIsReadAgainAndNobodyWaits() {
        KeyCache cache = cache();
        CachedDevice first = find(cache, DEVICE).join();
        time.pass(Duration.ofSeconds(269));
        assertSame(first, find(cache, DEVICE).join());
        assertEquals(1, store.finds.get());
        time.pass(Duration.ofSeconds(32));
        store.holdFinds = true;
        assertSame(first, find(cache, DEVICE).join());
        assertSame(first, find(cache, DEVICE).join());
        assertEquals(2, store.finds.get(), "one refresh under way");
        store.first().answer();
        CachedDevice second = find(cache, DEVICE).join();
        assertTrue(second.readAt() - first.readAt() > 0);
        assertEquals(1, cache.stats().refreshes());
        assertEquals(2, store.finds.get());
    }

    @Test
    void aRefreshThatFailsIsTriedAgainAfterASecond() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        time.pass(Duration.ofSeconds(301));
        store.findsFail = true;
        for (int i = 0; i < 5; i++) {
            found(cache, DEVICE);
        }
        assertEquals(2, store.finds.get());
        time.pass(SECOND);
        found(cache, DEVICE);
        assertEquals(3, store.finds.get());
    }

    @Test
    void refreshesLeaveRoomForReadsThatSomebodyWaitsFor() {
        KeyCache cache = cache(settings -> settings.maxConcurrentLoads(6));
        for (int i = 0; i < 4; i++) {
            put(device(i), i);
            found(cache, device(i));
        }
        time.pass(Duration.ofSeconds(301));
        store.holdFinds = true;
        for (int i = 0; i < 4; i++) {
            found(cache, device(i));
        }
        assertEquals(2, cache.keys().readsUnderWay(), "half of the share that is open to all, which has five");
        assertFalse(find(cache, DEVICE).isDone());
        assertEquals(3, cache.keys().readsUnderWay());
    }

    @Test
    void aRecordThatIsTooOldIsReadBeforeItIsUsed() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        time.pass(Duration.ofSeconds(601));
        store.holdFinds = true;
        CompletableFuture<CachedDevice> waiting = find(cache, DEVICE);
        assertFalse(waiting.isDone());
        store.first().fail();
        assertEquals(DeviceStatus.ACTIVE, statusOf(waiting), "the feed still says that it is true");
    }

    @Test
    void nodesDoNotReadInStep() {
        Set<Integer> jitters = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            DeviceRecord record = DeviceRecord.of(device(i), DeviceStatus.ACTIVE, List.of(), 1);
            int jitter = new CachedDevice(record, 0, true, ENGINE::prepare).jitter();
            assertTrue(jitter >= 0 && jitter < 256);
            jitters.add(jitter);
        }
        assertTrue(jitters.size() > 200, jitters.size() + " of 256");
    }

    // ---- a feed that is behind ----

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

    /** Polls for that many pages, each 0.9 s long, without an end. */
    private void crawl(int pages) {
        for (int i = 0; i < pages; i++) {
            registry.put(DeviceRecord.of(device(1000 + crawled++), DeviceStatus.ACTIVE, List.of(), 0));
            time.pass(Duration.ofMillis(900));
            if (!store.held.isEmpty()) {
                store.first().answer();
            }
        }
    }

    // ---- an outage ----

    @Test
    void inAnOutageKnownDevicesGoOnAtOnceAndOthersDoNot() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        store.isDown(true);
        time.pass(Duration.ofSeconds(10));
        int before = store.finds.get();
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
        assertTrue(find(cache, STRANGER).isCompletedExceptionally());
        assertEquals(2, store.finds.get() - before, "a probe each, one after the other");
        assertEquals(1, cache.stats().servedInOutage());
        time.pass(Duration.ofSeconds(290));
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
        time.pass(Duration.ofSeconds(1));
        assertTrue(find(cache, DEVICE).isCompletedExceptionally(), "five minutes after the last successful poll");
    }

    @Test
    void inAnOutageThatHangsNobodyWaitsAndOneProbeIsUnderWay() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        put(device(2), 2);
        found(cache, device(2));
        store.holdFeed = true;
        store.holdFinds = true;
        time.pass(Duration.ofMillis(2050));
        CompletableFuture<CachedDevice> first = find(cache, DEVICE);
        assertFalse(first.isDone(), "the feed is behind, and of reads nobody knows yet");
        time.pass(SECOND);
        assertEquals(DeviceStatus.ACTIVE, statusOf(first));
        int before = store.finds.get();
        for (int i = 0; i < 5; i++) {
            found(cache, DEVICE);
            found(cache, device(2));
            assertTrue(find(cache, device(3)).isDone());
        }
        assertEquals(1, store.finds.get() - before);
        assertEquals(2, cache.keys().readsUnderWay(), "the probe, and the first one has not been answered");
    }

    @Test
    void recoveryReadsNothingThatIsKnown() {
        KeyCache cache = cache();
        for (int i = 0; i < 50; i++) {
            put(device(i), i);
            found(cache, device(i));
        }
        store.isDown(true);
        time.pass(Duration.ofMinutes(20));
        assertTrue(find(cache, device(1)).isCompletedExceptionally());
        ignore(registry.revoke(device(3)));
        store.isDown(false);
        time.pass(SECOND);
        store.holdFinds = true;
        int before = store.finds.get();
        for (int i = 4; i < 9; i++) {
            assertFalse(find(cache, device(i)).isDone(), "older than ten minutes: these are read");
        }
        assertEquals(5, store.finds.get() - before);
        store.holdFinds = false;
        while (!store.held.isEmpty()) {
            store.first().answer();
        }
        assertEquals(DeviceStatus.REVOKED, found(cache, device(3)).status());
    }

    @Test
    void recoveryFromAShortOutageReadsNothingAtAll() {
        KeyCache cache = cache();
        for (int i = 0; i < 50; i++) {
            put(device(i), i);
            found(cache, device(i));
        }
        store.isDown(true);
        time.pass(Duration.ofMinutes(3));
        ignore(registry.revoke(device(3)));
        store.isDown(false);
        time.pass(SECOND);
        int before = store.finds.get();
        for (int i = 0; i < 50; i++) {
            assertEquals(
                    i == 3 ? DeviceStatus.REVOKED : DeviceStatus.ACTIVE,
                    found(cache, device(i)).status());
        }
        assertEquals(before, store.finds.get());
        assertEquals(0, cache.stats().servedInOutage());
    }

    @Test
    void aRevocationThatWasLearnedCountsInAnOutage() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        put(device(2), 2);
        found(cache, device(2));
        ignore(registry.revoke(DEVICE));
        time.pass(SECOND);
        store.isDown(true);
        time.pass(Duration.ofSeconds(10));
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
        cache.invalidate(device(2));
        assertTrue(find(cache, device(2)).isCompletedExceptionally(), "forgotten is not known");
    }

    @Test
    void aRecordThatIsTooOldServesInAnOutageAllTheSame() {
        KeyCache cache = cache(settings -> settings.outageTolerance(Duration.ofMinutes(30)));
        found(cache, DEVICE);
        store.isDown(true);
        time.pass(Duration.ofMinutes(20));
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status());
    }

    @Test
    void aBrokenFeedAloneShutsNobodyOut() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        store.feedFails = true;
        time.pass(Duration.ofMinutes(20));
        ignore(registry.revoke(DEVICE));
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status(), "the probe's answer, for it is here");
        put(device(2), 2);
        assertEquals(DeviceStatus.ACTIVE, found(cache, device(2)).status());
        assertEquals(0, cache.stats().servedInOutage());
    }

    @Test
    void aBrokenFeedServesNothingOldWhereReadsAreAnswered() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        store.feedFails = true;
        time.pass(Duration.ofMinutes(1));
        ignore(registry.revoke(DEVICE));
        store.holdFinds = true;
        CompletableFuture<CachedDevice> waiting = find(cache, DEVICE);
        assertFalse(waiting.isDone());
        store.first().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(waiting));
    }

    @Test
    void aDeviceThatCannotBeReadShutsOutNobody() {
        KeyCache cache = cache();
        store.findsFail = true;
        assertTrue(find(cache, STRANGER).isCompletedExceptionally());
        store.findsFail = false;
        store.holdFinds = true;
        CompletableFuture<CachedDevice> one = find(cache, DEVICE);
        CompletableFuture<CachedDevice> two = find(cache, device(1));
        assertFalse(one.isDone() || two.isDone(), "both are read: the feed is well");
    }

    @Test
    void aReadThatFailsBehindTheFeedIsNoOutage() {
        KeyCache cache = cache();
        found(cache, DEVICE);
        store.pageSize = 1;
        store.holdFeed = true;
        crawl(5);
        store.holdFinds = true;
        CompletableFuture<CachedDevice> waiting = find(cache, DEVICE);
        CompletableFuture<CachedDevice> dropped = find(cache, DEVICE);
        assertFalse(waiting.isDone());
        store.last().fail();
        assertTrue(
                waiting.isCompletedExceptionally(), "the store answers others: there may be a revocation to be read");
        assertTrue(dropped.isCompletedExceptionally());
        assertEquals(0, cache.stats().servedInOutage());
        CompletableFuture<CachedDevice> invalidated = find(cache, DEVICE);
        cache.invalidate(DEVICE);
        store.last().fail();
        assertTrue(invalidated.isCompletedExceptionally(), "what was dropped is not served");
    }

    @Test
    void withoutToleranceNothingIsServedInAnOutage() {
        KeyCache cache = cache(settings -> settings.outageTolerance(Duration.ZERO));
        found(cache, DEVICE);
        store.isDown(true);
        time.pass(Duration.ofSeconds(2));
        assertEquals(DeviceStatus.ACTIVE, found(cache, DEVICE).status(), "the feed's word is two seconds old");
        time.pass(SECOND);
        assertTrue(find(cache, DEVICE).isCompletedExceptionally());
    }

    // ---- room ----

    @Test
    void strangersPushOutNobody() {
        KeyCache cache = cache(settings -> settings.maximumBytes(1 << 20).maximumUnknown(100));
        for (int i = 0; i < 20; i++) {
            put(device(i), i);
            found(cache, device(i));
        }
        long bytes = cache.stats().estimatedBytes();
        for (int i = 0; i < 20_000; i++) {
            assertNull(foundOrNot(cache, new DeviceIdentity("hostile", "x" + i)));
        }
        int reads = store.finds.get();
        for (int i = 0; i < 20; i++) {
            found(cache, device(i));
        }
        assertEquals(reads, store.finds.get());
        assertEquals(bytes, cache.stats().estimatedBytes());
        assertEquals(0, cache.stats().evictions());
        assertTrue(cache.keys().unknownDevices() <= 100, cache.keys().unknownDevices() + " are remembered");
    }

    @Test
    void recordsAreBoundedByTheirWeightAndTheEvictedAreMarked() {
        KeyCache cache = cache(settings -> settings.maximumBytes(1 << 20));
        DeviceRecord record = DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 1);
        List<CachedDevice> entries = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            registry.put(DeviceRecord.of(device(i), DeviceStatus.ACTIVE, record.keys(), 0));
            entries.add(find(cache, device(i)).join());
        }
        KeyCacheStats stats = cache.stats();
        assertTrue(stats.estimatedBytes() <= 1 << 20, stats.toString());
        assertTrue(stats.estimatedBytes() > (1 << 20) * 9 / 10, stats.toString());
        assertEquals(5_001, stats.evictions() + stats.estimatedDevices() + 1, stats.toString());
        assertEquals(
                stats.evictions(),
                entries.stream().filter(CachedDevice::isSuperseded).count());
    }

    @Test
    void anEntryThatGrewIsWeighedAgain() {
        AtomicInteger bytes = new AtomicInteger(100);
        EcdsaP256Engine growing = new EcdsaP256Engine() {
            @Override
            public PreparedKey prepare(DevicePublicKey key) {
                return new PreparedKey() {
                    @Override
                    public DevicePublicKey publicKey() {
                        return key;
                    }

                    @Override
                    public int approximateBytes() {
                        return bytes.get();
                    }
                };
            }

            @Override
            public boolean verify(PreparedKey key, byte[] digest, byte[] signature) {
                return false;
            }

            @Override
            public String name() {
                return "growing";
            }
        };
        KeyCache cache = cache(settings -> settings.engine(growing));
        DeviceRecord record = found(cache, DEVICE);
        long empty = cache.stats().estimatedBytes();
        assertEquals(
                bytes.get(),
                find(cache, DEVICE).join().prepared(record.keys().get(0)).approximateBytes());
        found(cache, DEVICE);
        assertEquals(empty + 100, cache.stats().estimatedBytes());
        bytes.set(16_000);
        found(cache, DEVICE);
        assertEquals(empty + 16_000, cache.stats().estimatedBytes());
    }

    @Test
    void anEvictionDuringAReadLosesNothing() {
        KeyCache cache = cache(settings -> settings.maximumBytes(1 << 20));
        found(cache, DEVICE);
        time.pass(HALF);
        CompletableFuture<CachedDevice> reread = heldRecheck(cache);
        store.holdFinds = false;
        CachedDevice before = find(cache, DEVICE).join();
        DeviceRecord record = DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 1);
        for (int i = 0; !before.isSuperseded() && i < 100_000; i++) {
            registry.put(DeviceRecord.of(device(i), DeviceStatus.ACTIVE, record.keys(), 0));
            for (int use = 0; use < 20; use++) {
                found(cache, device(i));
            }
        }
        assertTrue(before.isSuperseded(), "evicted");
        ignore(registry.revoke(DEVICE));
        time.pass(HALF);
        store.first().answer();
        assertEquals(DeviceStatus.REVOKED, statusOf(reread), "the feed told the read, there being no entry");
        assertEquals(DeviceStatus.REVOKED, found(cache, DEVICE).status());
    }

    // ---- threads ----

    @Test
    void manyThreadsMissTogetherAndReadOnce() throws Exception {
        int threads = 8;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        ExecutorService database = Executors.newFixedThreadPool(2);
        AtomicInteger reads = new AtomicInteger();
        HeldKeyStore slow = new HeldKeyStore(registry) {
            @Override
            public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
                reads.incrementAndGet();
                return CompletableFuture.supplyAsync(
                        () -> registry.find(claimed).toCompletableFuture().join(), database);
            }
        };
        try (KeyCache cache = KeyCache.builder(slow).build()) {
            for (int round = 0; round < 300; round++) {
                DeviceIdentity device = device(round);
                registry.put(DeviceRecord.active(device, TestKeys.publicKey(1), 0));
                CyclicBarrier together = new CyclicBarrier(threads);
                List<Future<CachedDevice>> results = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    results.add(pool.submit(() -> {
                        together.await(30, TimeUnit.SECONDS);
                        return find(cache, device).get(30, TimeUnit.SECONDS);
                    }));
                }
                for (Future<CachedDevice> result : results) {
                    assertNotNull(result.get(60, TimeUnit.SECONDS).record());
                }
                assertEquals(round + 1, reads.get());
            }
        } finally {
            pool.shutdownNow();
            database.shutdownNow();
        }
    }

    /** Writers, readers, a feed and invalidations at once: whatever is read is as new as what was told before. */
    @Test
    void noVersionIsEverOlderThanOneThatWasSeenBefore() throws Exception {
        int threads = 4;
        ExecutorService pool = Executors.newFixedThreadPool(threads + 1);
        ExecutorService database = Executors.newFixedThreadPool(2);
        HeldKeyStore busy = new HeldKeyStore(registry) {
            @Override
            public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
                CompletionStage<Optional<DeviceRecord>> read = registry.find(claimed);
                return CompletableFuture.supplyAsync(
                        () -> read.toCompletableFuture().join(), database);
            }
        };
        AtomicBoolean done = new AtomicBoolean();
        DeviceRecord again = DeviceRecord.active(DEVICE, TestKeys.publicKey(1), 0);
        try (KeyCache cache = KeyCache.builder(busy)
                .pollInterval(Duration.ofMillis(1))
                .maxFeedLag(Duration.ofSeconds(60))
                .refreshAfter(SECOND)
                .build()) {
            List<Future<Long>> readers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int reader = i;
                readers.add(pool.submit(() -> {
                    long seen = 0;
                    for (long n = 0; !done.get(); n++) {
                        DeviceRecord record =
                                find(cache, DEVICE).get(30, TimeUnit.SECONDS).record();
                        assertNotNull(record);
                        assertTrue(record.version() >= seen, record.version() + " after " + seen);
                        seen = record.version();
                        if (reader == 0 && n % 50 == 0) {
                            cache.invalidate(DEVICE);
                        }
                    }
                    return seen;
                }));
            }
            long last = 0;
            for (int i = 0; i < 20_000; i++) {
                last = registry.put(again).version();
                if (i % 7 == 0) {
                    cache.update(
                            registry.find(DEVICE).toCompletableFuture().join().orElseThrow());
                }
            }
            done.set(true);
            for (Future<Long> reader : readers) {
                assertTrue(reader.get(60, TimeUnit.SECONDS) <= last);
            }
            cache.invalidate(DEVICE);
            assertEquals(last, versionOf(find(cache, DEVICE).get(30, TimeUnit.SECONDS)));
        } finally {
            done.set(true);
            pool.shutdownNow();
            database.shutdownNow();
        }
    }

    @Test
    void aClosedCacheLeavesNoThread() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        KeyCache cache = KeyCache.builder(store).build();
        found(cache, DEVICE);
        List<Thread> own = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread) && thread.getName().startsWith("countersign-key-"))
                .toList();
        assertEquals(
                List.of("countersign-key-feed"),
                own.stream().map(Thread::getName).toList(),
                "and one for time limits, where there is any");
        assertTrue(own.get(0).isDaemon());
        cache.close();
        cache.close();
        own.get(0).join(30_000);
        assertFalse(own.get(0).isAlive());
    }

    // ---- settings ----

    @Test
    void whatIsOutOfRangeOrContradictsItselfIsRefusedAndNamed() {
        refused("pollInterval", b -> b.pollInterval(Duration.ZERO));
        refused("pollInterval", b -> b.pollInterval(Duration.ofMinutes(2)));
        refused("pollTimeLimit", b -> b.pollTimeLimit(Duration.ZERO));
        refused("maxFeedLag", b -> b.maxFeedLag(SECOND));
        refused("maxFeedLag", b -> b.maxFeedLag(Duration.ofMinutes(2)));
        refused("rememberUnknown", b -> b.rememberUnknown(Duration.ofSeconds(3)));
        refused("outageTolerance", b -> b.outageTolerance(Duration.ofDays(2)));
        refused("refreshAfter", b -> b.refreshAfter(Duration.ZERO));
        refused("expireAfter", b -> b.expireAfter(Duration.ofMinutes(5)));
        refused("expireAfter", b -> b.expireAfter(Duration.ofDays(2)));
        refused("loadTimeLimit", b -> b.loadTimeLimit(Duration.ZERO));
        refused("maximumBytes", b -> b.maximumBytes((1 << 20) - 1));
        refused("maximumUnknown", b -> b.maximumUnknown(-1));
        refused("maxConcurrentLoads", b -> b.maxConcurrentLoads(1));
        refused("rechecksPerSecond", b -> b.rechecksPerSecond(0));
        assertEquals(0, store.cursors.get(), "and nothing was begun");
    }

    private void refused(String setting, UnaryOperator<KeyCacheBuilder> change) {
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> change.apply(KeyCache.builder(store)).build())
                .getMessage();
        assertNotNull(message);
        assertTrue(message.startsWith(setting + " must"), message);
    }

    @Test
    void theEdgesOfTheRangesAreTaken() {
        for (UnaryOperator<KeyCacheBuilder> change : List.<UnaryOperator<KeyCacheBuilder>>of(
                b -> b.pollInterval(Duration.ofMillis(1))
                        .maxFeedLag(Duration.ofMillis(2))
                        .rememberUnknown(Duration.ZERO),
                b -> b.maximumUnknown(0).rememberUnknown(Duration.ofSeconds(2)),
                b -> b.outageTolerance(Duration.ofDays(1)),
                b -> b.refreshAfter(SECOND).expireAfter(SECOND.plusNanos(1)),
                b -> b.maxConcurrentLoads(2).rechecksPerSecond(1).maximumBytes(1 << 20))) {
            try (KeyCache cache = change.apply(
                            KeyCache.builder(store).timer(time).nanoTime(time::nanos))
                    .build()) {
                found(cache, DEVICE);
                assertNull(foundOrNot(cache, STRANGER));
                assertNull(foundOrNot(cache, STRANGER));
            }
        }
    }

    @Test
    void nothingTellsAKeyOrAWholeId() {
        KeyCache cache = cache();
        CachedDevice entry = find(cache, DEVICE).join();
        assertEquals("KeyCache[open]", cache.toString());
        assertEquals("CachedDevice[version " + versionOf(entry) + "]", entry.toString());
        assertEquals(
                "CachedDevice[no such device]", find(cache, STRANGER).join().toString());
    }
}

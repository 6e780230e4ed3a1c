package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.cache.CachedDevice;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Reads under way while the feed or the application knows more. */
class KeyCacheOvertakenReadsTest extends KeyCacheFixture {
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
}

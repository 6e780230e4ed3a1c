package dev.countersign.core.cache;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.core.key.DeviceUnavailableException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a device once more before a request is rejected: in the open share as for any device, so that the request may
 * be rejected by that; else, for a device at hand, from the reserve, so that it may be accepted. Thread-safe.
 */
final class Rechecks {
    private static final long SECOND_IN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier nanoTime;
    private final ReadShares shares;
    private final DeviceRecords records;
    private final UnknownDevices unknown;
    private final DeviceReads reads;
    private final CacheCounters counters;
    private final RecheckBudget budget;

    Rechecks(
            CacheSettings settings,
            ReadShares shares,
            DeviceRecords records,
            UnknownDevices unknown,
            DeviceReads reads,
            CacheCounters counters) {
        this.nanoTime = settings.nanoTime();
        this.shares = shares;
        this.records = records;
        this.unknown = unknown;
        this.reads = reads;
        this.counters = counters;
        this.budget = new RecheckBudget(settings.rechecksPerSecond(), nanoTime.getAsLong());
    }

    /**
     * Reads once more, in the open share as for any device: by that the request may be {@linkplain #mayReject
     * rejected}. Where that is full, or was since the request began, a device at hand is still read for a request that
     * may turn out to be good: from the reserve, once a second and within a budget.
     */
    CompletionStage<CachedDevice> recheck(DeviceIdentity claimed, CachedDevice seen, long begunAt) {
        if (reads.isClosed()) {
            return unavailable("is not asked: the key cache is closed");
        }
        if (seen.isAfterFailedRead()) {
            return refuse(claimed, seen); // as a device that is not at hand, which has its answer by now
        }
        boolean isTurnedAway = shares.isAnyTurnedAwaySince(begunAt);
        CompletionStage<CachedDevice> known = readSince(claimed, seen, begunAt, !isTurnedAway);
        if (known != null) {
            return known;
        }
        DeviceRead older = reads.underWay(claimed);
        if (older != null && older.isOpen && (older.isReread() || older.isProbe)) {
            // There is one at a time. It began before the request, as the first read of a device that is not at hand
            // may
            // have, too: as there, it is waited for, and if it fails, that is the answer; then it is seen what is left.
            counters.coalesced.increment();
            return older.found.thenCompose(device -> recheck(claimed, seen, begunAt));
        }
        DeviceRead read = reads.readAgain(claimed, isTurnedAway ? null : shares.enterOpen());
        if (read != null) {
            counters.rechecks.increment();
            return read.found;
        }
        return recheckApart(claimed, seen, begunAt);
    }

    /** For a request that may turn out to be good: what is read here rejects nobody. */
    private CompletionStage<CachedDevice> recheckApart(DeviceIdentity claimed, CachedDevice seen, long begunAt) {
        long now = nanoTime.getAsLong();
        CachedDevice latest = reads.latest(claimed);
        CachedDevice counted = latest == null ? seen : latest;
        if (!counted.isRecheckDue(now, SECOND_IN_NANOS)) {
            // Somebody has begun one since we looked, or before. Waits for the end of one that is about to be in place.
            CachedDevice ignored = records.settled(claimed);
            CompletionStage<CachedDevice> known = readSince(claimed, seen, begunAt, false);
            DeviceRead underWay = reads.underWay(claimed);
            if (known == null && underWay != null && underWay.isReread()) {
                counters.coalesced.increment();
                known = underWay.found;
            }
            return known == null ? refuse(claimed, seen) : known;
        }
        boolean isAtHand = seen.record() != null || counted.record() != null;
        if (!isAtHand || !budget.take(now)) {
            return refuse(claimed, seen);
        }
        DeviceRead read = reads.readApart(claimed, shares.enterReserve(), counted);
        if (read == null) {
            return refuse(claimed, seen);
        }
        counters.rechecks.increment();
        return read.found;
    }

    /**
     * What was read since the request began, or what a read that began since brings; null if there is neither.
     *
     * @param mayReject whether only a read of the open share counts
     */
    private @Nullable CompletionStage<CachedDevice> readSince(
            DeviceIdentity claimed, CachedDevice seen, long begunAt, boolean mayReject) {
        if (isReadSince(seen, begunAt, mayReject)) {
            return seen.stage();
        }
        DeviceRead underWay = reads.underWay(claimed);
        if (underWay != null && underWay.begunAt - begunAt >= 0 && (underWay.isOpen || !mayReject)) {
            counters.coalesced.increment();
            return underWay.found;
        }
        CachedDevice latest = reads.latest(claimed);
        return latest != null && latest != seen && isReadSince(latest, begunAt, mayReject) ? latest.stage() : null;
    }

    /**
     * What the feed said since, or what was read apart, rejects nobody, so it takes no read's place for a request that
     * may be rejected. And no longer ago than a device that does not exist is remembered for: that one would be read
     * again by now.
     */
    private boolean isReadSince(CachedDevice device, long begunAt, boolean mayReject) {
        return (device.isOpenRead() || !mayReject) && device.readAt() - begunAt >= 0 && unknown.isRecent(device);
    }

    /** A record that the feed brought meanwhile may still turn the request into a good one. */
    private CompletionStage<CachedDevice> refuse(DeviceIdentity claimed, CachedDevice seen) {
        CachedDevice latest = reads.latest(claimed);
        if (latest != null && latest.isNewerThan(seen)) {
            return latest.stage();
        }
        counters.rechecksRefused.increment();
        return unavailable("is not asked once more: a limit does not allow it");
    }

    private static CompletionStage<CachedDevice> unavailable(String words) {
        return CompletableFuture.failedFuture(DeviceUnavailableException.notAsked(words));
    }

    /**
     * Whether a request may be rejected as unknown or badly signed. Nothing here depends on whether the device exists
     * or is at hand: it takes a read of the open share that began after the request, and that nobody was turned away
     * from that share since the request began.
     */
    boolean mayReject(CachedDevice by, long begunAt) {
        boolean may = by.isOpenRead()
                && by.readAt() - begunAt >= 0
                && !shares.isAnyTurnedAwaySince(begunAt)
                && !shares.notesThatItIsFull();
        if (!may) {
            counters.rechecksRefused.increment();
        }
        return may;
    }
}

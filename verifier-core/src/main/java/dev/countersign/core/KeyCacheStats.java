package dev.countersign.core;

import dev.countersign.core.cache.CacheCounters;
import dev.countersign.core.cache.CachedKeys;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link KeyCache} has done since it was built, and how it is. Taken without stopping it: the numbers may be a
 * moment apart. A request asks once with its head, and again when its body is complete in a later second. Made by the cache only.
 * Immutable and thread-safe.
 */
public final class KeyCacheStats {
    private final long hits;
    private final long unknownHits;
    private final long misses;
    private final long loads;
    private final long loadFailures;
    private final long loadsRefused;
    private final long coalesced;
    private final long refreshes;
    private final long rechecks;
    private final long rechecksRefused;
    private final long evictions;
    private final long servedInOutage;
    private final long polls;
    private final long pollFailures;
    private final @Nullable Duration feedLag;
    private final long estimatedDevices;
    private final long estimatedBytes;

    KeyCacheStats(CachedKeys keys) {
        CacheCounters counters = keys.counters();
        long lag = keys.feedLagNanos();
        this.hits = counters.hits.sum();
        this.unknownHits = counters.unknownHits.sum();
        this.misses = counters.misses.sum();
        this.loads = counters.readsBegun.sum();
        this.loadFailures = counters.readFailures.sum();
        this.loadsRefused = counters.readsRefused.sum();
        this.coalesced = counters.coalesced.sum();
        this.refreshes = counters.refreshes.sum();
        this.rechecks = counters.rechecks.sum();
        this.rechecksRefused = counters.rechecksRefused.sum();
        this.evictions = counters.evictions.sum();
        this.servedInOutage = counters.servedInOutage.sum();
        this.polls = counters.polls.sum();
        this.pollFailures = counters.pollFailures.sum();
        this.feedLag = lag == Long.MAX_VALUE ? null : Duration.ofNanos(lag);
        this.estimatedDevices = keys.devices();
        this.estimatedBytes = keys.bytes();
    }

    /** Lookups that were answered from a record at hand. */
    public long hits() {
        return hits;
    }

    /** Lookups that were answered from the memory of devices that do not exist. */
    public long unknownHits() {
        return unknownHits;
    }

    /** Lookups for which nothing was at hand. */
    public long misses() {
        return misses;
    }

    /** Reads that were begun, refreshes and rechecks included. */
    public long loads() {
        return loads;
    }

    /** Reads that failed or took too long. */
    public long loadFailures() {
        return loadFailures;
    }

    /**
     * Reads that found no place among those under way; what needed them is unavailable, unless it is a device at hand that was read from
     * the reserve.
     */
    public long loadsRefused() {
        return loadsRefused;
    }

    /** Lookups and rechecks that joined a read under way. */
    public long coalesced() {
        return coalesced;
    }

    /** Reads ahead of a record's expiry, for which nobody waited. */
    public long refreshes() {
        return refreshes;
    }

    /** Reads before a rejection. */
    public long rechecks() {
        return rechecks;
    }

    /**
     * Requests that were about to be rejected as unknown or badly signed and became unavailable, because a limit did not allow the reading
     * or the rejection.
     */
    public long rechecksRefused() {
        return rechecksRefused;
    }

    /** Records dropped for lack of room. */
    public long evictions() {
        return evictions;
    }

    /** Lookups that were answered from a record while the change feed did not say whether it is still true. */
    public long servedInOutage() {
        return servedInOutage;
    }

    /** How often the change feed was asked, pages of one poll counted once. */
    public long polls() {
        return polls;
    }

    /** Polls that failed or took too long. */
    public long pollFailures() {
        return pollFailures;
    }

    /** Up to when the records have every change of the feed, as an age; empty before its beginning is known. */
    public Optional<Duration> feedLag() {
        return Optional.ofNullable(feedLag);
    }

    /** Records at hand, about. */
    public long estimatedDevices() {
        return estimatedDevices;
    }

    /** What they weigh, about. */
    public long estimatedBytes() {
        return estimatedBytes;
    }

    @Override
    public String toString() {
        return "KeyCacheStats["
                + "hits=" + hits
                + ", unknownHits=" + unknownHits
                + ", misses=" + misses
                + ", loads=" + loads
                + ", loadFailures=" + loadFailures
                + ", loadsRefused=" + loadsRefused
                + ", coalesced=" + coalesced
                + ", refreshes=" + refreshes
                + ", rechecks=" + rechecks
                + ", rechecksRefused=" + rechecksRefused
                + ", evictions=" + evictions
                + ", servedInOutage=" + servedInOutage
                + ", polls=" + polls
                + ", pollFailures=" + pollFailures
                + ", feedLag=" + feedLag
                + ", estimatedDevices=" + estimatedDevices
                + ", estimatedBytes=" + estimatedBytes
                + "]";
    }
}

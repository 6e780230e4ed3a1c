package dev.countersign.core;

import dev.countersign.core.cache.CacheCounters;
import dev.countersign.core.cache.CachedKeys;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Counters of a {@link KeyCache} since it was built, and its present state. The numbers are read one after the other
 * while the cache works, so they may differ by a moment. A request causes one lookup with its head, and another one if
 * its body is complete in a later second. Made by the cache only. Immutable and thread-safe.
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

    /** Lookups that were answered from a record in the cache. */
    public long hits() {
        return hits;
    }

    /** Lookups of device ids that were remembered as unknown. */
    public long unknownHits() {
        return unknownHits;
    }

    /** Lookups for which the cache had nothing. */
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
     * Reads that were refused because too many were under way. The store counted as unavailable for them, unless a
     * device in the cache was read from the reserve.
     */
    public long loadsRefused() {
        return loadsRefused;
    }

    /** Lookups and rechecks that joined a read under way. */
    public long coalesced() {
        return coalesced;
    }

    /** Background reads of records before they expired. */
    public long refreshes() {
        return refreshes;
    }

    /** Reads before a rejection. */
    public long rechecks() {
        return rechecks;
    }

    /**
     * Requests that got "unavailable" instead of a rejection as unknown or badly signed, because a limit did not allow
     * the second read or the rejection.
     */
    public long rechecksRefused() {
        return rechecksRefused;
    }

    /** Records dropped for lack of room. */
    public long evictions() {
        return evictions;
    }

    /** Lookups that were answered in an outage, from a record that the change feed did not confirm. */
    public long servedInOutage() {
        return servedInOutage;
    }

    /** Polls of the change feed. A poll of several pages counts once. */
    public long polls() {
        return polls;
    }

    /** Polls that failed or took too long. */
    public long pollFailures() {
        return pollFailures;
    }

    /** The age of the change feed: the records have all older changes. Empty before the first answer of the store. */
    public Optional<Duration> feedLag() {
        return Optional.ofNullable(feedLag);
    }

    /** The approximate number of records in the cache. */
    public long estimatedDevices() {
        return estimatedDevices;
    }

    /** The approximate memory of these records, in bytes. */
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

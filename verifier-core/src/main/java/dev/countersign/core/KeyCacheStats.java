package dev.countersign.core;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link KeyCache} has done since it was built, and how it is. Taken without stopping it: the numbers may be a
 * moment apart. A request asks once with its head, and again when its body is complete in a later second.
 *
 * @param hits lookups that were answered from a record at hand
 * @param unknownHits lookups that were answered from the memory of devices that do not exist
 * @param misses lookups for which nothing was at hand
 * @param loads reads that were begun, refreshes and rechecks included
 * @param loadFailures reads that failed or took too long
 * @param loadsRefused reads that found no place among those under way; what needed them is unavailable, unless it is a
 *     device at hand that was read from the reserve
 * @param coalesced lookups and rechecks that joined a read under way
 * @param refreshes reads ahead of a record's expiry, for which nobody waited
 * @param rechecks reads before a rejection
 * @param rechecksRefused requests that were about to be rejected as unknown or badly signed and became unavailable, because a
 *     limit did not allow the reading or the rejection
 * @param evictions records dropped for lack of room
 * @param servedInOutage lookups that were answered from a record while the change feed did not say whether it is still true
 * @param polls how often the change feed was asked, pages of one poll counted once
 * @param pollFailures polls that failed or took too long
 * @param feedLag up to when the records have every change of the feed, as an age; null before its beginning is known
 * @param estimatedDevices records at hand, about
 * @param estimatedBytes what they weigh, about
 */
public record KeyCacheStats(
        long hits,
        long unknownHits,
        long misses,
        long loads,
        long loadFailures,
        long loadsRefused,
        long coalesced,
        long refreshes,
        long rechecks,
        long rechecksRefused,
        long evictions,
        long servedInOutage,
        long polls,
        long pollFailures,
        @Nullable Duration feedLag,
        long estimatedDevices,
        long estimatedBytes) {}

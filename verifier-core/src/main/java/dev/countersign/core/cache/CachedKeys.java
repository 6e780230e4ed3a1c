package dev.countersign.core.cache;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.ErasedDevice;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.key.DeviceLookup;
import dev.countersign.core.key.DeviceUnavailableException;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * The devices of a cache, each with the newest record of its reads and of the change feed. Thread-safe.
 *
 * <p>It has the {@linkplain DeviceRecords devices at hand}, the {@linkplain UnknownDevices devices that do not exist},
 * and the {@linkplain DeviceReads reads under way}. All decisions about a device (the end of a read, a change of the
 * feed, an invalidation) are made inside {@link DeviceRecords#decide}, one after the other. So the newest version wins,
 * in whatever order they come.
 */
public final class CachedKeys implements DeviceLookup<CachedDevice> {
    private static final long SECOND_IN_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final CompletionStage<?> CLOSED = unavailable("is not asked: the key cache is closed");
    private static final CompletionStage<?> NO_PLACE =
            unavailable("is not asked: as many reads as the key cache may have are under way");
    private static final CompletionStage<?> NOT_READ =
            unavailable("could not be read, and the record at hand is too old");
    private static final CompletionStage<?> TOO_LONG_DOWN =
            unavailable("is down, and the record at hand is older than the outage tolerance");
    private static final CompletionStage<?> DOWN = unavailable("is not asked: it is down or the key cache is closed");

    private final PublicKeyStore store;
    private final LongSupplier nanoTime;
    private final long outageToleranceNanos;
    private final long refreshNanos;
    private final long expiryNanos;

    private final CacheCounters counters = new CacheCounters();
    private final FeedProgress feedProgress = new FeedProgress();
    private final DeviceRecords records;
    private final UnknownDevices unknown;
    private final ReadShares shares;
    private final DeviceReads reads;
    private final Rechecks rechecks;
    private final ChangeFeed feed;

    /**
     * Nothing is remembered yet.
     *
     * @param timer what time limits of reads run on
     * @param feedTimer what polls run on
     */
    public CachedKeys(CacheSettings settings, ScheduledExecutorService timer, ScheduledExecutorService feedTimer) {
        this.store = settings.store();
        this.nanoTime = settings.nanoTime();
        this.outageToleranceNanos = settings.outageTolerance().toNanos();
        this.refreshNanos = settings.refreshAfter().toNanos();
        this.expiryNanos = settings.expireAfter().toNanos();
        this.records = new DeviceRecords(settings.maximumBytes(), counters);
        this.unknown = new UnknownDevices(settings);
        this.shares = new ReadShares(
                settings.maxConcurrentLoads(), settings.loadTimeLimit().toNanos(), nanoTime);
        this.reads = new DeviceReads(settings, shares, records, unknown, feedProgress, counters, this::find, timer);
        this.rechecks = new Rechecks(settings, shares, records, unknown, reads, counters);
        this.feed = new ChangeFeed(settings, new FeedReader(), feedProgress, counters, feedTimer);
    }

    /** Begins to follow the store's changes. */
    public void start() {
        feed.start();
    }

    // ---- lookups ----

    @Override
    public CompletionStage<CachedDevice> find(DeviceIdentity claimed) {
        if (reads.isClosed()) {
            return as(CLOSED);
        }
        long now = nanoTime.getAsLong();
        boolean ignored = shares.notesThatItIsFull();
        CachedDevice device = records.find(claimed);
        if (device == null) {
            return findMissing(claimed);
        }
        if (!reads.isCurrent(device, now) || now - device.readAt() > jittered(device, expiryNanos)) {
            return findOutdated(claimed, device, now);
        }
        counters.hits.increment();
        tend(claimed, device, now);
        return device.stage();
    }

    private CompletionStage<CachedDevice> findMissing(DeviceIdentity claimed) {
        CachedDevice none = unknown.find(claimed);
        if (none != null) {
            counters.unknownHits.increment();
            return none.stage();
        }
        counters.misses.increment();
        DeviceRead read = reads.beginOrJoin(claimed, null);
        return read == null ? as(NO_PLACE) : read.found;
    }

    /** Reads a record before it is used, if possible: the feed is behind, or the last read is too old. */
    private CompletionStage<CachedDevice> findOutdated(DeviceIdentity claimed, CachedDevice device, long now) {
        boolean down = reads.isStoreDown();
        counters.misses.increment();
        DeviceRead read = reads.beginOrJoin(claimed, device);
        if (read == null || (down && !read.found.isDone())) { // nobody waits for a store that is down: this is a probe
            return unread(device, now);
        }
        return read.found
                .handle((found, failure) -> {
                    if (found != null) {
                        return found.stage();
                    }
                    CachedDevice latest = records.find(claimed);
                    return latest == null
                            ? CachedKeys.<CachedDevice>as(NOT_READ)
                            : unread(latest.afterFailedRead(), nanoTime.getAsLong());
                })
                .thenCompose(stage -> stage);
    }

    /**
     * A record that should have been read and was not. While the store answers other reads, it is not used: it may lack
     * a revocation. The tolerance counts only in an outage.
     */
    private CompletionStage<CachedDevice> unread(CachedDevice device, long now) {
        return reads.isStoreDown() || reads.isCurrent(device, now) ? inOutage(device, now) : as(NOT_READ);
    }

    /** The last known record, for as long as the setting allows. */
    private CompletionStage<CachedDevice> inOutage(CachedDevice device, long now) {
        if (!feedProgress.isTrueWithin(device, outageToleranceNanos, now)) {
            return as(TOO_LONG_DOWN);
        }
        counters.servedInOutage.increment();
        return device.stage();
    }

    /** The work after a hit, for which no request waits. */
    private void tend(DeviceIdentity claimed, CachedDevice device, long now) {
        if (device.hasGrown()) {
            records.weighAgain(claimed);
        }
        if (now - device.readAt() > jittered(device, refreshNanos)
                && !reads.isStoreDown()
                && device.mayRefresh(now, SECOND_IN_NANOS)) {
            reads.refresh(claimed, device);
        }
    }

    /** The time, or up to a tenth less, so that nodes that start together do not read at the same times for ever. */
    private static long jittered(CachedDevice device, long nanos) {
        return nanos - (((nanos / 10) * device.jitter()) >>> Byte.SIZE);
    }

    // ---- before a rejection ----

    @Override
    public CompletionStage<CachedDevice> recheck(DeviceIdentity claimed, CachedDevice seen, long begunAt) {
        return rechecks.recheck(claimed, seen, begunAt);
    }

    @Override
    public boolean mayReject(DeviceIdentity claimed, CachedDevice by, long begunAt) {
        return rechecks.mayReject(by, begunAt);
    }

    // ---- changes ----

    /** Takes the changes that the feed reports. */
    private final class FeedReader implements ChangeFeed.Reader {
        /** True when its page was read. */
        @Override
        public void changed(DeviceRecord record, long readAt) {
            offer(record, present -> present.next(record, readAt, false));
        }

        /** A read under way may have begun before the erasure: it is notified, too. */
        @Override
        public void erased(ErasedDevice erased) {
            records.decide(erased.identity(), present -> {
                DeviceRead underWay = reads.underWay(erased.identity());
                if (underWay != null) {
                    underWay.erase(erased.version());
                }
                if (present == null || present.isNewerThan(erased)) {
                    return present;
                }
                present.supersede();
                return null;
            });
        }

        /** Forgets everything: versions begin again below the known ones, or erasures were not reported. */
        @Override
        public void lostChanges() {
            reads.devicesUnderWay().forEach(CachedKeys.this::invalidate);
            records.identities().forEach(CachedKeys.this::invalidate);
            unknown.forgetAll();
        }
    }

    /** Offers a record: it replaces an older one at once. */
    public void update(DeviceRecord record) {
        offer(record, present -> present.next(record, present.readAt(), false));
    }

    /** Keeps nothing of a device that no request has used: its next read has the change. */
    private void offer(DeviceRecord record, UnaryOperator<CachedDevice> next) {
        records.decide(record.identity(), present -> {
            unknown.forget(record.identity());
            DeviceRead underWay = reads.underWay(record.identity());
            if (underWay != null) {
                underWay.offer(record);
            }
            if (present == null || present.isAsNewAs(record)) {
                return present;
            }
            present.supersede();
            return next.apply(present);
        });
    }

    /** Forgets a device: it is read before it is used again. */
    public void invalidate(DeviceIdentity device) {
        records.decide(device, present -> {
            CachedDevice.drop(present);
            unknown.forget(device);
            reads.disown(device);
            return null;
        });
    }

    /**
     * Confirms a key in the store, and then reads the record anew. The old record is served until then or, if no read
     * can begin, until the feed reports the change.
     */
    @Override
    public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        if (reads.isClosed() || reads.isStoreDown()) {
            return as(DOWN); // a later request confirms as well
        }
        return store.confirm(device, key, at).thenApply(changed -> {
            DeviceRead ignored = reads.readAgain(device, shares.enter(true));
            return changed;
        });
    }

    // ---- the rest ----

    /** The counters of this cache. */
    public CacheCounters counters() {
        return counters;
    }

    /** How long ago the last poll began that succeeded: nanoseconds; {@link Long#MAX_VALUE} if there was none. */
    public long feedLagNanos() {
        return feedProgress.lagNanos(nanoTime.getAsLong());
    }

    /** How many devices are at hand, about. */
    public long devices() {
        return records.count();
    }

    /** Their approximate size in bytes. */
    public long bytes() {
        return records.bytes();
    }

    /** Ends the feed and all waiting lookups. Later lookups find the store unavailable. */
    public void close() {
        reads.close();
        feed.close();
        reads.endWaits();
    }

    /** Whether it is closed. */
    public boolean isClosed() {
        return reads.isClosed();
    }

    /** How many devices are remembered not to exist, for tests. */
    public long unknownDevices() {
        return unknown.count();
    }

    /** How many reads the store has not answered, for tests. */
    public int readsUnderWay() {
        return shares.underWay();
    }

    /** The shares of reads, for tests. */
    ReadShares shares() {
        return shares;
    }

    private static CompletionStage<?> unavailable(String words) {
        return CompletableFuture.failedFuture(DeviceUnavailableException.notAsked(words));
    }

    @SuppressWarnings("unchecked") // a stage that has no value fits every type
    private static <T> CompletionStage<T> as(CompletionStage<?> failed) {
        return (CompletionStage<T>) failed;
    }
}

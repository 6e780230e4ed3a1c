package dev.countersign.core;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.countersign.api.DeviceIdentity;
import dev.countersign.api.DevicePublicKey;
import dev.countersign.api.DeviceRecord;
import dev.countersign.api.PublicKeyStore;
import dev.countersign.core.engine.EcdsaP256Engine;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Devices remembered, each as the newest of what was read and what the change feed told. Thread-safe.
 *
 * <p>There are three maps: the records, the devices that do not exist, and the reads under way. Whatever is decided about
 * a device (the end of a read, a word of the feed, an invalidation) is decided inside the {@code compute} of its record,
 * one after the other; so the newest version wins whoever comes first. The feed offers its record to a read under way as
 * well: a read that comes back with less than that has been overtaken.
 */
final class CachedKeys implements KeySource {
    private static final long SECOND_IN_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final CompletionStage<?> UNAVAILABLE = CompletableFuture.failedFuture(new Unavailable());

    /** Refreshes end where this part of the reads is under way: somebody waits for the others. */
    private static final int SHARE_OF_REFRESHES = 2;

    private final PublicKeyStore store;
    private final EcdsaP256Engine engine;
    private final LongSupplier nanoTime;
    private final Waits waits;
    private final ChangeFeed feed;
    private final RecheckBudget budget;
    private final long maxFeedLagNanos;
    private final long outageToleranceNanos;
    private final long refreshNanos;
    private final long expiryNanos;
    private final long unknownNanos;
    private final long loadLimitNanos;
    private final int maxLoads;

    private final Cache<DeviceIdentity, DeviceEntry> records;
    private final Cache<DeviceIdentity, DeviceEntry> unknown;
    private final ConcurrentMap<DeviceIdentity, Load> loads = new ConcurrentHashMap<>();
    private final AtomicInteger loadsUnderWay = new AtomicInteger();
    private final AtomicBoolean probing = new AtomicBoolean();
    private volatile boolean lastReadFailed;
    private volatile boolean closed;

    private final LongAdder hits = new LongAdder();
    private final LongAdder unknownHits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder loadsBegun = new LongAdder();
    private final LongAdder loadFailures = new LongAdder();
    private final LongAdder loadsRefused = new LongAdder();
    private final LongAdder coalesced = new LongAdder();
    private final LongAdder refreshes = new LongAdder();
    private final LongAdder rechecks = new LongAdder();
    private final LongAdder rechecksRefused = new LongAdder();
    private final LongAdder evictions = new LongAdder();
    private final LongAdder servedInOutage = new LongAdder();

    CachedKeys(KeyCacheBuilder settings, ScheduledExecutorService timer) {
        this.store = settings.store;
        this.engine = settings.engineInUse();
        this.nanoTime = settings.nanoTime;
        this.waits = new Waits(timer);
        this.budget = new RecheckBudget(settings.rechecksPerSecond, nanoTime.getAsLong());
        this.maxFeedLagNanos = settings.maxFeedLag.toNanos();
        this.outageToleranceNanos = settings.outageTolerance.toNanos();
        this.refreshNanos = settings.refreshAfter.toNanos();
        this.expiryNanos = settings.expireAfter.toNanos();
        this.unknownNanos = settings.rememberUnknown.toNanos();
        this.loadLimitNanos = settings.loadTimeLimit.toNanos();
        this.maxLoads = settings.maxConcurrentLoads;
        this.records = Caffeine.newBuilder()
                .maximumWeight(settings.maximumBytes)
                .weigher((DeviceIdentity device, DeviceEntry entry) -> entry.weigh())
                .evictionListener((@Nullable DeviceIdentity device, @Nullable DeviceEntry entry, RemovalCause why) -> {
                    evictions.increment();
                    supersede(entry);
                })
                .executor(Runnable::run)
                .build();
        this.unknown = Caffeine.newBuilder()
                .maximumSize(settings.maximumUnknown)
                .expireAfterWrite(settings.rememberUnknown)
                .ticker(nanoTime::getAsLong)
                .executor(Runnable::run)
                .build();
        this.feed = new ChangeFeed(settings, new Told(), timer, waits);
    }

    void start() {
        feed.start();
    }

    // ---- lookups ----

    @Override
    public CompletionStage<DeviceEntry> find(DeviceIdentity claimed) {
        if (closed) {
            return unavailable();
        }
        DeviceEntry entry = records.getIfPresent(claimed);
        if (entry == null) {
            return findMissing(claimed);
        }
        long now = nanoTime.getAsLong();
        if (!isVouchedFor(entry, now) || now - entry.readAt() > jittered(entry, expiryNanos)) {
            return findOutdated(claimed, entry, now);
        }
        hits.increment();
        tend(claimed, entry, now);
        return entry.stage();
    }

    private CompletionStage<DeviceEntry> findMissing(DeviceIdentity claimed) {
        DeviceEntry none = unknown(claimed);
        if (none != null) {
            unknownHits.increment();
            return none.stage();
        }
        misses.increment();
        Load load = loadOrJoin(claimed, null);
        return load == null ? unavailable() : load.entry;
    }

    private @Nullable DeviceEntry unknown(DeviceIdentity claimed) {
        DeviceEntry none = unknown.getIfPresent(claimed);
        return none != null && nanoTime.getAsLong() - none.readAt() <= unknownNanos ? none : null;
    }

    /** The feed is behind, or the record has not been read for long: read it before it is used, if that can be. */
    private CompletionStage<DeviceEntry> findOutdated(DeviceIdentity claimed, DeviceEntry entry, long now) {
        boolean down = isDown();
        misses.increment();
        Load load = loadOrJoin(claimed, entry);
        if (load == null || (down && !load.entry.isDone())) { // nobody waits for a store that is down: this is a probe
            return unread(entry, now);
        }
        return load.entry
                .handle((read, failure) -> {
                    if (read != null) {
                        return read.stage();
                    }
                    DeviceEntry latest = records.getIfPresent(claimed);
                    return latest == null
                            ? CachedKeys.<DeviceEntry>unavailable()
                            : unread(latest, nanoTime.getAsLong());
                })
                .thenCompose(stage -> stage);
    }

    /**
     * A record that should have been read and was not. While the store answers others, the promise goes before the
     * tolerance: there may be a revocation to be read.
     */
    private CompletionStage<DeviceEntry> unread(DeviceEntry entry, long now) {
        return isDown() || isVouchedFor(entry, now) ? inOutage(entry, now) : unavailable();
    }

    /**
     * Whether the store is taken for down. It takes a failed poll, or a device whose record cannot be read would shut out the
     * others; and a failed read, or a broken feed would have old records served that could be read again.
     */
    private boolean isDown() {
        return feed.isDown() && lastReadFailed;
    }

    /** What was last known, for as long as the setting says. */
    private CompletionStage<DeviceEntry> inOutage(DeviceEntry entry, long now) {
        if (!isKnownWithin(entry, outageToleranceNanos, now)) {
            return unavailable();
        }
        servedInOutage.increment();
        return entry.stage();
    }

    private boolean isVouchedFor(DeviceEntry entry, long now) {
        return isKnownWithin(entry, maxFeedLagNanos, now);
    }

    /** Whether the entry was true no longer ago than that: read then, or covered by a poll that began then. */
    private boolean isKnownWithin(DeviceEntry entry, long nanos, long now) {
        return now - entry.readAt() <= nanos || feed.lagNanos(now) <= nanos;
    }

    /** What a hit leaves to do, without making anyone wait. */
    private void tend(DeviceIdentity claimed, DeviceEntry entry, long now) {
        if (entry.hasGrown()) {
            records.asMap().computeIfPresent(claimed, (device, present) -> present); // is weighed again
        }
        if (now - entry.readAt() > jittered(entry, refreshNanos)
                && !isDown()
                && entry.mayRefresh(now, SECOND_IN_NANOS)
                && !loads.containsKey(claimed)) {
            Load load = begin(claimed, entry, maxLoads / SHARE_OF_REFRESHES);
            if (load != null) {
                refreshes.increment();
            }
        }
    }

    /** The time, or up to a tenth less: nodes that start together do not read together for ever. */
    private static long jittered(DeviceEntry entry, long nanos) {
        return nanos - (((nanos / 10) * entry.jitter()) >>> Byte.SIZE);
    }

    // ---- before a rejection ----

    @Override
    public CompletionStage<DeviceEntry> recheck(DeviceIdentity claimed, DeviceEntry seen, long begunAt) {
        if (closed) {
            return unavailable();
        }
        if (seen.readAt() - begunAt >= 0) {
            return seen.stage();
        }
        CompletionStage<DeviceEntry> known = newerOrUnderWay(claimed, seen, begunAt);
        if (known != null) {
            return known;
        }
        long now = nanoTime.getAsLong();
        if (!isRecheckDue(claimed, now)) {
            // Somebody has begun one since we looked, or long before. Waits for the end of one that is about to be in
            // place.
            records.asMap().compute(claimed, (device, present) -> present);
            known = newerOrUnderWay(claimed, seen, begunAt);
            if (known != null) {
                return known;
            }
            if (!isRecheckDue(claimed, now)) {
                return refuseRecheck(seen, now);
            }
        }
        if (!budget.take(now)) {
            return refuseRecheck(seen, now);
        }
        Load older = loads.get(claimed);
        Load load = reread(claimed, older == null || older.isReread ? null : older);
        if (load == null) {
            return unavailable();
        }
        rechecks.increment();
        return load.entry;
    }

    /** What is remembered, if that is newer than what was seen, or what a read brings that will do; null if there is neither. */
    private @Nullable CompletionStage<DeviceEntry> newerOrUnderWay(
            DeviceIdentity claimed, DeviceEntry seen, long begunAt) {
        Load underWay = loads.get(claimed);
        if (underWay != null && (underWay.isReread || underWay.begunAt - begunAt >= 0)) {
            coalesced.increment();
            return underWay.entry;
        }
        DeviceEntry latest = latest(claimed);
        if (latest != null && latest != seen && (latest.isNewerThan(seen) || latest.readAt() - begunAt >= 0)) {
            return latest.stage();
        }
        return null;
    }

    private boolean isRecheckDue(DeviceIdentity claimed, long now) {
        DeviceEntry latest = latest(claimed);
        return latest == null || latest.isRecheckDue(now, SECOND_IN_NANOS);
    }

    /** What is remembered stands as far as the feed vouches for it. */
    private CompletionStage<DeviceEntry> refuseRecheck(DeviceEntry seen, long now) {
        rechecksRefused.increment();
        return !feed.isDown() && feed.lagNanos(now) <= maxFeedLagNanos ? seen.stage() : unavailable();
    }

    /** A recheck that failed was none. */
    private void allowRecheck(DeviceIdentity device) {
        DeviceEntry latest = latest(device);
        if (latest != null) {
            latest.neverRechecked();
        }
    }

    private @Nullable DeviceEntry latest(DeviceIdentity claimed) {
        DeviceEntry entry = records.getIfPresent(claimed);
        return entry == null ? unknown.getIfPresent(claimed) : entry;
    }

    // ---- reading ----

    /** One read for any number of lookups that come together; null if it cannot be begun. */
    private @Nullable Load loadOrJoin(DeviceIdentity claimed, @Nullable DeviceEntry seen) {
        Load underWay = loads.get(claimed);
        if (underWay == null) {
            return begin(claimed, seen, maxLoads);
        }
        coalesced.increment();
        return underWay;
    }

    /**
     * Begins a read, unless one has come to its end since the caller looked.
     *
     * @param seen what the caller saw
     * @param most how many reads may be under way
     */
    private @Nullable Load begin(DeviceIdentity claimed, @Nullable DeviceEntry seen, int most) {
        Load load = newLoad(claimed, false);
        Load underWay = enlist(load, null, most);
        if (underWay != load) {
            return underWay;
        }
        // Waits for the end of a read that is about to put its result in place.
        DeviceEntry present = records.asMap().compute(claimed, (device, entry) -> entry);
        DeviceEntry meanwhile = present == null ? unknown(claimed) : present;
        if (meanwhile != null && meanwhile != seen && isVouchedFor(meanwhile, load.begunAt)) {
            end(load);
            loads.remove(claimed, load);
            load.entry.complete(meanwhile);
        } else {
            read(load);
        }
        return load;
    }

    /**
     * Begins a read though a record may be at hand.
     *
     * @param instead a read under way that is too old for this purpose: who waits for it will get what this one brings
     */
    private @Nullable Load reread(DeviceIdentity claimed, @Nullable Load instead) {
        Load load = newLoad(claimed, true);
        Load underWay = enlist(load, instead, maxLoads);
        if (underWay == load) {
            // After it was enlisted: who finds that it is too early for another one finds this one.
            DeviceEntry latest = latest(claimed);
            if (latest != null) {
                latest.rechecked(load.begunAt);
            }
            read(load);
        }
        return underWay;
    }

    private Load newLoad(DeviceIdentity claimed, boolean isReread) {
        return new Load(claimed, nanoTime.getAsLong(), isReread, feed.isStarted(), isDown());
    }

    /** The read under way from now on, this one or another's; null where there is no room for one more. */
    private @Nullable Load enlist(Load load, @Nullable Load instead, int most) {
        if (load.isProbe && !probing.compareAndSet(false, true)) {
            return null;
        }
        if (loadsUnderWay.incrementAndGet() > most) {
            end(load);
            loadsRefused.increment();
            return null;
        }
        if (instead != null && loads.replace(load.device, instead, load)) {
            return load;
        }
        Load other = loads.putIfAbsent(load.device, load);
        if (other == null) {
            return load;
        }
        end(load);
        coalesced.increment();
        return other;
    }

    private void read(Load load) {
        loadsBegun.increment();
        waits.whenAnswered(Waits.call(() -> store.find(load.device)), loadLimitNanos, Runnable::run, answer -> {
            if (answer == null) {
                fail(load);
            } else {
                succeed(load, answer.orElse(null));
            }
        });
    }

    private void fail(Load load) {
        end(load);
        lastReadFailed = true;
        loadFailures.increment();
        if (load.isReread) {
            allowRecheck(load.device);
        }
        loads.remove(load.device, load);
        load.entry.completeExceptionally(new Unavailable());
    }

    private void succeed(Load load, @Nullable DeviceRecord read) {
        end(load);
        lastReadFailed = false;
        try {
            DeviceEntry merged = merge(load, read);
            if (merged != null) {
                load.entry.complete(merged);
            } else {
                find(load.device).whenComplete((entry, failure) -> pass(load, entry));
            }
        } catch (Throwable fault) { // of an engine or for lack of memory: whoever waits is not left waiting
            loads.remove(load.device, load);
            load.entry.completeExceptionally(fault);
        }
    }

    private static void pass(Load load, @Nullable DeviceEntry entry) {
        if (entry == null) {
            load.entry.completeExceptionally(new Unavailable());
        } else {
            load.entry.complete(entry);
        }
    }

    private void end(Load load) {
        loadsUnderWay.decrementAndGet();
        if (load.isProbe) {
            probing.set(false);
        }
    }

    /**
     * The newest of what is at hand, what was read, and what the feed told meanwhile; null if the device was invalidated or
     * is being read anew: the feed has not told this read what it told since.
     */
    private @Nullable DeviceEntry merge(Load load, @Nullable DeviceRecord read) {
        @Nullable DeviceEntry[] result = new DeviceEntry[1];
        records.asMap().compute(load.device, (device, present) -> {
            boolean isWanted = loads.remove(device, load);
            if (read != null && !read.identity().equals(device)) {
                // A device of another name: of that one the feed would tell, and nobody would listen.
                result[0] = new DeviceEntry(read, load.begunAt, engine::prepare);
                return present;
            }
            if (!isWanted) {
                return present;
            }
            DeviceRecord newest = newer(read, load.offered);
            if (present != null && newest != null) {
                newest = newer(present.record(), newest);
            }
            DeviceEntry entry = present == null || newest == null
                    ? new DeviceEntry(newest, load.begunAt, engine::prepare)
                    : present.next(newest, load.begunAt);
            result[0] = entry;
            if (!load.isCacheable) {
                return present;
            }
            if (load.isReread) {
                entry.rechecked(load.begunAt);
            }
            supersede(present);
            forgetUnknown(device);
            if (newest == null) {
                unknown.put(device, entry);
                return null;
            }
            return entry;
        });
        return result[0];
    }

    private void forgetUnknown(DeviceIdentity device) {
        supersede(unknown.asMap().remove(device));
    }

    private static @Nullable DeviceRecord newer(@Nullable DeviceRecord one, @Nullable DeviceRecord other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return other.version() > one.version() ? other : one;
    }

    private static void supersede(@Nullable DeviceEntry entry) {
        if (entry != null) {
            entry.supersede();
        }
    }

    // ---- changes ----

    /** The feed's word. */
    private final class Told implements ChangeFeed.Reader {
        /** True when its page was read. */
        @Override
        public void changed(DeviceRecord record, long readAt) {
            offer(record, present -> present.next(record, readAt));
        }

        /** Versions begin again below those that are known, and would never count: nothing is kept. */
        @Override
        public void lostChanges() {
            loads.keySet().forEach(CachedKeys.this::invalidate);
            records.asMap().keySet().forEach(CachedKeys.this::invalidate);
            unknown.invalidateAll();
        }
    }

    void update(DeviceRecord record) {
        offer(record, present -> present.next(record, present.readAt()));
    }

    /** Of a device that nobody asks for, nothing is kept: its next read knows it. */
    private void offer(DeviceRecord record, UnaryOperator<DeviceEntry> next) {
        records.asMap().compute(record.identity(), (device, present) -> {
            forgetUnknown(device);
            Load underWay = loads.get(device);
            if (underWay != null) {
                underWay.offered = newer(record, underWay.offered);
            }
            if (present == null || present.isAsNewAs(record)) {
                return present;
            }
            supersede(present);
            return next.apply(present);
        });
    }

    void invalidate(DeviceIdentity device) {
        records.asMap().compute(device, (same, present) -> {
            supersede(present);
            forgetUnknown(same);
            loads.remove(same);
            return null;
        });
    }

    /** The store's answer, after which the record is read anew; it is served as it was until then. */
    @Override
    public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        if (closed || isDown()) {
            return unavailable(); // a later request confirms as well
        }
        return store.confirm(device, key, at).thenApply(changed -> {
            if (reread(device, loads.get(device)) == null) {
                invalidate(device);
            }
            return changed;
        });
    }

    // ---- the rest ----

    KeyCacheStats stats() {
        long lag = feed.lagNanos(nanoTime.getAsLong());
        return new KeyCacheStats(
                hits.sum(),
                unknownHits.sum(),
                misses.sum(),
                loadsBegun.sum(),
                loadFailures.sum(),
                loadsRefused.sum(),
                coalesced.sum(),
                refreshes.sum(),
                rechecks.sum(),
                rechecksRefused.sum(),
                evictions.sum(),
                servedInOutage.sum(),
                feed.polls.sum(),
                feed.pollFailures.sum(),
                lag == Long.MAX_VALUE ? null : Duration.ofNanos(lag),
                records.estimatedSize(),
                records.policy()
                        .eviction()
                        .map(eviction -> eviction.weightedSize().orElse(0))
                        .orElse(0L));
    }

    /** Ends the feed and whatever waits; lookups from now on find nothing available. */
    void close() {
        closed = true;
        feed.close();
        waits.close();
    }

    boolean isClosed() {
        return closed;
    }

    /** How many devices are remembered not to exist, for tests. */
    long unknownDevices() {
        unknown.cleanUp();
        return unknown.estimatedSize();
    }

    /** How many reads are under way, for tests. */
    int loadsUnderWay() {
        return loadsUnderWay.get();
    }

    @SuppressWarnings("unchecked") // a stage that has no value fits every type
    private static <T> CompletionStage<T> unavailable() {
        return (CompletionStage<T>) UNAVAILABLE;
    }

    /** A read of one device. */
    private static final class Load {
        final DeviceIdentity device;
        final long begunAt;
        final boolean isReread;

        /** Begun when the feed's cursor was known: later changes are told. */
        final boolean isCacheable;

        final boolean isProbe;
        final CompletableFuture<DeviceEntry> entry = new CompletableFuture<>();

        /** What was told while the device was read. Read and written inside the compute of its record. */
        @Nullable DeviceRecord offered;

        Load(DeviceIdentity device, long begunAt, boolean isReread, boolean isCacheable, boolean isProbe) {
            this.device = device;
            this.begunAt = begunAt;
            this.isReread = isReread;
            this.isCacheable = isCacheable;
            this.isProbe = isProbe;
        }
    }

    /** Why a lookup has no answer; without a stack trace, for there may be many of them. */
    private static final class Unavailable extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unavailable() {
            super("the key store is unavailable", null, false, false);
        }
    }
}

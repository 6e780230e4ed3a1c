package dev.countersign.core;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.countersign.api.DeviceIdentity;
import dev.countersign.api.DevicePublicKey;
import dev.countersign.api.DeviceRecord;
import dev.countersign.api.ErasedDevice;
import dev.countersign.api.PublicKeyStore;
import dev.countersign.core.engine.EcdsaP256Engine;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
 *
 * <p>Reads have two shares: one that is open to whoever asks, and a reserve for devices at hand where that is full. A request
 * is rejected as unknown or badly signed only by a read of the open share, and only while nobody is turned away from it: what
 * the answer is then tells nothing of whether the device is known.
 */
final class CachedKeys implements KeySource {
    private static final long SECOND_IN_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final CompletionStage<?> UNAVAILABLE = CompletableFuture.failedFuture(new Unavailable());

    /** Refreshes end where this part of the open share is taken: somebody waits for the others. */
    private static final int PART_OF_REFRESHES = 2;

    private static final int WHOLE = 1;

    /** This part of the reads is kept for devices at hand. */
    private static final int PART_OF_RESERVE = 4;

    /** A read is to be answered within this part of its time limit. */
    private static final int PART_OF_LIMIT = 4;

    /** A read that the store has not answered for so many time limits never will be: its place is given back. */
    private static final int LIMITS_UNTIL_ABANDONED = 10;

    private final PublicKeyStore store;
    private final EcdsaP256Engine engine;
    private final LongSupplier nanoTime;
    private final Waits waits;
    private final ChangeFeed feed;
    private final RecheckBudget budget;
    private final ReadShare open;
    private final ReadShare reserve;
    private final long maxFeedLagNanos;
    private final long outageToleranceNanos;
    private final long refreshNanos;
    private final long expiryNanos;
    private final long unknownNanos;
    private final long loadLimitNanos;

    private final Cache<DeviceIdentity, DeviceEntry> records;
    private final Cache<DeviceIdentity, DeviceEntry> unknown;
    private final ConcurrentMap<DeviceIdentity, Load> loads = new ConcurrentHashMap<>();
    private final AtomicBoolean probing = new AtomicBoolean();
    private volatile boolean lastReadFailed;

    /** When the store last answered a read, however late. */
    private volatile long answeredAt;

    /** When somebody was last turned away from the open share, or would have been. */
    private volatile long turnedAwayAt;

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

    CachedKeys(KeyCacheBuilder settings, ScheduledExecutorService timer, ScheduledExecutorService feedTimer) {
        this.store = settings.store;
        this.engine = settings.engineInUse();
        this.nanoTime = settings.nanoTime;
        this.waits = new Waits(timer);
        long now = nanoTime.getAsLong();
        this.budget = new RecheckBudget(settings.rechecksPerSecond, now);
        this.answeredAt = now - 1;
        this.turnedAwayAt = now - 1;
        this.maxFeedLagNanos = settings.maxFeedLag.toNanos();
        this.outageToleranceNanos = settings.outageTolerance.toNanos();
        this.refreshNanos = settings.refreshAfter.toNanos();
        this.expiryNanos = settings.expireAfter.toNanos();
        this.unknownNanos = settings.rememberUnknown.toNanos();
        this.loadLimitNanos = settings.loadTimeLimit.toNanos();
        int most = settings.maxConcurrentLoads;
        int kept = Math.max(1, most / PART_OF_RESERVE);
        this.open = new ReadShare(most - kept, loadLimitNanos / PART_OF_LIMIT);
        this.reserve = new ReadShare(kept, loadLimitNanos / PART_OF_LIMIT);
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
        this.feed = new ChangeFeed(settings, new Told(), feedTimer);
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
        long now = nanoTime.getAsLong();
        boolean ignored = notesThatItIsFull();
        DeviceEntry entry = records.getIfPresent(claimed);
        if (entry == null) {
            return findMissing(claimed);
        }
        if (!isVouchedFor(entry, now) || now - entry.readAt() > jittered(entry, expiryNanos)) {
            return findOutdated(claimed, entry, now);
        }
        hits.increment();
        tend(claimed, entry, now);
        return entry.stage();
    }

    /**
     * Whether the open share is full, and a note of that: a device that is neither at hand nor being read would be turned away
     * now, so who is not is told no more than that one either.
     */
    private boolean notesThatItIsFull() {
        boolean isFull = open.isFull();
        if (isFull) {
            turnedAwayAt = nanoTime.getAsLong();
        }
        return isFull;
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
                            : unread(latest.afterFailedRead(), nanoTime.getAsLong());
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
     * others; and a failed read, or a broken feed would have old records served that could be read again. A call that was
     * refused because too many wait, and a read that was not answered in time while others were, are no such failures:
     * there a queue of ours is long.
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
            if (open.enter(PART_OF_REFRESHES)) {
                if (begin(newLoad(claimed, open, false, false), entry) != null) {
                    refreshes.increment();
                }
            }
        }
    }

    /** The time, or up to a tenth less: nodes that start together do not read together for ever. */
    private static long jittered(DeviceEntry entry, long nanos) {
        return nanos - (((nanos / 10) * entry.jitter()) >>> Byte.SIZE);
    }

    // ---- before a rejection ----

    /**
     * Reads once more, in the open share as for any device: by that the request may be {@linkplain #mayReject rejected}.
     * Where that is full, or was since the request began, a device at hand is still read for a request that may turn out to be
     * good: from the reserve, once a second and within a budget.
     */
    @Override
    public CompletionStage<DeviceEntry> recheck(DeviceIdentity claimed, DeviceEntry seen, long begunAt) {
        if (closed) {
            return unavailable();
        }
        if (seen.isAfterFailedRead()) {
            return refuseRecheck(claimed, seen); // as a device that is not at hand, which has its answer by now
        }
        boolean isTurnedAway = isAnyTurnedAwaySince(begunAt);
        CompletionStage<DeviceEntry> known = readSince(claimed, seen, begunAt, !isTurnedAway);
        if (known != null) {
            return known;
        }
        Load older = loads.get(claimed);
        if (older != null && older.isOpen && (older.isReread || older.isProbe)) {
            // There is one at a time. It began before the request, as the first read of a device that is not at hand
            // may
            // have, too: as there, it is waited for, and if it fails, that is the answer; then it is seen what is left.
            coalesced.increment();
            return older.entry.thenCompose(entry -> recheck(claimed, seen, begunAt));
        }
        Load load = reread(claimed, isTurnedAway ? null : openOrNone(), null);
        if (load != null) {
            rechecks.increment();
            return load.entry;
        }
        return recheckApart(claimed, seen, begunAt);
    }

    /** For a request that may turn out to be good: what is read here rejects nobody. */
    private CompletionStage<DeviceEntry> recheckApart(DeviceIdentity claimed, DeviceEntry seen, long begunAt) {
        long now = nanoTime.getAsLong();
        DeviceEntry latest = latest(claimed);
        DeviceEntry counted = latest == null ? seen : latest;
        if (!counted.isRecheckDue(now, SECOND_IN_NANOS)) {
            // Somebody has begun one since we looked, or before. Waits for the end of one that is about to be in place.
            records.asMap().compute(claimed, (device, present) -> present);
            CompletionStage<DeviceEntry> known = readSince(claimed, seen, begunAt, false);
            Load underWay = loads.get(claimed);
            if (known == null && underWay != null && underWay.isReread) {
                coalesced.increment();
                known = underWay.entry;
            }
            return known == null ? refuseRecheck(claimed, seen) : known;
        }
        boolean isAtHand = seen.record() != null || counted.record() != null;
        if (!isAtHand || !budget.take(now)) {
            return refuseRecheck(claimed, seen);
        }
        Load load = reread(claimed, reserve.enter(WHOLE) ? reserve : null, counted);
        if (load == null) {
            return refuseRecheck(claimed, seen);
        }
        rechecks.increment();
        return load.entry;
    }

    /**
     * What was read since the request began, or what a read that began since brings; null if there is neither.
     *
     * @param mayReject whether only a read of the open share counts
     */
    private @Nullable CompletionStage<DeviceEntry> readSince(
            DeviceIdentity claimed, DeviceEntry seen, long begunAt, boolean mayReject) {
        if (isReadSince(seen, begunAt, mayReject)) {
            return seen.stage();
        }
        Load underWay = loads.get(claimed);
        if (underWay != null && underWay.begunAt - begunAt >= 0 && (underWay.isOpen || !mayReject)) {
            coalesced.increment();
            return underWay.entry;
        }
        DeviceEntry latest = latest(claimed);
        return latest != null && latest != seen && isReadSince(latest, begunAt, mayReject) ? latest.stage() : null;
    }

    /**
     * What was told since, or read apart, rejects nobody, so it takes no read's place for a request that may be rejected. And no
     * longer ago than a device that does not exist is remembered for: that one would be read again by now.
     */
    private boolean isReadSince(DeviceEntry entry, long begunAt, boolean mayReject) {
        return (entry.isOpenRead() || !mayReject)
                && entry.readAt() - begunAt >= 0
                && nanoTime.getAsLong() - entry.readAt() <= unknownNanos;
    }

    /** A record that was told meanwhile may still turn the request into a good one. */
    private CompletionStage<DeviceEntry> refuseRecheck(DeviceIdentity claimed, DeviceEntry seen) {
        DeviceEntry latest = latest(claimed);
        if (latest != null && latest.isNewerThan(seen)) {
            return latest.stage();
        }
        rechecksRefused.increment();
        return unavailable();
    }

    /**
     * {@inheritDoc}
     *
     * <p>Nothing here depends on whether the device exists or is at hand: it takes a read of the open share that began after
     * the request, and that nobody was turned away from that share since the request began.
     */
    @Override
    public boolean mayReject(DeviceIdentity claimed, DeviceEntry by, long begunAt) {
        boolean may =
                by.isOpenRead() && by.readAt() - begunAt >= 0 && !isAnyTurnedAwaySince(begunAt) && !notesThatItIsFull();
        if (!may) {
            rechecksRefused.increment();
        }
        return may;
    }

    /** Whether somebody was turned away from the open share, or would have been: then the request is rejected by nothing. */
    private boolean isAnyTurnedAwaySince(long begunAt) {
        return turnedAwayAt - begunAt >= 0;
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

    /** A place in the open share, or null and a note of that. */
    private @Nullable ReadShare openOrNone() {
        if (open.enter(WHOLE)) {
            return open;
        }
        turnedAwayAt = nanoTime.getAsLong();
        return null;
    }

    /** A place in the open share, for a device at hand else one in the reserve; null if there is none. */
    private @Nullable ReadShare place(boolean atHand) {
        ReadShare share = openOrNone();
        return share == null && atHand && reserve.enter(WHOLE) ? reserve : share;
    }

    /** One read for any number of lookups that come together; null if it cannot be begun. */
    private @Nullable Load loadOrJoin(DeviceIdentity claimed, @Nullable DeviceEntry seen) {
        Load underWay = loads.get(claimed);
        if (underWay != null) {
            coalesced.increment();
            return underWay;
        }
        ReadShare share = place(seen != null);
        if (share == null) {
            loadsRefused.increment();
            return null;
        }
        return begin(newLoad(claimed, share, false, false), seen);
    }

    /**
     * Begins a read, unless one has come to its end since the caller looked.
     *
     * @param seen what the caller saw
     */
    private @Nullable Load begin(Load load, @Nullable DeviceEntry seen) {
        DeviceIdentity claimed = load.device;
        Load underWay = enlist(load, null);
        if (underWay != load) {
            return underWay;
        }
        // Waits for the end of a read that is about to put its result in place.
        DeviceEntry present = records.asMap().compute(claimed, (device, entry) -> entry);
        DeviceEntry meanwhile = present == null ? unknown(claimed) : present;
        if (meanwhile != null && meanwhile != seen && isVouchedFor(meanwhile, load.begunAt)) {
            end(load);
            load.leave();
            loads.remove(claimed, load);
            load.entry.complete(meanwhile);
        } else {
            read(load);
        }
        return load;
    }

    /**
     * Begins a read though a record may be at hand. A first read under way, and one that rejects nobody, is too old for this
     * purpose: who waits for that one will get what this one brings.
     *
     * @param share where it has a place; null if there is none
     * @param counted on what to note that it was read apart, so that nobody is rejected by it; null if it is not
     */
    private @Nullable Load reread(DeviceIdentity claimed, @Nullable ReadShare share, @Nullable DeviceEntry counted) {
        if (share == null) {
            loadsRefused.increment();
            return null;
        }
        Load older = loads.get(claimed);
        Load load = newLoad(claimed, share, true, counted != null);
        Load underWay = enlist(load, older == null || (older.isReread && older.isOpen) ? null : older);
        if (underWay == load) {
            if (counted != null) {
                // After it was enlisted: who finds that it is too early for another one finds this one.
                counted.rechecked(load.begunAt);
            }
            read(load);
        }
        return underWay;
    }

    private Load newLoad(DeviceIdentity claimed, ReadShare share, boolean isReread, boolean isApart) {
        boolean isOpen = share == open && !isApart;
        return new Load(claimed, nanoTime.getAsLong(), share, isOpen, isReread, isApart, feed.isStarted(), isDown());
    }

    /** The read under way from now on, this one or another's; null where the store is down and another one tries it. */
    private @Nullable Load enlist(Load load, @Nullable Load instead) {
        if (load.isProbe && !probing.compareAndSet(false, true)) {
            load.leave();
            loadsRefused.increment();
            turnedAwayAt = load.begunAt;
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
        load.leave();
        coalesced.increment();
        return other;
    }

    private void read(Load load) {
        loadsBegun.increment();
        CompletionStage<StoreAnswer<Optional<DeviceRecord>>> stage = StoreAnswer.of(() -> store.find(load.device));
        waits.whenAnswered(stage, loadLimitNanos, Runnable::run, answer -> {
            if (answer == null) {
                outlive(load, stage);
                fail(load, answeredAt - load.begunAt < 0);
                return;
            }
            answered(load, answer);
            Optional<DeviceRecord> value = answer.value();
            if (value == null) {
                fail(load, !answer.isRefused());
            } else {
                succeed(load, value.orElse(null));
            }
        });
    }

    /** Nobody waits for the read any more, but it still has its place in the store's queue. */
    private void outlive(Load load, CompletionStage<StoreAnswer<Optional<DeviceRecord>>> stage) {
        load.share.answered(load.begunAt, nanoTime.getAsLong());
        waits.whenAnswered(stage, LIMITS_UNTIL_ABANDONED * loadLimitNanos, Runnable::run, late -> {
            if (late == null) {
                load.leave();
            } else {
                answered(load, late);
            }
        });
    }

    private void answered(Load load, StoreAnswer<?> answer) {
        long now = nanoTime.getAsLong();
        if (answer.failure() == null) {
            answeredAt = now;
        }
        load.share.answered(load.begunAt, now);
        load.leave();
    }

    private void fail(Load load, boolean isStores) {
        end(load);
        if (isStores) {
            lastReadFailed = true;
        }
        loadFailures.increment();
        if (load.isApart) {
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
                // One that took its place began later, and will do for whoever waits for this one.
                Load since = loads.get(load.device);
                CompletionStage<DeviceEntry> instead = since == null ? find(load.device) : since.entry;
                instead.whenComplete((entry, failure) -> pass(load, entry));
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
                result[0] = load.entryOf(read, engine);
                return present;
            }
            if (!isWanted) {
                return present;
            }
            DeviceRecord newest = load.newest(read);
            if (present != null && newest != null) {
                newest = newer(present.record(), newest);
            }
            DeviceEntry entry = present == null || newest == null
                    ? load.entryOf(newest, engine)
                    : present.next(newest, load.begunAt, load.isOpen);
            result[0] = entry;
            if (!load.isCacheable) {
                return present;
            }
            if (load.isApart) {
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
            offer(record, present -> present.next(record, readAt, false));
        }

        /** A read under way may have begun before the erasure: it is told, too. */
        @Override
        public void erased(ErasedDevice erased) {
            records.asMap().compute(erased.identity(), (device, present) -> {
                Load underWay = loads.get(device);
                if (underWay != null) {
                    underWay.erasedAt = Math.max(underWay.erasedAt, erased.version());
                }
                if (present == null || present.isNewerThan(erased)) {
                    return present;
                }
                supersede(present);
                return null;
            });
        }

        /** Versions begin again below those that are known, or erasures were not told: nothing is kept. */
        @Override
        public void lostChanges() {
            loads.keySet().forEach(CachedKeys.this::invalidate);
            records.asMap().keySet().forEach(CachedKeys.this::invalidate);
            unknown.invalidateAll();
        }
    }

    void update(DeviceRecord record) {
        offer(record, present -> present.next(record, present.readAt(), false));
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

    /**
     * The store's answer, after which the record is read anew; it is served as it was until then, or, where no read can be
     * begun, until the feed tells.
     */
    @Override
    public CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at) {
        if (closed || isDown()) {
            return unavailable(); // a later request confirms as well
        }
        return store.confirm(device, key, at).thenApply(changed -> {
            reread(device, place(true), null);
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

    /** How many reads the store has not answered, for tests. */
    int loadsUnderWay() {
        return open.underWay() + reserve.underWay();
    }

    /** The open share, for tests. */
    ReadShare open() {
        return open;
    }

    /** The reserve, for tests. */
    ReadShare reserve() {
        return reserve;
    }

    @SuppressWarnings("unchecked") // a stage that has no value fits every type
    private static <T> CompletionStage<T> unavailable() {
        return (CompletionStage<T>) UNAVAILABLE;
    }

    /** A read of one device. */
    private static final class Load {
        final DeviceIdentity device;
        final long begunAt;
        final ReadShare share;

        /** In the open share and not apart: a request may be rejected by it. */
        final boolean isOpen;

        final boolean isReread;

        /** Rejects nobody. */
        final boolean isApart;

        /** Begun when the feed's cursor was known: later changes are told. */
        final boolean isCacheable;

        final boolean isProbe;
        final CompletableFuture<DeviceEntry> entry = new CompletableFuture<>();
        private final AtomicBoolean left = new AtomicBoolean();

        // What was told while the device was read. Read and written inside the compute of its record.
        @Nullable DeviceRecord offered;

        long erasedAt = Long.MIN_VALUE;

        Load(
                DeviceIdentity device,
                long begunAt,
                ReadShare share,
                boolean isOpen,
                boolean isReread,
                boolean isApart,
                boolean isCacheable,
                boolean isProbe) {
            this.device = device;
            this.begunAt = begunAt;
            this.share = share;
            this.isOpen = isOpen;
            this.isReread = isReread;
            this.isApart = isApart;
            this.isCacheable = isCacheable;
            this.isProbe = isProbe;
        }

        /** The newest of what was read and what was told meanwhile; null if that is that there is no such device. */
        @Nullable DeviceRecord newest(@Nullable DeviceRecord read) {
            DeviceRecord newest = newer(read, offered);
            return newest == null || newest.version() < erasedAt ? null : newest;
        }

        DeviceEntry entryOf(@Nullable DeviceRecord record, EcdsaP256Engine engine) {
            return new DeviceEntry(record, begunAt, isOpen, engine::prepare);
        }

        /** Gives its place back, once. */
        void leave() {
            if (left.compareAndSet(false, true)) {
                share.leave();
            }
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

package dev.countersign.core.cache;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.cache.DeviceRead.Purpose;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.key.DeviceUnavailableException;
import dev.countersign.core.wait.StoreAnswer;
import dev.countersign.core.wait.Waits;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The reads under way, one for a device at a time. Thread-safe. The feed offers its record to a read under way as well:
 * a read that comes back with less than that has been overtaken.
 */
final class DeviceReads {
    /** A read that the store has not answered for so many time limits never will be: its place is given back. */
    private static final int LIMITS_UNTIL_ABANDONED = 10;

    private final PublicKeyStore store;
    private final EcdsaP256Engine engine;
    private final LongSupplier nanoTime;
    private final Waits waits;
    private final long limitNanos;
    private final long maxFeedLagNanos;
    private final ReadShares shares;
    private final DeviceRecords records;
    private final UnknownDevices unknown;
    private final FeedProgress feed;
    private final CacheCounters counters;
    private final Function<DeviceIdentity, CompletionStage<CachedDevice>> lookup;

    private final ConcurrentMap<DeviceIdentity, DeviceRead> underWay = new ConcurrentHashMap<>();
    private final AtomicBoolean probing = new AtomicBoolean();
    private volatile boolean lastFailed;

    private volatile boolean closed;

    /** When the store last answered a read, however late. */
    private volatile long answeredAt;

    /** @param lookup asks anew for a device whose read was overtaken */
    DeviceReads(
            CacheSettings settings,
            ReadShares shares,
            DeviceRecords records,
            UnknownDevices unknown,
            FeedProgress feed,
            CacheCounters counters,
            Function<DeviceIdentity, CompletionStage<CachedDevice>> lookup,
            ScheduledExecutorService timer) {
        this.store = settings.store();
        this.engine = settings.engine();
        this.nanoTime = settings.nanoTime();
        this.waits = new Waits(timer);
        this.limitNanos = settings.loadTimeLimit().toNanos();
        this.maxFeedLagNanos = settings.maxFeedLag().toNanos();
        this.shares = shares;
        this.records = records;
        this.unknown = unknown;
        this.feed = feed;
        this.counters = counters;
        this.lookup = lookup;
        this.answeredAt = nanoTime.getAsLong() - 1;
    }

    /** The read of a device that is under way, or null. */
    @Nullable DeviceRead underWay(DeviceIdentity device) {
        return underWay.get(device);
    }

    Set<DeviceIdentity> devicesUnderWay() {
        return underWay.keySet();
    }

    /** The answer of the read under way is of no use any more. To be called inside the decision about the device. */
    void disown(DeviceIdentity device) {
        underWay.remove(device);
    }

    /**
     * Whether the store is taken for down. It takes a failed poll, or a device whose record cannot be read would shut
     * out the others; and a failed read, or a broken feed would have old records served that could be read again. A
     * call that was refused because too many wait, and a read that was not answered in time while others were, are no
     * such failures: there a queue of ours is long.
     */
    boolean isStoreDown() {
        return feed.isDown() && lastFailed;
    }

    /** Whether there is nothing to be read: this was read, or covered by the feed, recently enough. */
    boolean isCurrent(CachedDevice device, long now) {
        return feed.isTrueWithin(device, maxFeedLagNanos, now);
    }

    /** One read for any number of lookups that come together; null if it cannot be begun. */
    @Nullable DeviceRead beginOrJoin(DeviceIdentity claimed, @Nullable CachedDevice seen) {
        DeviceRead other = underWay.get(claimed);
        if (other != null) {
            counters.coalesced.increment();
            return other;
        }
        ReadShare share = shares.enter(seen != null);
        if (share == null) {
            counters.readsRefused.increment();
            return null;
        }
        return begin(newRead(claimed, share, Purpose.FIRST), seen);
    }

    /** Reads a device that is in use again, if that is not done and few others want to read. */
    void refresh(DeviceIdentity claimed, CachedDevice seen) {
        if (underWay.containsKey(claimed)) {
            return;
        }
        ReadShare share = shares.enterToRefresh();
        if (share != null && begin(newRead(claimed, share, Purpose.FIRST), seen) != null) {
            counters.refreshes.increment();
        }
    }

    /**
     * Begins a read, unless one has come to its end since the caller looked.
     *
     * @param seen what the caller saw
     */
    private @Nullable DeviceRead begin(DeviceRead read, @Nullable CachedDevice seen) {
        DeviceRead enlisted = enlist(read, null);
        if (enlisted != read) {
            return enlisted;
        }
        // Waits for the end of a read that is about to put its result in place.
        CachedDevice present = records.settled(read.device);
        CachedDevice meanwhile = present == null ? unknown.find(read.device) : present;
        if (meanwhile != null && meanwhile != seen && isCurrent(meanwhile, read.begunAt)) {
            end(read);
            read.leave();
            underWay.remove(read.device, read);
            read.found.complete(meanwhile);
        } else {
            ask(read);
        }
        return read;
    }

    /**
     * Begins a read though a record may be at hand. A first read under way, and one that rejects nobody, is too old for
     * this purpose: who waits for that one gets what this one brings.
     *
     * @param share where it has a place; null if there is none
     */
    @Nullable DeviceRead readAgain(DeviceIdentity claimed, @Nullable ReadShare share) {
        return readAgain(claimed, share, Purpose.AGAIN, begun -> {});
    }

    /**
     * The same for a request that may turn out to be good: what is read here rejects nobody.
     *
     * @param counted on what to note when it was
     */
    @Nullable DeviceRead readApart(DeviceIdentity claimed, @Nullable ReadShare share, CachedDevice counted) {
        // Noted after it was enlisted: who finds that it is too early for another one finds this one.
        return readAgain(claimed, share, Purpose.APART, begun -> counted.rechecked(begun.begunAt));
    }

    private @Nullable DeviceRead readAgain(
            DeviceIdentity claimed, @Nullable ReadShare share, Purpose purpose, Consumer<DeviceRead> enlisted) {
        if (share == null) {
            counters.readsRefused.increment();
            return null;
        }
        DeviceRead older = underWay.get(claimed);
        DeviceRead read = newRead(claimed, share, purpose);
        boolean takesItsPlace = older != null && !(older.isReread() && older.isOpen);
        DeviceRead now = enlist(read, takesItsPlace ? older : null);
        if (now == read) {
            enlisted.accept(read);
            ask(read);
        }
        return now;
    }

    private DeviceRead newRead(DeviceIdentity claimed, ReadShare share, Purpose purpose) {
        boolean isOpen = shares.isOpen(share) && purpose != Purpose.APART;
        return new DeviceRead(claimed, nanoTime.getAsLong(), share, purpose, isOpen, feed.isStarted(), isStoreDown());
    }

    /** The read under way from now on, this one or another's; null where the store is down and another one tries it. */
    private @Nullable DeviceRead enlist(DeviceRead read, @Nullable DeviceRead instead) {
        if (read.isProbe && !probing.compareAndSet(false, true)) {
            read.leave();
            counters.readsRefused.increment();
            shares.turnAway(read.begunAt);
            return null;
        }
        if (instead != null && underWay.replace(read.device, instead, read)) {
            return read;
        }
        DeviceRead other = underWay.putIfAbsent(read.device, read);
        if (other == null) {
            return read;
        }
        end(read);
        read.leave();
        counters.coalesced.increment();
        return other;
    }

    private void ask(DeviceRead read) {
        counters.readsBegun.increment();
        CompletionStage<StoreAnswer<Optional<DeviceRecord>>> stage = StoreAnswer.of(() -> store.find(read.device));
        waits.whenAnswered(stage, limitNanos, Runnable::run, answer -> {
            if (answer == null) {
                outlive(read, stage);
                fail(read, answeredAt - read.begunAt < 0, late());
                return;
            }
            answered(read, answer);
            Optional<DeviceRecord> value = answer.value();
            if (value == null) {
                fail(read, !answer.isRefused(), unavailable(answer));
            } else {
                succeed(read, value.orElse(null));
            }
        });
    }

    /** Nobody waits for the read any more, but it still has its place in the store's queue. */
    private void outlive(DeviceRead read, CompletionStage<StoreAnswer<Optional<DeviceRecord>>> stage) {
        read.share.answered(read.begunAt, nanoTime.getAsLong());
        waits.whenAnswered(stage, LIMITS_UNTIL_ABANDONED * limitNanos, Runnable::run, late -> {
            if (late == null) {
                read.leave();
            } else {
                answered(read, late);
            }
        });
    }

    private void answered(DeviceRead read, StoreAnswer<?> answer) {
        long now = nanoTime.getAsLong();
        if (answer.failure() == null) {
            answeredAt = now;
        }
        read.share.answered(read.begunAt, now);
        read.leave();
    }

    private void fail(DeviceRead read, boolean isStores, DeviceUnavailableException why) {
        end(read);
        if (isStores) {
            lastFailed = true;
        }
        counters.readFailures.increment();
        if (read.isApart()) {
            allowAnother(read.device);
        }
        underWay.remove(read.device, read);
        read.found.completeExceptionally(why);
    }

    private static DeviceUnavailableException late() {
        return DeviceUnavailableException.unanswered(StoreAnswer.Missing.LATE.words(), null);
    }

    private static DeviceUnavailableException unavailable(StoreAnswer<?> answer) {
        StoreAnswer.Missing missing = Objects.requireNonNull(answer.missing());
        return DeviceUnavailableException.unanswered(missing.words(), answer.failure());
    }

    /** A recheck that failed was none. */
    private void allowAnother(DeviceIdentity device) {
        CachedDevice latest = latest(device);
        if (latest != null) {
            latest.neverRechecked();
        }
    }

    /** What is remembered of a device, or null. */
    @Nullable CachedDevice latest(DeviceIdentity claimed) {
        CachedDevice device = records.find(claimed);
        return device == null ? unknown.latest(claimed) : device;
    }

    private void succeed(DeviceRead read, @Nullable DeviceRecord record) {
        end(read);
        lastFailed = false;
        try {
            CachedDevice merged = merge(read, record);
            if (merged != null) {
                read.found.complete(merged);
            } else {
                // One that took its place began later, and will do for everybody who waits for this one.
                DeviceRead since = underWay.get(read.device);
                CompletionStage<CachedDevice> instead = since == null ? lookup.apply(read.device) : since.found;
                instead.whenComplete((device, failure) -> pass(read, device, failure));
            }
        } catch (Throwable fault) { // of an engine or for lack of memory: who waits is not left waiting
            underWay.remove(read.device, read);
            read.found.completeExceptionally(fault);
        }
    }

    private static void pass(DeviceRead read, @Nullable CachedDevice device, @Nullable Throwable failure) {
        if (device == null) {
            read.found.completeExceptionally(failure == null ? late() : failure);
        } else {
            read.found.complete(device);
        }
    }

    private void end(DeviceRead read) {
        if (read.isProbe) {
            probing.set(false);
        }
    }

    /**
     * The newest of what is at hand, what was read, and what the feed said meanwhile; null if the device was
     * invalidated or is being read anew: this read was not given what the feed has said since.
     */
    private @Nullable CachedDevice merge(DeviceRead read, @Nullable DeviceRecord record) {
        @Nullable CachedDevice[] result = new CachedDevice[1];
        records.decide(read.device, present -> {
            boolean isWanted = underWay.remove(read.device, read);
            if (record != null && !record.identity().equals(read.device)) {
                // A device of another name: of that one the feed would tell, and nobody would listen.
                result[0] = read.deviceOf(record, engine);
                return present;
            }
            if (!isWanted) {
                return present;
            }
            DeviceRecord newest = read.newest(record);
            if (present != null && newest != null) {
                newest = DeviceRead.newer(present.record(), newest);
            }
            CachedDevice device = present == null || newest == null
                    ? read.deviceOf(newest, engine)
                    : present.next(newest, read.begunAt, read.isOpen);
            result[0] = device;
            if (!read.isCacheable) {
                return present;
            }
            if (read.isApart()) {
                device.rechecked(read.begunAt);
            }
            CachedDevice.drop(present);
            unknown.forget(read.device);
            if (newest == null) {
                unknown.remember(read.device, device);
                return null;
            }
            return device;
        });
        return result[0];
    }

    boolean isClosed() {
        return closed;
    }

    /** Nothing is looked up any more. */
    void close() {
        closed = true;
    }

    /** Ends what waits for a read: once the feed is closed. */
    void endWaits() {
        waits.close();
    }
}

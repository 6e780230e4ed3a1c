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
 * The reads under way, one for a device at a time. Thread-safe. The feed also gives its records to the reads under way.
 * A read that comes back with an older record has been overtaken.
 */
final class DeviceReads {
    /** After this number of time limits without an answer, a read gives its place back: no answer will come. */
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

    /** Makes the answer of the read under way useless. Call it inside the decision about the device. */
    void disown(DeviceIdentity device) {
        underWay.remove(device);
    }

    /**
     * Whether the store counts as down: the last poll and the last read have failed. The poll is needed, or one device
     * whose record cannot be read would affect the others. The read is needed, or a broken feed would lead to the use
     * of old records that could be read again. Two failures do not count, because only a queue of ours is long then: a
     * call that was refused because too many wait, and a read that was not answered in time while others were.
     */
    boolean isStoreDown() {
        return feed.isDown() && lastFailed;
    }

    /** Whether a record needs no read: its last read, or the last poll, is recent enough. */
    boolean isCurrent(CachedDevice device, long now) {
        return feed.isTrueWithin(device, maxFeedLagNanos, now);
    }

    /** One read for all lookups that come at the same time; null if it cannot begin. */
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

    /** Reads a device in use again, if no such read is under way and few other reads wait. */
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
     * Begins a read although a record may be at hand. A first read under way, and one that cannot reject, is too old
     * for this purpose: lookups that wait for it get the result of this read.
     *
     * @param share in which it has a place; null if there is none
     */
    @Nullable DeviceRead readAgain(DeviceIdentity claimed, @Nullable ReadShare share) {
        return readAgain(claimed, share, Purpose.AGAIN, begun -> {});
    }

    /**
     * The same for a request that may turn out to be good: the result of this read does not reject it.
     *
     * @param counted on what to note when it was
     */
    @Nullable DeviceRead readApart(DeviceIdentity claimed, @Nullable ReadShare share, CachedDevice counted) {
        // Noted after it was enlisted, so that a request that comes too early for another read finds this one.
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

    /** The read under way from now on, this one or another one; null if the store is down and another one probes it. */
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

    /** Nothing waits for the read any more, but it still has its place in the store's queue. */
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

    /** A recheck that failed does not count. */
    private void allowAnother(DeviceIdentity device) {
        CachedDevice latest = latest(device);
        if (latest != null) {
            latest.neverRechecked();
        }
    }

    /** The cached record of a device, or null. */
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
                // A read that took its place began later, so its result is good for all lookups that wait for this one.
                DeviceRead since = underWay.get(read.device);
                CompletionStage<CachedDevice> instead = since == null ? lookup.apply(read.device) : since.found;
                instead.whenComplete((device, failure) -> pass(read, device, failure));
            }
        } catch (Throwable fault) { // of an engine or for lack of memory: lookups must not wait for ever
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
     * The newest of the record at hand, the record read, and the record of the feed. Null if the device was invalidated
     * or is being read anew, because this read does not have the feed's later records.
     */
    private @Nullable CachedDevice merge(DeviceRead read, @Nullable DeviceRecord record) {
        @Nullable CachedDevice[] result = new CachedDevice[1];
        records.decide(read.device, present -> {
            boolean isWanted = underWay.remove(read.device, read);
            if (record != null && !record.identity().equals(read.device)) {
                // A device of another name: the feed would report changes of that one, and they would be ignored.
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

    /** No lookup begins any more. */
    void close() {
        closed = true;
    }

    /** Ends what waits for a read: once the feed is closed. */
    void endWaits() {
        waits.close();
    }
}

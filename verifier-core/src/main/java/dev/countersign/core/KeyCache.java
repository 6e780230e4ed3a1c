package dev.countersign.core;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.core.cache.CacheSettings;
import dev.countersign.core.cache.CachedKeys;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Remembers devices with their prepared keys, so that a verifier need not ask the key store for each request; follows the
 * store's {@linkplain PublicKeyStore#changesSince change feed}, so that what it remembers is true. Give it to
 * {@link CountersignVerifier#builder}; several verifiers may share one.
 *
 * <p><b>What is promised.</b> A change of a device (a revocation first of all) counts on this node, at the latest, when the
 * first successful poll that began after its commit has ended. Polls begin {@link KeyCacheBuilder#pollInterval} apart, so
 * with a store that answers that is the interval and the duration of one poll after the commit. If polls fail or take
 * long, a record is used without being read again for as long as the last successful poll began no more than
 * {@link KeyCacheBuilder#maxFeedLag} ago: with the default settings and a store whose reads are answered, a change counts
 * within 2 s of its commit. A request that was judged before stands.
 *
 * <p><b>In an outage</b>, that is, when the last poll and the last read have failed, devices that are remembered go on without
 * waiting for {@link KeyCacheBuilder#outageTolerance} after their record was last known to be true; by the record
 * as this node last heard of it, so that a revocation it has learned of counts. Other devices are answered with
 * {@link dev.countersign.api.RejectionReason#STORE_UNAVAILABLE}, and so is, in the end, everybody.
 *
 * <p>A record that is remembered does not give way to one with an older version, except where the store has lost changes, by a
 * restore for instance: after every ten polls its cursor of now is compared with what the feed had reached, and if it lies
 * before that, everything is forgotten.
 *
 * <p>Before a record that was read for an earlier request leads to a rejection as unknown, pending or badly signed, it is
 * read once more; where that read fails, or a limit does not allow it, the answer is
 * {@link dev.countersign.api.RejectionReason#STORE_UNAVAILABLE}. So a request is rejected as unknown or badly signed only by
 * what was read after it began, as any device is read, and while no other device that is not at hand is turned away: that asks
 * nowhere whether the device exists. Where devices are turned away, one at hand can be read all the same,
 * {@link KeyCacheBuilder#rechecksPerSecond} times a second in all, so that a key that it got on another node is accepted.
 *
 * <p>Thread-safe. It starts two daemon threads, one for the feed and one for time limits, unless it is given a timer. Its use of memory is bounded, and so is the number
 * of reads it has under way. The feed begins with {@link PublicKeyStore#cursor}; until that is answered nothing is
 * remembered.
 */
public final class KeyCache implements KeySource, AutoCloseable {
    private final CachedKeys keys;
    private final CacheSettings settings;
    private final Clock clock;
    private final List<ScheduledExecutorService> ownTimers;
    private volatile @Nullable StoreStatus closedStatus;

    /**
     * @param given the caller's timer, or null
     * @param clock by which the status says since when the cache is closed
     */
    KeyCache(CacheSettings settings, @Nullable ScheduledExecutorService given, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        // Two: what follows the end of many time limits must not keep the feed waiting.
        this.ownTimers = given == null
                ? List.of(Timers.newTimer("countersign-key-cache"), Timers.newTimer("countersign-key-feed"))
                : List.of();
        this.keys = given == null
                ? new CachedKeys(settings, ownTimers.get(0), ownTimers.get(1))
                : new CachedKeys(settings, given, given);
        keys.start();
    }

    /**
     * Starts the settings of a cache.
     *
     * @param store what is remembered; it stays the caller's, and {@link #close} does not close it
     */
    public static KeyCacheBuilder builder(PublicKeyStore store) {
        return new KeyCacheBuilder(store);
    }

    /**
     * The registry, with this cache hearing of each change that is made through it, before its caller has the
     * answer. One that failed counts as one, for it may have been made. The calls of a {@link DeviceRegistry#blocking} registry that
     * give up earlier leave the change under way: the cache hears of it in the end. Other nodes hear of it from the store.
     *
     * <pre>{@code
     * DeviceRegistry registry = cache.registry(store.registry());
     * registry.revoke(device).thenRun(() -> log.info("counts on this node from now on"));
     * }</pre>
     *
     * @param registry of the store that this cache is over; it stays the caller's
     */
    public DeviceRegistry registry(DeviceRegistry registry) {
        return new CachedRegistry(Objects.requireNonNull(registry, "registry"), this);
    }

    /**
     * Forgets a device: requests that begin after this call are judged by a record that is read after it. For those
     * who change a device in this process and do not want to wait for the feed.
     */
    public void invalidate(DeviceIdentity device) {
        keys.invalidate(Objects.requireNonNull(device, "device"));
    }

    /**
     * Offers a record, as a {@link RegistryResult} has it: it replaces an older one at once. A device that is not remembered
     * is not remembered for this.
     */
    public void update(DeviceRecord record) {
        keys.update(Objects.requireNonNull(record, "record"));
    }

    /** What it has done so far, and how it is. */
    public KeyCacheStats stats() {
        return new KeyCacheStats(keys);
    }

    /**
     * Whether the key store can be used, since when, and why not, as {@linkplain PublicKeyStore#status that store} says; a cache
     * that is closed is not available. Devices that are remembered go on in an outage for {@link KeyCacheBuilder#outageTolerance}.
     */
    public StoreStatus status() {
        StoreStatus closed = closedStatus;
        return closed == null ? settings.store().status() : closed;
    }

    /**
     * Ends the feed and its thread. Verifiers that use this cache find no key store available from now on. Idempotent; the
     * store stays open.
     */
    @Override
    public void close() {
        if (closedStatus == null) {
            closedStatus = StoreStatus.unavailable(clock.instant(), "the key cache is closed");
        }
        keys.close();
        ownTimers.forEach(ScheduledExecutorService::shutdownNow);
    }

    CachedKeys keys() {
        return keys;
    }

    CacheSettings settings() {
        return settings;
    }

    @Override
    public String toString() {
        return "KeyCache[" + (keys.isClosed() ? "closed" : "open") + "]";
    }
}

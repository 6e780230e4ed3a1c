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
 * Keeps devices and their prepared keys in memory, so that a verifier does not ask the key store for each request. It
 * follows the store's {@linkplain PublicKeyStore#changesSince change feed} to keep its records up to date. Several
 * verifiers may share one cache.
 *
 * <pre>{@code
 * KeyCache cache = KeyCache.builder(keyStore).build();
 * DeviceRegistry registry = cache.registry(deviceRegistry);              // changes made here count at once
 * RequestVerifier verifier = CountersignVerifier.builder(cache, nonceStore).build();
 * }</pre>
 *
 * <p><b>Changes.</b> A change of a device, such as a revocation, counts on this node when the first successful poll
 * that began after its commit has ended. A record is read again before use if the last successful poll began more than
 * {@link KeyCacheBuilder#maxFeedLag} ago. So with the default settings, and a store that answers, a change counts
 * within 2 s of its commit. The document "Operating a verifier" has the details, under "How fast a revocation counts".
 *
 * <p><b>Outages.</b> The store is in an outage if the last poll and the last read have failed. Devices in the cache are
 * then served without waiting, by the last known record, for {@link KeyCacheBuilder#outageTolerance} after it was last
 * known to be true. Other devices get {@link dev.countersign.api.RejectionReason#STORE_UNAVAILABLE}.
 *
 * <p><b>Lost changes.</b> A record is never replaced by one with an older version. If the store has lost changes, by a
 * restore for instance, the cache forgets all records: after every ten polls it compares the store's cursor with the
 * position of the feed.
 *
 * <p><b>Second reads.</b> Before a record of an earlier request leads to a rejection as unknown, pending or badly
 * signed, the cache reads it again. If that read fails, or a limit does not allow it, the request gets
 * {@link dev.countersign.api.RejectionReason#STORE_UNAVAILABLE}. It gets the same while the cache refuses reads of
 * devices that it does not hold: otherwise the answers would show which devices exist. A device that the cache holds
 * can be read even then, {@link KeyCacheBuilder#rechecksPerSecond} times a second in all, so that its new key is
 * accepted.
 *
 * <p>Thread-safe. Its memory and its number of concurrent reads are bounded. It starts two daemon threads, one for the
 * feed and one for time limits, unless it is given a timer. It stores no records before the store has answered
 * {@link PublicKeyStore#cursor}.
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
     * Creates a builder.
     *
     * @param store the store of the devices; the cache does not close it
     */
    public static KeyCacheBuilder builder(PublicKeyStore store) {
        return new KeyCacheBuilder(store);
    }

    /**
     * Wraps a registry. The cache then learns each change that is made through the returned registry before the caller
     * gets the answer. A failed change counts as a change, because it may have been made. If a call of
     * {@link DeviceRegistry#blocking} gives up, its change goes on and the cache learns it when it ends. Other nodes
     * learn it from the change feed.
     *
     * <pre>{@code
     * DeviceRegistry registry = cache.registry(store.registry());
     * registry.revoke(device).thenRun(() -> log.info("counts on this node from now on"));
     * }</pre>
     *
     * @param registry the registry of this cache's store
     */
    public DeviceRegistry registry(DeviceRegistry registry) {
        return new CachedRegistry(Objects.requireNonNull(registry, "registry"), this);
    }

    /**
     * Forgets a device. Requests that begin after this call use a record that is read after it. Call it after a change
     * of the device in this process that was not made through {@link #registry}.
     */
    public void invalidate(DeviceIdentity device) {
        keys.invalidate(Objects.requireNonNull(device, "device"));
    }

    /**
     * Replaces an older record of a device with this one, from a {@link RegistryResult} for instance. Does nothing if
     * the cache does not hold the device.
     */
    public void update(DeviceRecord record) {
        keys.update(Objects.requireNonNull(record, "record"));
    }

    /** Counters and measures of this cache. */
    public KeyCacheStats stats() {
        return new KeyCacheStats(keys);
    }

    /**
     * The {@linkplain PublicKeyStore#status status of the key store}; not available if this cache is closed. In an
     * outage, devices in the cache are served for {@link KeyCacheBuilder#outageTolerance}.
     */
    public StoreStatus status() {
        StoreStatus closed = closedStatus;
        return closed == null ? settings.store().status() : closed;
    }

    /**
     * Ends the feed and its thread. For verifiers that use this cache, the key store is unavailable from now on. Does
     * not close the store. Idempotent.
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

package dev.countersign.core;

import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.cache.CacheSettings;
import dev.countersign.core.engine.EcdsaP256Engine;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link KeyCache}. {@link #build} refuses settings that contradict each other; its message says what to
 * change. Not thread-safe; may build several caches.
 *
 * <pre>{@code
 * KeyCache cache = KeyCache.builder(keyStore)
 *         .maximumBytes(256L << 20)
 *         .outageTolerance(Duration.ZERO)                                // an outage of the database stops everything
 *         .build();
 * }</pre>
 */
public final class KeyCacheBuilder {
    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final long LEAST_BYTES = 1L << 20;

    private final PublicKeyStore store;
    private LongSupplier nanoTime = System::nanoTime;
    private long maximumBytes = 128L << 20;
    private int maximumUnknown = 10_000;
    private Duration rememberUnknown = Duration.ofSeconds(1);
    private Duration pollInterval = Duration.ofSeconds(1);
    private Duration pollTimeLimit = Duration.ofSeconds(1);
    private Duration maxFeedLag = Duration.ofSeconds(2);
    private Duration outageTolerance = Duration.ofMinutes(5);
    private Duration refreshAfter = Duration.ofMinutes(5);
    private Duration expireAfter = Duration.ofMinutes(10);
    private Duration loadTimeLimit = Duration.ofSeconds(1);
    private int maxConcurrentLoads = 256;
    private int rechecksPerSecond = 100;

    private @Nullable ScheduledExecutorService timer;

    private @Nullable EcdsaP256Engine engine;

    KeyCacheBuilder(PublicKeyStore store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /** The engine that prepares keys and checks signatures; {@link EcdsaP256Engine#bouncyCastle} unless set. */
    public KeyCacheBuilder engine(EcdsaP256Engine value) {
        this.engine = Objects.requireNonNull(value, "engine");
        return this;
    }

    /**
     * The approximate memory limit for records and their prepared keys, in bytes: at least 1 MiB, 128 MiB unless set. A
     * device takes about 4 KiB, and 25 KiB in frequent use: 128 MiB hold 5 000 such devices.
     */
    public KeyCacheBuilder maximumBytes(long value) {
        this.maximumBytes = value;
        return this;
    }

    /** How many device ids are remembered as unknown, besides the devices that exist: 0 or more, 10 000 unless set. */
    public KeyCacheBuilder maximumUnknown(int value) {
        this.maximumUnknown = value;
        return this;
    }

    /** How long a device id is remembered as unknown: at most {@link #maxFeedLag}, 1 s unless set. */
    public KeyCacheBuilder rememberUnknown(Duration value) {
        this.rememberUnknown = Objects.requireNonNull(value, "rememberUnknown");
        return this;
    }

    /** How often the change feed is asked, from start to start: 1 ms to 1 min, 1 s unless set. */
    public KeyCacheBuilder pollInterval(Duration value) {
        this.pollInterval = Objects.requireNonNull(value, "pollInterval");
        return this;
    }

    /** How long an answer of the change feed may take before the poll has failed: 1 ms to 1 min, 1 s unless set. */
    public KeyCacheBuilder pollTimeLimit(Duration value) {
        this.pollTimeLimit = Objects.requireNonNull(value, "pollTimeLimit");
        return this;
    }

    /**
     * The maximum age of the last successful poll, from its begin, for using a record without reading it again: longer
     * than {@link #pollInterval}, at most 1 min, 2 s unless set. While the store answers, no change of a device goes
     * unnoticed for longer.
     */
    public KeyCacheBuilder maxFeedLag(Duration value) {
        this.maxFeedLag = Objects.requireNonNull(value, "maxFeedLag");
        return this;
    }

    /**
     * How long a record may be used in an outage of the store, after it was last known to be true: 0 to 1 day, 5 min
     * unless set. For this time, a revocation that this node could not learn does not count here. With 0, nothing is
     * served in an outage once the last poll is older than {@link #maxFeedLag}.
     */
    public KeyCacheBuilder outageTolerance(Duration value) {
        this.outageTolerance = Objects.requireNonNull(value, "outageTolerance");
        return this;
    }

    /** The age at which a used record is read again in the background: 1 s to 1 day, 5 min unless set. */
    public KeyCacheBuilder refreshAfter(Duration value) {
        this.refreshAfter = Objects.requireNonNull(value, "refreshAfter");
        return this;
    }

    /** The age from which a record is read again before use: longer than {@link #refreshAfter}, 10 min unless set. */
    public KeyCacheBuilder expireAfter(Duration value) {
        this.expireAfter = Objects.requireNonNull(value, "expireAfter");
        return this;
    }

    /**
     * How long a read may take before it fails: 1 ms to 1 min, 1 s unless set. It must be shorter than the verifier's
     * {@link VerifierBuilder#lookupTimeLimit}, so that a device in the cache can still be served after a read has
     * failed.
     */
    public KeyCacheBuilder loadTimeLimit(Duration value) {
        this.loadTimeLimit = Objects.requireNonNull(value, "loadTimeLimit");
        return this;
    }

    /**
     * The maximum number of concurrent reads: at least 2, 256 unless set. Lookups that need one more fail at once. A
     * quarter is reserved for devices that the cache holds. The cache begins with fewer reads and allows as many as the
     * store answers within a quarter of {@link #loadTimeLimit}.
     */
    public KeyCacheBuilder maxConcurrentLoads(int value) {
        this.maxConcurrentLoads = value;
        return this;
    }

    /**
     * How many second reads before a rejection may use the reserve for devices in the cache, per second: 1 to 1 000
     * 000, 100 unless set, and one a second for each device. They use the reserve if all other reads are taken. Such a
     * read may lead to an acceptance and never to a rejection. Over the limit the store counts as unavailable for the
     * request.
     */
    public KeyCacheBuilder rechecksPerSecond(int value) {
        this.rechecksPerSecond = value;
        return this;
    }

    /**
     * The timer for polls and time limits; two daemon threads of the cache unless set. The cache does not close it. If
     * it has one thread, a poll may wait for what runs after a time limit.
     */
    public KeyCacheBuilder timer(ScheduledExecutorService value) {
        this.timer = Objects.requireNonNull(value, "timer");
        return this;
    }

    /** For tests: the monotonic clock. */
    KeyCacheBuilder nanoTime(LongSupplier value) {
        this.nanoTime = value;
        return this;
    }

    /**
     * Builds the cache, which begins to follow the store's changes.
     *
     * @throws IllegalArgumentException if a setting is out of its range or contradicts another
     * @throws IllegalStateException if the engine cannot use the Bouncy Castle that the JVM loaded; the message names
     *     the jar
     */
    public KeyCache build() {
        requireRange("pollInterval", pollInterval, MILLISECOND, MINUTE);
        requireRange("pollTimeLimit", pollTimeLimit, MILLISECOND, MINUTE);
        requireRange("maxFeedLag", maxFeedLag, MILLISECOND, MINUTE);
        requireRange("rememberUnknown", rememberUnknown, Duration.ZERO, maxFeedLag);
        requireRange("outageTolerance", outageTolerance, Duration.ZERO, DAY);
        requireRange("refreshAfter", refreshAfter, Duration.ofSeconds(1), DAY);
        requireRange("expireAfter", expireAfter, Duration.ofSeconds(1), DAY);
        requireRange("loadTimeLimit", loadTimeLimit, MILLISECOND, MINUTE);
        require(
                maxFeedLag.compareTo(pollInterval) > 0,
                "maxFeedLag must be longer than pollInterval, or every record is read before it is used");
        require(
                expireAfter.compareTo(refreshAfter) > 0,
                "expireAfter must be longer than refreshAfter, or nothing is refreshed in time");
        require(maximumBytes >= LEAST_BYTES, "maximumBytes must be at least 1 MiB");
        require(maximumUnknown >= 0, "maximumUnknown must be 0 or more");
        require(maxConcurrentLoads >= 2, "maxConcurrentLoads must be at least 2");
        require(
                rechecksPerSecond >= 1 && rechecksPerSecond <= 1_000_000,
                "rechecksPerSecond must be from 1 to 1 000 000");
        CacheSettings settings = new CacheSettings(
                store,
                engine == null ? EcdsaP256Engine.bouncyCastle() : engine,
                nanoTime,
                maximumBytes,
                maximumUnknown,
                rememberUnknown,
                pollInterval,
                pollTimeLimit,
                maxFeedLag,
                outageTolerance,
                refreshAfter,
                expireAfter,
                loadTimeLimit,
                maxConcurrentLoads,
                rechecksPerSecond);
        return new KeyCache(settings, timer, Clock.systemUTC());
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    private static void requireRange(String name, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(name + " must be from " + least + " to " + most + ", and is " + value);
        }
    }
}

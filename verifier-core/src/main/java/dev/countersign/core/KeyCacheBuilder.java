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
 * The settings of a {@link KeyCache}. Refuses what contradicts itself at {@link #build}, with a message that says what to
 * change. Not thread-safe; may build several caches.
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

    /** What prepares keys and will check their signatures; {@link EcdsaP256Engine#bouncyCastle} unless set. */
    public KeyCacheBuilder engine(EcdsaP256Engine value) {
        this.engine = Objects.requireNonNull(value, "engine");
        return this;
    }

    /**
     * How much the records and their prepared keys may take, in bytes, roughly: at least 1 MiB, 128 MiB unless set. A device
     * takes about 4 KiB, and 25 KiB once it is used often: that is 5 000 busy devices.
     */
    public KeyCacheBuilder maximumBytes(long value) {
        this.maximumBytes = value;
        return this;
    }

    /** How many devices that do not exist are remembered, apart from those that do: 0 or more, 10 000 unless set. */
    public KeyCacheBuilder maximumUnknown(int value) {
        this.maximumUnknown = value;
        return this;
    }

    /** For how long they are: at most {@link #maxFeedLag}, 1 s unless set. */
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
     * How long ago the last successful poll may have begun before a record is read again instead of being used: longer
     * than {@link #pollInterval}, at most 1 min, 2 s unless set. This is the longest time for which a change of a device
     * can go unnoticed while the store answers.
     */
    public KeyCacheBuilder maxFeedLag(Duration value) {
        this.maxFeedLag = Objects.requireNonNull(value, "maxFeedLag");
        return this;
    }

    /**
     * For how long a record may be used after it was last known to be true while the store does not answer: 0 to 1 day,
     * 5 min unless set. For so long a revocation that this node could not learn of does not count here; 0 means that
     * nothing is served in an outage once the feed is behind.
     */
    public KeyCacheBuilder outageTolerance(Duration value) {
        this.outageTolerance = Objects.requireNonNull(value, "outageTolerance");
        return this;
    }

    /** After how long a record that is used is read again, without making anyone wait: 1 s to 1 day, 5 min unless set. */
    public KeyCacheBuilder refreshAfter(Duration value) {
        this.refreshAfter = Objects.requireNonNull(value, "refreshAfter");
        return this;
    }

    /** After how long a record is read again before it is used: longer than {@link #refreshAfter}, 10 min unless set. */
    public KeyCacheBuilder expireAfter(Duration value) {
        this.expireAfter = Objects.requireNonNull(value, "expireAfter");
        return this;
    }

    /**
     * How long a read may take before it has failed: 1 ms to 1 min, 1 s unless set. It must be shorter than the verifier's
     * {@link VerifierBuilder#lookupTimeLimit}, so that a device that is known can still be served when a read fails.
     */
    public KeyCacheBuilder loadTimeLimit(Duration value) {
        this.loadTimeLimit = Objects.requireNonNull(value, "loadTimeLimit");
        return this;
    }

    /**
     * How many reads may be under way; what needs one more is unavailable at once: at least 2, 256 unless set. A quarter is
     * kept for devices at hand. It begins with fewer and stays at fewer where the store's answers take long: a read is to be
     * answered within a quarter of {@link #loadTimeLimit}.
     */
    public KeyCacheBuilder maxConcurrentLoads(int value) {
        this.maxConcurrentLoads = value;
        return this;
    }

    /**
     * How many devices at hand are read again in a second from what is kept for them, because a request is about to be
     * rejected and that share of reads which is open to all is taken: 1 to 1 000 000, 100 unless set. Such a read may lead to
     * an acceptance, and never to a rejection; over the limit the answer is "unavailable". A device has one a second at most.
     */
    public KeyCacheBuilder rechecksPerSecond(int value) {
        this.rechecksPerSecond = value;
        return this;
    }

    /**
     * What polls and time limits run on; two daemon threads of the cache's own unless set. Not closed with the cache. With one
     * thread, a poll waits for what follows the end of a time limit.
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
     * The cache, which begins to follow the store's changes.
     *
     * @throws IllegalArgumentException if a setting is out of its range or contradicts another
     * @throws IllegalStateException if the Bouncy Castle that the JVM loaded is none that the engine can use; the message
     *     names the jar
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

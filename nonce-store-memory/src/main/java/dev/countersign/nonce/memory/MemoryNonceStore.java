package dev.countersign.nonce.memory;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.api.store.StoreStatus;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A nonce store for one process: it keeps replay tokens in memory (protocol, Holes). The tokens are lost with the
 * process. Nodes that serve the same devices need a shared store instead.
 *
 * <pre>{@code
 * NonceStore nonces = MemoryNonceStore.builder()
 *         .capacity(3_100_000)                                           // 10 000 accepted requests a second
 *         .build();
 * }</pre>
 *
 * <p><b>Start.</b> A new store does not know what an earlier process accepted. It is watching since the second in which
 * it was built: it claims requests that were signed later, and answers others with
 * {@link ClaimResult#NOT_WATCHING_YET}. One risk remains: a request dated ahead of server time that the earlier process
 * accepted just before its end can be accepted once more. {@link Builder#watchingDelay} prevents that if it is as long
 * as a verifier lets a request be dated ahead (by default its freshness window). All requests are refused for that
 * long. {@link Builder#alwaysWatching} is for a first start and for tests.
 *
 * <p><b>Capacity.</b> A request stays until the deadline of its claim, about 301 to 601 s. Unless set otherwise, a
 * device may have {@value #DEFAULT_QUOTA_PER_DEVICE} live requests, and all devices together
 * {@value #DEFAULT_CAPACITY}. Further requests are answered with {@link ClaimResult#FULL}; a live claim is never
 * dropped to make room.
 *
 * <p><b>Memory.</b> A request has two tokens of 33 to 55 bytes each, fewer in a larger store. A device with live claims
 * takes about 70 bytes more, and its identity. After a burst, memory is released when all claims of a share of the
 * table are gone.
 *
 * <p><b>Time.</b> The clock only decides when claims leave: when their deadline is before its present second. Each
 * claim removes a few expired ones, and a thread removes the rest every second. No request is claimed twice, whatever
 * the clock does, also if it steps back.
 *
 * <p>Thread-safe. {@link #claim} does a bounded amount of work, blocks for short locks only, and returns a complete
 * stage. It fails only after {@link #close}.
 */
public final class MemoryNonceStore implements NonceStore {
    /** Requests that one device may have in the store, unless set otherwise. */
    public static final int DEFAULT_QUOTA_PER_DEVICE = 8192;

    /** Requests that all devices together may have in the store, unless set otherwise. */
    public static final long DEFAULT_CAPACITY = 1_000_000;

    /** Tokens that a claim removes at most from each stripe it locks: more than it adds, so that the purge keeps up. */
    private static final int REMOVED_WITH_A_CLAIM = 8;

    /** Tokens removed in one hold of a lock by the purge, and by a claim that found the store full. */
    private static final int REMOVED_AT_ONCE = 256;

    private static final int REMOVED_WHEN_FULL = 4096;

    private static final Map<ClaimResult, CompletableFuture<ClaimResult>> ANSWERS = answers();

    private final Clock clock;
    private final long watchingSince;
    private final long capacity;
    private final DeviceQuotas quotas;
    private final TokenHash hash;
    private final TokenStripe[] stripes;
    private final AtomicLong liveClaims = new AtomicLong();
    private final @Nullable ScheduledExecutorService ownScheduler;
    private final @Nullable Future<?> purging;
    private volatile StoreStatus status;

    // Why no request is claimed twice, whatever the clock does.
    //
    // A token is live while it is in its stripe: no reading of a clock is compared when a claim asks for it. It leaves
    // in dropExpired alone, which first raises this mark to the token's deadline or above, and then removes it, both
    // under the stripe's lock; the mark never falls. A claim that looks for the token holds that same lock. So if it
    // does not find a token that once was there, it sees a mark at or above that token's deadline, hence at or above
    // its own earliestDeadline, which is the smallest deadline any claim of the request can have had: it is refused.
    // The argument uses no clock at all, so a clock that jumps ahead and back, or a thread that sleeps between its
    // clock reading and its claim, cannot break it. A clock that jumped ahead only makes the store refuse for longer.
    private final AtomicLong latestPurgedDeadline = new AtomicLong(Long.MIN_VALUE);

    /** The second in which a claim last found the store full and looked for expired claims: once is enough. */
    private final AtomicLong fullAtSecond = new AtomicLong(Long.MIN_VALUE);

    private MemoryNonceStore(Builder builder) {
        this.clock = builder.clock;
        this.status = StoreStatus.available(clock.instant());
        this.capacity = builder.capacity;
        this.quotas = new DeviceQuotas(builder.quotaPerDevice);
        this.hash = builder.hash == null ? TokenHash.random() : builder.hash;
        this.stripes = TokenStripe.forCapacity(builder.capacity, hash, builder.minStripes);
        this.watchingSince = builder.alwaysWatching
                ? ALWAYS
                : clock.instant().getEpochSecond() + wholeSeconds(builder.watchingDelay);
        ScheduledExecutorService scheduler = builder.scheduler;
        this.ownScheduler = builder.backgroundPurge && scheduler == null ? purgeThread() : null;
        ScheduledExecutorService runsPurge = scheduler == null ? ownScheduler : scheduler;
        long nanos = builder.purgeInterval.toNanos();
        this.purging = runsPurge == null
                ? null
                : runsPurge.scheduleWithFixedDelay(this::purgeQuietly, nanos, nanos, TimeUnit.NANOSECONDS);
    }

    /** Creates a builder with the default settings. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public CompletionStage<ClaimResult> claim(Claim claim) {
        Objects.requireNonNull(claim, "claim");
        if (!status.isAvailable()) {
            return CompletableFuture.failedFuture(new IllegalStateException("the nonce store is closed"));
        }
        long now = clock.instant().getEpochSecond();
        ClaimResult result = claimAt(claim, now);
        if (result == ClaimResult.FULL && fullAtSecond.getAndSet(now) != now) {
            purge(now, REMOVED_WHEN_FULL);
            result = claimAt(claim, now);
        }
        return Objects.requireNonNull(ANSWERS.get(result));
    }

    @Override
    public long watchingSince() {
        return watchingSince;
    }

    /** False: the store belongs to one process. */
    @Override
    public boolean isShared() {
        return false;
    }

    @Override
    public StoreStatus status() {
        return status;
    }

    /** The number of requests in the store, including expired ones that were not removed yet. */
    public long liveClaims() {
        return liveClaims.get();
    }

    /** Removes every claim whose deadline is before the clock's present second. Other threads may claim meanwhile. */
    public void purgeExpired() {
        purge(clock.instant().getEpochSecond(), Long.MAX_VALUE);
    }

    /** Ends the background purge; claims fail from now on. Does not shut down the scheduler that was set. */
    @Override
    public void close() {
        if (status.isAvailable()) {
            status = StoreStatus.unavailable(clock.instant(), "the nonce store is closed");
        }
        if (purging != null) {
            purging.cancel(false);
        }
        if (ownScheduler != null) {
            ownScheduler.shutdownNow();
        }
    }

    private ClaimResult claimAt(Claim claim, long now) {
        ReplayToken nonce = claim.nonce();
        ReplayToken signature = claim.signature().orElse(null);
        if (nonce.equals(signature)) {
            signature = null; // one token, to be stored once
        }
        long nonceHash = hash.of(nonce.high(), nonce.low());
        long signatureHash = signature == null ? nonceHash : hash.of(signature.high(), signature.low());
        int nonceStripe = stripeOf(nonceHash);
        int signatureStripe = stripeOf(signatureHash);
        TokenStripe first = stripes[Math.min(nonceStripe, signatureStripe)];
        TokenStripe second = stripes[Math.max(nonceStripe, signatureStripe)];
        // Always in the order of the stripes, or two claims with crossed tokens would wait for each other.
        first.lock.lock();
        try {
            second.lock.lock(); // the same lock again if it is the same stripe
            try {
                dropExpired(first, now, REMOVED_WITH_A_CLAIM);
                if (second != first) {
                    dropExpired(second, now, REMOVED_WITH_A_CLAIM);
                }
                return claimLocked(
                        claim,
                        nonce,
                        nonceHash,
                        stripes[nonceStripe],
                        signature,
                        signatureHash,
                        stripes[signatureStripe]);
            } finally {
                second.lock.unlock();
            }
        } finally {
            first.lock.unlock();
        }
    }

    private ClaimResult claimLocked(
            Claim claim,
            ReplayToken nonce,
            long nonceHash,
            TokenStripe nonces,
            @Nullable ReplayToken signature,
            long signatureHash,
            TokenStripe signatures) {
        if (nonces.contains(nonceHash, nonce.high(), nonce.low())) {
            return ClaimResult.NONCE_REPLAYED;
        }
        if (signature != null && signatures.contains(signatureHash, signature.high(), signature.low())) {
            return ClaimResult.SIGNATURE_REPLAYED;
        }
        if (claim.timestamp() <= watchingSince || claim.earliestDeadline() <= latestPurgedDeadline.get()) {
            return ClaimResult.NOT_WATCHING_YET;
        }
        // All memory is taken before anything is counted or stored: running out of it leaves the store as it was.
        nonces.ensureRoom(2);
        signatures.ensureRoom(2);
        DeviceQuotas.Count count = quotas.reserve(claim.device());
        if (count == null) {
            return ClaimResult.FULL;
        }
        if (!reserveCapacity()) {
            quotas.release(count);
            return ClaimResult.FULL;
        }
        nonces.add(nonceHash, nonce.high(), nonce.low(), claim.deadline(), count);
        if (signature != null) {
            signatures.add(signatureHash, signature.high(), signature.low(), claim.deadline(), null);
        }
        return ClaimResult.CLAIMED;
    }

    private boolean reserveCapacity() {
        long live = liveClaims.get();
        while (live < capacity) {
            if (liveClaims.compareAndSet(live, live + 1)) {
                return true;
            }
            live = liveClaims.get();
        }
        return false;
    }

    /** Removes up to {@code most} expired tokens, stripe by stripe, and lets claims in between. */
    private void purge(long now, long most) {
        long left = most;
        for (TokenStripe stripe : stripes) {
            int removed = REMOVED_AT_ONCE;
            while (left > 0 && removed == REMOVED_AT_ONCE) {
                stripe.lock.lock();
                try {
                    removed = dropExpired(stripe, now, REMOVED_AT_ONCE);
                } finally {
                    stripe.lock.unlock();
                }
                left -= removed;
            }
        }
    }

    /** Removes up to {@code most} expired tokens of a stripe whose lock is held: how many. */
    private int dropExpired(TokenStripe stripe, long now, int most) {
        int removed = 0;
        while (removed < most && stripe.earliestDeadline() < now) {
            long deadline = stripe.earliestDeadline();
            if (latestPurgedDeadline.get() < deadline) {
                latestPurgedDeadline.accumulateAndGet(deadline, Math::max);
            }
            DeviceQuotas.Count count = stripe.removeEarliest();
            if (count != null) {
                quotas.release(count);
                liveClaims.decrementAndGet();
            }
            removed++;
        }
        return removed;
    }

    private void purgeQuietly() {
        try {
            purgeExpired();
        } catch (RuntimeException clockFailed) {
            // Or the scheduler would never run it again. A claim reads the same clock, and fails.
        }
    }

    /** Tokens in the store, for tests. */
    long tokens() {
        return sum(TokenStripe::size);
    }

    /** Bytes of all tables, for tests. */
    long bytes() {
        return sum(TokenStripe::bytes);
    }

    /** Tokens of the fullest share of the table, for tests. */
    int fullestStripe() {
        int fullest = 0;
        for (TokenStripe stripe : stripes) {
            stripe.lock.lock();
            try {
                fullest = Math.max(fullest, stripe.size());
            } finally {
                stripe.lock.unlock();
            }
        }
        return fullest;
    }

    /** Tokens of the longest chain, for tests. */
    int longestChain() {
        int longest = 0;
        for (TokenStripe stripe : stripes) {
            stripe.lock.lock();
            try {
                longest = Math.max(longest, stripe.longestChain());
            } finally {
                stripe.lock.unlock();
            }
        }
        return longest;
    }

    /** Devices that are counted, for tests. */
    int devices() {
        return quotas.devices();
    }

    private long sum(ToLongFunction<TokenStripe> what) {
        long sum = 0;
        for (TokenStripe stripe : stripes) {
            stripe.lock.lock();
            try {
                sum += what.applyAsLong(stripe);
            } finally {
                stripe.lock.unlock();
            }
        }
        return sum;
    }

    /** By the high bits of a token's hash under the store's key; the stripe itself uses the low ones. */
    private int stripeOf(long tokenHash) {
        return (int) (tokenHash >>> 32) & (stripes.length - 1);
    }

    private static long wholeSeconds(Duration duration) {
        return duration.getSeconds() + (duration.getNano() > 0 ? 1 : 0);
    }

    private static ScheduledExecutorService purgeThread() {
        return Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "countersign-nonce-purge");
            thread.setDaemon(true);
            return thread;
        });
    }

    private static Map<ClaimResult, CompletableFuture<ClaimResult>> answers() {
        Map<ClaimResult, CompletableFuture<ClaimResult>> answers = new EnumMap<>(ClaimResult.class);
        for (ClaimResult result : ClaimResult.values()) {
            answers.put(result, CompletableFuture.completedFuture(result));
        }
        return answers;
    }

    /** Builds a {@link MemoryNonceStore}. Not thread-safe; may build several stores. */
    public static final class Builder {
        private static final Duration LONGEST_WAIT = Duration.ofDays(1);

        private Clock clock = Clock.systemUTC();
        private int quotaPerDevice = DEFAULT_QUOTA_PER_DEVICE;
        private long capacity = DEFAULT_CAPACITY;
        private boolean alwaysWatching;
        private Duration watchingDelay = Duration.ZERO;
        private boolean backgroundPurge = true;
        private Duration purgeInterval = Duration.ofSeconds(1);
        private @Nullable ScheduledExecutorService scheduler;
        private @Nullable TokenHash hash;
        private int minStripes = TokenStripe.FEWEST;

        private Builder() {}

        /**
         * The clock by which claims expire and the start is dated: the same as the verifier's. The system's by default.
         */
        public Builder clock(Clock newClock) {
            this.clock = Objects.requireNonNull(newClock, "clock");
            return this;
        }

        /**
         * How many requests one device may have in the store.
         *
         * @param requests at least 1; {@value MemoryNonceStore#DEFAULT_QUOTA_PER_DEVICE} by default
         */
        public Builder quotaPerDevice(int requests) {
            if (requests < 1) {
                throw new IllegalArgumentException("quotaPerDevice must be at least 1");
            }
            this.quotaPerDevice = requests;
            return this;
        }

        /**
         * How many requests all devices together may have in the store. A server that accepts n requests a second needs
         * room for about 310 n, and for 610 n if its clients' clocks run ahead.
         *
         * @param requests 1 to 2^36; {@value MemoryNonceStore#DEFAULT_CAPACITY} by default
         */
        public Builder capacity(long requests) {
            if (requests < 1 || requests > 1L << 36) {
                throw new IllegalArgumentException("capacity must be from 1 to 2^36 requests");
            }
            this.capacity = requests;
            return this;
        }

        /** Declares that no earlier process accepted requests of these devices: no request is too old for the store. */
        public Builder alwaysWatching() {
            this.alwaysWatching = true;
            return this;
        }

        /**
         * The strict start: refuses requests that were signed up to this time after the store was built.
         *
         * @param wait up to 24 h, rounded up to whole seconds; zero by default
         */
        public Builder watchingDelay(Duration wait) {
            if (wait.isNegative() || wait.compareTo(LONGEST_WAIT) > 0) {
                throw new IllegalArgumentException("watchingDelay must be from 0 to 24 h");
            }
            this.watchingDelay = wait;
            return this;
        }

        /**
         * The pause between two runs of the background purge.
         *
         * @param interval positive, at most 24 h; 1 s by default
         */
        public Builder purgeInterval(Duration interval) {
            if (interval.isNegative() || interval.isZero() || interval.compareTo(LONGEST_WAIT) > 0) {
                throw new IllegalArgumentException("purgeInterval must be positive and at most 24 h");
            }
            this.purgeInterval = interval;
            return this;
        }

        /**
         * The scheduler for the background purge; a daemon thread of the store by default. The store does not shut it
         * down.
         */
        public Builder scheduler(ScheduledExecutorService newScheduler) {
            this.scheduler = Objects.requireNonNull(newScheduler, "scheduler");
            return this;
        }

        /**
         * Switches the background purge off. Claims and {@link MemoryNonceStore#purgeExpired} remove expired claims.
         */
        public Builder noBackgroundPurge() {
            this.backgroundPurge = false;
            return this;
        }

        /** For tests: always the same places for the same tokens, in so few stripes (a power of two). */
        Builder places(TokenHash newHash, int stripes) {
            this.hash = newHash;
            this.minStripes = stripes;
            return this;
        }

        /**
         * Builds the store, which is watching from now on.
         *
         * @throws IllegalStateException if settings contradict each other
         */
        public MemoryNonceStore build() {
            if (alwaysWatching && !watchingDelay.isZero()) {
                throw new IllegalStateException(
                        "alwaysWatching() and watchingDelay(...) contradict each other: leave one out");
            }
            if (!backgroundPurge && scheduler != null) {
                throw new IllegalStateException(
                        "noBackgroundPurge() and scheduler(...) contradict each other: leave one out");
            }
            return new MemoryNonceStore(this);
        }
    }
}

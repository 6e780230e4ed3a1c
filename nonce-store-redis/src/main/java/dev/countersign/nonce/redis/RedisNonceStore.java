package dev.countersign.nonce.redis;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.claim.KeyLayout;
import dev.countersign.nonce.redis.connection.LettuceClient;
import dev.countersign.nonce.redis.connection.ServerStatus;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.context.StoreCounters;
import dev.countersign.nonce.redis.context.StoreSettings;
import dev.countersign.nonce.redis.script.Script;
import dev.countersign.nonce.redis.topology.Topology;
import dev.countersign.nonce.redis.trouble.Trouble;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.resource.ClientResources;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A nonce store that many processes share. It keeps replay tokens in Redis 6.2 or newer: one server, a group under
 * Sentinel, or a Cluster (protocol, Holes).
 *
 * <pre>{@code
 * NonceStore nonces = RedisNonceStore.builder("redis://redis.internal:6379").build();
 * }</pre>
 *
 * <p><b>Claims.</b> A claim is one script in one round trip. It is sent at most once: the store has connections of its
 * own, which Lettuce does not reconnect. If a connection ends, its claims in flight fail and the verifier answers 503.
 * The store checks a new connection before the first claim. A claim that failed may or may not be stored.
 *
 * <p><b>Since when it is watching.</b> A record in Redis, the watch record, says since which second the claims in this
 * server are complete, and names the server process and its role. If it is missing or names another process, claims may
 * be lost: the server was restarted, emptied or promoted. The store then writes a new record. Requests that were signed
 * up to its second get {@link ClaimResult#NOT_WATCHING_YET} on every node. A new node that finds a valid record refuses
 * nothing.
 *
 * <p>Two risks remain. A request dated ahead of server time can be accepted again after a loss;
 * {@link Builder#watchingDelay} prevents that, and refuses all requests for so long. And because replication is
 * asynchronous, a primary that is cut off from its replicas goes on to accept claims that the next primary does not
 * know; {@code min-replicas-to-write} in Redis and {@link Builder#waitForReplicas} reduce that.
 *
 * <p><b>In a Cluster</b> a claim goes to the node of its device's slot. If a node cannot be reached, only the claims of
 * its slots fail, provided that {@code cluster-require-full-coverage} is {@code no}. While a slot migrates, new
 * requests in it take a few more round trips. Each node has its own watch record. A node that gets slots is watching
 * since no earlier than the node that had them.
 *
 * <p><b>Redis must not evict.</b> An evicted claim would let a replay through, so any {@code maxmemory-policy} but
 * {@code noeviction} is refused. If Redis is out of memory, the answer is {@link ClaimResult#FULL}.
 *
 * <p><b>Time.</b> A claim ends a fixed time after it was made, so Redis's clock need not agree with any other. It must
 * not leap: the store notices a leap ahead within a second and treats it as a loss. If this node's clock steps back,
 * the store refuses requests whose claims may have ended.
 *
 * <p><b>Limits.</b> At most 4096 claims are in flight unless set otherwise; more fail at once. A device has a quota of
 * live requests <em>on each node</em>: n nodes accept up to n times as many. Copies of one request count once.
 *
 * <p><b>Keys.</b> Layout 1: prefix, {@code 1}, an opening brace, two bytes that pick the device's Cluster slot, a
 * closing brace, the token's 16 bytes; the value is {@code 1}. The watch record is prefix, {@code 1w}. All nodes that
 * share a server use the same prefix, and nothing else uses it. A token is known for its device only.
 *
 * <p>Thread-safe. {@link #claim} never blocks. The caller's thread, a thread of Lettuce or one of the store completes
 * its stage: do not block that thread. The store's threads are daemons.
 */
public final class RedisNonceStore implements NonceStore {
    /** Requests that one device may have live through one node, unless set otherwise. */
    public static final int DEFAULT_QUOTA_PER_DEVICE = 8192;

    /** Claims in flight, unless set otherwise. */
    public static final int DEFAULT_MAX_IN_FLIGHT = 4096;

    private final StoreContext context;
    private final ListenerThread listenerThread;
    private final LettuceClient client;
    private final Topology topology;
    private final Admission admission;
    private final Availability availability;
    private volatile boolean closed;

    private RedisNonceStore(Builder builder) {
        StoreCounters counters = new StoreCounters();
        this.listenerThread = new ListenerThread(builder.listener, counters);
        this.context = new StoreContext(builder.settings(), counters, listenerThread);
        this.client = new LettuceClient(builder.resources, builder.options, builder.maxInFlight);
        Script.load(); // here, not on a thread of Lettuce's
        this.admission = new Admission(context, builder.quotaPerDevice, builder.maxInFlight);
        this.availability = new Availability(builder.clock);
        this.topology = builder.connecting.topology(context, client.lettuce());
        // At the change, and not when somebody asks for the status: it says since when it is so.
        context.onChange(() -> availability.status(topology.status().outage()));
    }

    /**
     * Creates a builder of a store with its own Redis client.
     *
     * @param uri {@code redis://}, {@code rediss://}, {@code redis-sentinel://} or {@code rediss-sentinel://}, as
     *     Lettuce reads it; or {@code redis-cluster://host:port,host:port} or {@code rediss-cluster://…} with some
     *     nodes of a Cluster
     * @throws IllegalArgumentException if it is none of these, or has a {@code /}, {@code ?} or {@code #} before an
     *     {@code @}
     */
    public static Builder builder(String uri) {
        Objects.requireNonNull(uri, "uri");
        return new Builder(Connecting.to(uri), null, null);
    }

    /**
     * Creates a builder of a store that uses a client's resources (threads, resolver, metrics) and options (TLS,
     * sockets) for its own connections. The store closes neither the client nor its resources.
     *
     * <p>The store uses the client's options, except those that it sets itself: no reconnecting, commands without a
     * connection rejected, RESP2, no maintenance notifications, a ping before a connection is used, no publishing on a
     * scheduler, the length of the queue of requests, no time limits of Lettuce for commands ({@link Builder#timeLimit}
     * holds), and 1 s to connect.
     *
     * @param uri the server or the sentinels, with user, password, database and TLS; the client's own URI is not used
     */
    public static Builder builder(RedisClient client, RedisURI uri) {
        return new Builder(
                Connecting.to(Objects.requireNonNull(uri, "uri")), client.getResources(), client.getOptions());
    }

    /**
     * Creates a builder of a store in a Cluster that uses a client's resources and options, as
     * {@link #builder(RedisClient, RedisURI)} does.
     *
     * @param seeds some of the nodes, all with the same user, password and TLS settings, which are used for every node
     */
    public static Builder builder(RedisClusterClient client, Iterable<RedisURI> seeds) {
        List<RedisURI> uris = new ArrayList<>();
        seeds.forEach(uris::add);
        return new Builder(Connecting.toCluster(uris), client.getResources(), client.getOptions());
    }

    @Override
    public CompletionStage<ClaimResult> claim(Claim claim) {
        Objects.requireNonNull(claim, "claim");
        // Before anything is decided: a process that sleeps in between finds its answer late.
        long started = System.nanoTime();
        if (closed) {
            return CompletableFuture.failedFuture(new IllegalStateException("the nonce store is closed"));
        }
        ClaimCall call;
        try {
            call = admission.admit(claim, started);
        } catch (RuntimeException cannotBeAsked) {
            return CompletableFuture.failedFuture(cannotBeAsked);
        }
        topology.claim(call);
        return call.answer();
    }

    /** The latest second known; before the first connection, the present one plus {@link Builder#watchingDelay}. */
    @Override
    public long watchingSince() {
        return topology.watchingSince();
    }

    /** True. */
    @Override
    public boolean isShared() {
        return true;
    }

    /**
     * Whether the server of the claims is known to be down: the last two attempts to connect to it and to check it have
     * failed. In a Cluster, whether this holds for all nodes that serve slots.
     *
     * <p>These are no signs of a server that is down: a connection that ends, a claim that fails or is late, a full
     * {@link Builder#maxInFlight}, a server that answers and is refused (for a wrong password, for instance), and
     * sentinels that cannot be reached.
     */
    @Override
    public boolean isDown() {
        return !closed && topology.isDown();
    }

    /** For tests. */
    Topology topology() {
        return topology;
    }

    /** The status as of the last check of Redis, about a second ago at most. Does no I/O. */
    @Override
    public RedisStatus status() {
        ServerStatus servers = topology.status();
        return new RedisStatus(
                availability.status(servers.outage()),
                servers,
                watchingSince(),
                admission.inFlight(),
                context.counters());
    }

    /**
     * Ends the connections and the store's threads, and waits a few seconds for them at most. Claims in flight and
     * later claims fail. Does not close the client that was given to the builder.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        CompletionStage<Void> closing = topology.close();
        context.close();
        listenerThread.close();
        client.close(closing);
    }

    /** Builds a {@link RedisNonceStore}. Not thread-safe; may build several stores. */
    public static final class Builder {
        private static final Duration LONGEST_WAIT = Duration.ofDays(1);
        private static final Duration LONGEST_LIMIT = Duration.ofMinutes(5);
        private static final int MOST_IN_FLIGHT = 1 << 20;
        private static final int MOST_REPLICAS = 100;

        final Connecting connecting;
        final @Nullable ClientResources resources;
        final @Nullable ClientOptions options;

        Clock clock = Clock.systemUTC();
        LongSupplier ticker = System::nanoTime;
        KeyLayout keys = new KeyLayout("c");
        int quotaPerDevice = DEFAULT_QUOTA_PER_DEVICE;
        int maxInFlight = DEFAULT_MAX_IN_FLIGHT;
        Duration timeLimit = Duration.ofSeconds(2);
        Duration connectWait = Duration.ofSeconds(5);
        boolean alwaysWatching;
        Duration watchingDelay = Duration.ZERO;
        int waitForReplicas;
        Duration replicaTimeLimit = Duration.ofMillis(500);
        boolean replicaTimeLimitSet;
        boolean allowEviction;
        RedisStoreListener listener = new RedisStoreListener() {};

        Builder(Connecting connecting, @Nullable ClientResources resources, @Nullable ClientOptions options) {
            this.connecting = connecting;
            this.resources = resources;
            this.options = options;
        }

        /** The clock for {@link RedisNonceStore#watchingSince}: the same as the verifier's. The system's by default. */
        public Builder clock(Clock newClock) {
            this.clock = Objects.requireNonNull(newClock, "clock");
            return this;
        }

        /** Monotonic nanoseconds, for tests. */
        Builder ticker(LongSupplier newTicker) {
            this.ticker = newTicker;
            return this;
        }

        /**
         * The prefix of all keys: the same for all nodes, different for stores that must not see each other's claims.
         *
         * @param prefix up to 16 visible ASCII characters without braces, {@code c} by default. Each one beyond the
         *     first may cost 8 to 16 bytes for each token.
         */
        public Builder keyPrefix(String prefix) {
            this.keys = new KeyLayout(Objects.requireNonNull(prefix, "prefix"));
            return this;
        }

        /**
         * How many live requests one device may have on this node. The count is exact for devices that were seen last
         * and whose requests end in up to 16 different seconds. Otherwise a place becomes free up to a tenth of a
         * claim's life later.
         *
         * @param requests at least 1; {@value RedisNonceStore#DEFAULT_QUOTA_PER_DEVICE} by default
         */
        public Builder quotaPerDevice(int requests) {
            if (requests < 1) {
                throw new IllegalArgumentException("quotaPerDevice must be at least 1");
            }
            this.quotaPerDevice = requests;
            return this;
        }

        /**
         * How many claims may wait for an answer at a time; more fail at once.
         *
         * @param claims 1 to 2^20; {@value RedisNonceStore#DEFAULT_MAX_IN_FLIGHT} by default
         */
        public Builder maxInFlight(int claims) {
            if (claims < 1 || claims > MOST_IN_FLIGHT) {
                throw new IllegalArgumentException("maxInFlight must be from 1 to 2^20");
            }
            this.maxInFlight = claims;
            return this;
        }

        /**
         * How long an answer may take. A claim that is answered later fails, whatever the answer says. A connection on
         * which an answer takes longer is closed.
         *
         * @param limit 10 ms to 5 min; 2 s by default. The verifier's limit for claims should be the same.
         */
        public Builder timeLimit(Duration limit) {
            if (limit.compareTo(Duration.ofMillis(10)) < 0 || limit.compareTo(LONGEST_LIMIT) > 0) {
                throw new IllegalArgumentException("timeLimit must be from 10 ms to 5 min");
            }
            this.timeLimit = limit;
            return this;
        }

        /**
         * How long {@link #build} waits for Redis. After that it returns a store in an outage, which recovers by
         * itself.
         *
         * @param wait up to 24 h; 5 s by default
         */
        public Builder connectWait(Duration wait) {
            requireWait("connectWait", wait);
            this.connectWait = wait;
            return this;
        }

        /**
         * Declares that no request of these devices was accepted before: with a server without a watch record, no
         * request is too old. Counts only for the store's first check of Redis.
         */
        public Builder alwaysWatching() {
            this.alwaysWatching = true;
            return this;
        }

        /**
         * The strict start: after a loss, and at the first start, refuses requests that were signed up to this time
         * after it. If it is as long as a verifier lets a request be dated ahead, no request is accepted again after a
         * loss.
         *
         * @param wait up to 24 h, rounded up to whole seconds; zero by default
         */
        public Builder watchingDelay(Duration wait) {
            requireWait("watchingDelay", wait);
            this.watchingDelay = wait;
            return this;
        }

        /**
         * Answers a claim only after this number of replicas have confirmed it. A claim that they do not confirm in
         * time fails, and may be stored. Claims are confirmed in groups, so a replica's round trip does not limit their
         * rate.
         *
         * <p>The store sends {@code WAIT} on the connection of the claims, because Redis counts the writes of that
         * connection. The check of Redis, once a second, waits behind it for up to {@link #replicaTimeLimit}.
         *
         * @param replicas 1 to 100; none by default
         */
        public Builder waitForReplicas(int replicas) {
            if (replicas < 1 || replicas > MOST_REPLICAS) {
                throw new IllegalArgumentException("waitForReplicas takes from 1 to 100 replicas");
            }
            this.waitForReplicas = replicas;
            return this;
        }

        /**
         * How long {@link #waitForReplicas} waits for them.
         *
         * @param limit 1 ms up to the {@link #timeLimit}; 500 ms by default, or the time limit if that is less. Keep it
         *     well under 1 s: a check that takes longer does not notice a leap of Redis's clock
         */
        public Builder replicaTimeLimit(Duration limit) {
            if (limit.toMillis() < 1) {
                throw new IllegalArgumentException("replicaTimeLimit must be at least 1 ms");
            }
            this.replicaTimeLimit = limit;
            this.replicaTimeLimitSet = true;
            return this;
        }

        /**
         * Accepts a Redis that may evict live claims, or that does not show its policy. Replays can then get through
         * unnoticed.
         */
        public Builder allowEviction() {
            this.allowEviction = true;
            return this;
        }

        /** The listener for outages and losses. */
        public Builder listener(RedisStoreListener newListener) {
            this.listener = Objects.requireNonNull(newListener, "listener");
            return this;
        }

        /**
         * Builds the store. Waits until it has checked Redis, for {@link #connectWait} at most. A Redis that cannot be
         * reached is an outage, from which the store recovers.
         *
         * @throws IllegalStateException if settings contradict each other, or if Redis answers and its settings are not
         *     fit for claims; the message says what to change
         */
        public RedisNonceStore build() {
            if (alwaysWatching && !watchingDelay.isZero()) {
                throw new IllegalStateException(
                        "alwaysWatching() and watchingDelay(...) contradict each other: leave one out");
            }
            if (replicaTimeLimitSet && replicaTimeLimit.compareTo(timeLimit) > 0) {
                throw new IllegalStateException(
                        "replicaTimeLimit(...) is longer than timeLimit(...): no claim could wait so long");
            }
            if (replicaTimeLimitSet && waitForReplicas == 0) {
                throw new IllegalStateException(
                        "replicaTimeLimit(...) is for waitForReplicas(...): leave it out, or say for how many to wait");
            }
            RedisNonceStore store = new RedisNonceStore(this);
            try {
                store.topology.start().toCompletableFuture().get(connectWait.toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException notYet) {
                return store;
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException refused) {
                store.close();
                throw new IllegalStateException(Trouble.of(refused).words());
            }
            return store;
        }

        private StoreSettings settings() {
            return new StoreSettings(
                    clock,
                    ticker,
                    keys,
                    timeLimit,
                    alwaysWatching,
                    watchingDelay,
                    waitForReplicas,
                    replicaTimeLimit.compareTo(timeLimit) < 0 ? replicaTimeLimit : timeLimit,
                    allowEviction);
        }

        private static void requireWait(String what, Duration wait) {
            if (wait.isNegative() || wait.compareTo(LONGEST_WAIT) > 0) {
                throw new IllegalArgumentException(what + " must be from 0 to 24 h");
            }
        }
    }
}

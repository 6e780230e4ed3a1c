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
 * A nonce store that many processes share: replay tokens in Redis 6.2 or newer, one server, a group under Sentinel,
 * or a Cluster (protocol, Holes).
 *
 * <p><b>A claim</b> is one script in one round trip. It is sent at most once: the connections are the store's own, and Lettuce
 * reconnects none of them. When a connection ends, what is in flight on it fails (the verifier answers 503), and the next
 * connection is looked at before the first claim. A claim that failed may or may not be stored.
 *
 * <p><b>Since when it watches.</b> A record in Redis, the watch record, says since which second the claims in this server are
 * complete, and names the server process and its role. A server without it, or with one that names another, has lost claims
 * or may have: it restarted, with or without persistence, was emptied, was promoted. Requests signed up to that second are then
 * {@link ClaimResult#NOT_WATCHING_YET} for every node, until clients sign later ones; a new node that finds the record refuses
 * nobody. What remains are requests dated ahead of server time and accepted before the loss: {@link Builder#watchingDelay}
 * closes that at the price of refusing everything for so long. Replication is asynchronous: a primary that is cut off
 * from its replicas goes on to accept claims that the next one does not know. {@code min-replicas-to-write} in Redis and
 * {@link Builder#waitForReplicas} shrink that; nothing closes it.
 *
 * <p><b>In a Cluster</b> a claim goes to the node of its device's slot; a node that cannot be reached fails the claims of its
 * own slots only, provided that {@code cluster-require-full-coverage} is {@code no}. While a slot migrates, its new requests take a
 * few more round trips. Each node is watched by itself, and takes over what was lost where its slots come from.
 *
 * <p><b>Redis must not evict.</b> Any {@code maxmemory-policy} but {@code noeviction} is refused: an evicted claim is a replay
 * that gets through. Out of memory is {@link ClaimResult#FULL}.
 *
 * <p><b>Time.</b> Claims end a fixed time after they were made, so Redis's clock need not agree with anyone's, but must
 * not leap: a leap ahead is noticed within a second and treated as a loss. A clock of this node that steps back makes the store
 * refuse requests whose claims can have ended.
 *
 * <p><b>Room.</b> At most 4096 claims are in flight unless set otherwise; more fail at once. A device has a quota of live
 * requests <em>on each node</em>: n nodes admit up to n times as many. Copies of one request count once.
 *
 * <p><b>Keys.</b> Layout 1: prefix, {@code 1}, <code>{</code>, two bytes that pick the device's Cluster slot, <code>}</code>,
 * the token's 16 bytes; the value is {@code 1}. The watch record is prefix, {@code 1w}. All nodes that share a server use the same
 * prefix, and nothing else uses it. A token is known for its device only.
 *
 * <p>Thread-safe. {@link #claim} never blocks; its stage is completed by the caller, by a thread of Lettuce or by the store's
 * own: do not block it. The store's threads are daemons.
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
     * A builder of a store with connections of its own.
     *
     * @param uri {@code redis://}, {@code rediss://}, {@code redis-sentinel://} or {@code rediss-sentinel://}, as Lettuce
     *     reads it; or {@code redis-cluster://host:port,host:port} or {@code rediss-cluster://…} with some nodes of a Cluster
     * @throws IllegalArgumentException if it is none of these, or has a {@code /}, {@code ?} or {@code #} before an {@code @}
     */
    public static Builder builder(String uri) {
        Objects.requireNonNull(uri, "uri");
        return new Builder(Connecting.to(uri), null, null);
    }

    /**
     * A builder of a store that uses a client's resources (threads, resolver, metrics) and options (TLS, sockets), on
     * connections of its own. The store closes neither the client nor its resources.
     *
     * <p>The options are taken as they are but for those that the store sets: no reconnecting, commands without a connection
     * rejected, RESP2, no maintenance notifications, a ping before a connection is used, no publishing on a scheduler, the length
     * of the queue of requests, no time limits of Lettuce's for commands ({@link Builder#timeLimit} holds), and 1 s to connect.
     *
     * @param uri the server or the sentinels, with user, password, database and TLS; nothing of the client's own URI is used
     */
    public static Builder builder(RedisClient client, RedisURI uri) {
        return new Builder(
                Connecting.to(Objects.requireNonNull(uri, "uri")), client.getResources(), client.getOptions());
    }

    /**
     * A builder of a store in a Cluster that uses a client's resources and options, as {@link #builder(RedisClient,
     * RedisURI)} does.
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

    /** Yes. */
    @Override
    public boolean isShared() {
        return true;
    }

    /**
     * Whether the place that claims go to is known to be down: the last two attempts to connect to it and to look at it have
     * failed. A connection that ends, a claim that fails or is late and a full {@link Builder#maxInFlight} say nothing of it,
     * nor does a server that answers and is refused, as with a wrong password; nor sentinels that cannot be reached,
     * for nobody knows then where claims would go. In a Cluster: of all nodes that serve slots, so it is false where one of them
     * can be reached.
     */
    @Override
    public boolean isDown() {
        return !closed && topology.isDown();
    }

    /** For tests. */
    Topology topology() {
        return topology;
    }

    /** How the store is doing: as of the last look at Redis, at most about a second ago. Cheap. */
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
     * Ends the connections and the store's threads; waits for them for a few seconds at most. Claims in flight fail, and so do
     * those that come later. A client that was handed in stays open.
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

    /** Settings of a {@link RedisNonceStore}. Not thread-safe; may build several stores. */
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

        /** The clock by which the verifier dates claims, and by which the store says since when it watches. The system's by default. */
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
         * What all keys begin with: the same for all nodes, different for stores that must not see each other.
         *
         * @param prefix up to 16 visible ASCII characters without braces, {@code c} by default. Each one beyond the first
         *     may cost 8 to 16 bytes for each token.
         */
        public Builder keyPrefix(String prefix) {
            this.keys = new KeyLayout(Objects.requireNonNull(prefix, "prefix"));
            return this;
        }

        /**
         * How many live requests one device may have through this node. Exact while the device is among those seen last and its
         * requests end in up to 16 different seconds; beyond that a place is free again up to a tenth of a claim's life later.
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
         * How many claims may be without an answer at a time; more fail at once.
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
         * How long an answer may take. A claim that is answered later fails, whatever the answer says, and a connection that
         * owes an answer for so long is given up.
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
         * How long {@link #build} waits for Redis before it returns a store that is in an outage, and recovers by itself.
         *
         * @param wait up to 24 h; 5 s by default
         */
        public Builder connectWait(Duration wait) {
            requireWait("connectWait", wait);
            this.connectWait = wait;
            return this;
        }

        /**
         * Declares that nobody accepted requests for these devices before: a server without any record is watched from
         * the beginning. Counts at the store's first look at Redis only.
         */
        public Builder alwaysWatching() {
            this.alwaysWatching = true;
            return this;
        }

        /**
         * The strict start: after a loss, and at the first start, accepts only requests signed later than so long after.
         * With the furthest that a verifier lets a request be dated ahead, requests that were accepted before the loss are all
         * refused.
         *
         * @param wait up to 24 h, rounded up to whole seconds; zero by default
         */
        public Builder watchingDelay(Duration wait) {
            requireWait("watchingDelay", wait);
            this.watchingDelay = wait;
            return this;
        }

        /**
         * Answers a claim only after so many replicas have confirmed it; a claim that they do not confirm in time fails, and may
         * be stored. Claims are confirmed in groups, so that a replica's round trip does not limit their number.
         *
         * <p>Redis's {@code WAIT} counts the writes of its own connection, so it is sent on the one that carries the claims: the
         * store's own, never one that others use. The once-a-second look at Redis queues behind it for up to
         * {@link #replicaTimeLimit}.
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
         * @param limit 1 ms up to the {@link #timeLimit}; 500 ms by default, or the time limit if that is less. Keep it well under
         *     1 s, since a leap of Redis's clock is not noticed by a look whose reading of it takes longer than that
         */
        public Builder replicaTimeLimit(Duration limit) {
            if (limit.toMillis() < 1) {
                throw new IllegalArgumentException("replicaTimeLimit must be at least 1 ms");
            }
            this.replicaTimeLimit = limit;
            this.replicaTimeLimitSet = true;
            return this;
        }

        /** Accepts a Redis that may evict live claims, or that does not tell. Replays can get through then, unnoticed. */
        public Builder allowEviction() {
            this.allowEviction = true;
            return this;
        }

        /** What hears of outages and of losses. */
        public Builder listener(RedisStoreListener newListener) {
            this.listener = Objects.requireNonNull(newListener, "listener");
            return this;
        }

        /**
         * A store. Waits until Redis has been looked at, but not longer than {@link #connectWait}: a Redis that cannot be
         * reached is an outage, from which the store recovers.
         *
         * @throws IllegalStateException if settings contradict each other, or if Redis answers and must not hold claims as it is
         *     set up; the message says what to change
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

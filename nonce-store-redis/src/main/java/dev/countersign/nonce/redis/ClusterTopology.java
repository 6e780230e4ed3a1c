package dev.countersign.nonce.redis;

import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.claim.KeyLayout;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.trouble.ErrorReply;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import dev.countersign.nonce.redis.trouble.RefusedServerException;
import dev.countersign.nonce.redis.trouble.Trouble;
import dev.countersign.nonce.redis.watching.WatchHistory;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A Redis Cluster: for each node that serves slots one verified {@link Primary}, and a claim goes to the node of its slot. Lettuce's
 * own cluster connection is not used, because it sends commands again and connects to nodes that nobody looked at.
 *
 * <p><b>Who serves what</b> is asked of several nodes at the start, every other second, after MOVED, and when a node is lost; see
 * {@link ClusterView}. A node without a verified connection fails the claims of its slots at once; the others go on.
 *
 * <p><b>Redirects.</b> MOVED and ASK say that nothing was run, so the claim may be sent to the node that they name: at
 * most twice, and only where a verified connection is already there. TRYAGAIN makes it a {@link SteppedClaim}.
 *
 * <p><b>Who vouches.</b> Each node has a witness in one of its slots. Whose slots move takes along what was lost: before a claim is
 * sent to the slot's new node, that node is vouched for no earlier than the old one was ({@link WatchHistory#succeed}), and its
 * witness is written to say so, for nodes that start later. A promoted replica has another identity, so it is vouched for
 * anew, and from later than the last claim that this store sent to the primary before it. A store that starts has not seen
 * which slots moved before: for it the latest second of all nodes counts for each. A node whose witness's slot moved
 * away gets a new witness, and is vouched for from then on.
 *
 * <p>All changes happen on the store's thread.
 */
final class ClusterTopology implements Topology {
    private static final long REFRESH_MILLIS = 2_000;
    private static final long SHORTEST_REFRESH_MILLIS = 50;
    private static final long ANSWER_MILLIS = 2_000;
    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final int ASKED_AT_A_TIME = 3;
    private static final int STRANGERS_AT_A_TIME = 16;
    private static final int MOST_HOPS = 2;
    private static final int VIEWS_UNTIL_DOWN = 2;
    private static final String NOT_HERE = "no node of the Cluster is known to serve this slot";

    private final StoreContext context;
    private final RedisClient client;
    private final List<RedisURI> seeds;

    /** While no node is known; each node has its own. */
    private final Outage notices;

    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final AtomicBoolean refreshAsked = new AtomicBoolean();
    private final long startEnds = System.nanoTime() + START_NANOS;

    final LongAdder moved = new LongAdder();
    final LongAdder asked = new LongAdder();
    final LongAdder stepped = new LongAdder();

    private volatile Map<String, Node> byAddress = Map.of();
    private volatile @Nullable Node[] table = new @Nullable Node[KeyLayout.SLOTS];

    /** Where each slot's claims were made last, also while nobody serves it. */
    private final @Nullable WatchHistory[] lastPast = new @Nullable WatchHistory[KeyLayout.SLOTS];

    private volatile Collection<Node> nodes = List.of();
    private volatile String outage = "not connected yet";

    /** Attempts in a row to learn who serves what that reached nobody: changed on the store's thread. */
    private volatile int viewsInVain;

    private volatile boolean closed;

    private final Map<String, Node> byId = new HashMap<>();
    private boolean refreshing;
    private boolean again;
    private int turn;

    /** A node that serves slots. */
    private final class Node implements SinglePrimary.Group {
        final String id;
        final RedisURI uri;
        final WatchHistory past;
        final SinglePrimary primary;
        private volatile int[] slots = {};
        private int passedOver;

        Node(String id, RedisURI uri, WatchHistory past) {
            this.id = id;
            this.uri = uri;
            this.past = past;
            this.primary = new SinglePrimary(context, client, new Place.Fixed(uri), past, this);
        }

        /**
         * In the last of the slots that it serves: who empties a node takes the first ones first. If that slot is on its way to
         * another node, in one before.
         */
        @Override
        public byte[] witnessKey() {
            int[] served = slots;
            return context.settings()
                    .keys()
                    .watchRecord(served.length == 0 ? 0 : served[served.length - 1 - passedOver % served.length]);
        }

        @Override
        public boolean redirect(Primary from, ClaimCall call, ErrorReply error) {
            return ClusterTopology.this.redirect(from, call, error);
        }

        @Override
        public boolean claimInSteps(ClaimCall call) {
            return ClusterTopology.this.claimInSteps(call);
        }

        @Override
        public void connected(Primary connected) {
            nodeConnected();
        }

        @Override
        public void troubled(Trouble trouble) {
            if (trouble.kind() == Trouble.Kind.SLOT_ELSEWHERE) {
                passedOver++;
            }
            refreshSoon();
        }
    }

    ClusterTopology(StoreContext context, RedisClient client, List<RedisURI> seeds) {
        this.context = context;
        this.client = client;
        this.seeds = List.copyOf(seeds);
        this.notices = new Outage(context);
    }

    @Override
    public CompletionStage<Void> start() {
        context.run(this::refresh);
        context.runIn(REFRESH_MILLIS, this::refreshRegularly);
        return started;
    }

    @Override
    public void claim(ClaimCall call) {
        Node node = table[call.slot];
        if (node == null) {
            call.fail(ClaimCall.Failure.NOT_STORED, "Redis is unavailable: " + outage);
        } else {
            node.primary.claim(call);
        }
    }

    @Override
    public long watchingSince() {
        long since = Long.MIN_VALUE;
        boolean known = false;
        for (Node node : nodes) {
            known |= node.past.lastRecord() != null;
            since = Math.max(since, node.past.since());
        }
        return known ? since : context.watchFrom();
    }

    /** Which slot a claim is for is not asked: one node that is not known to be down is enough for no. */
    @Override
    public boolean isDown() {
        Collection<Node> known = nodes;
        if (closed || known.isEmpty()) {
            return !closed && viewsInVain >= VIEWS_UNTIL_DOWN;
        }
        for (Node node : known) {
            if (!node.primary.isDown()) {
                return false;
            }
        }
        return true;
    }

    /** Of a node in trouble, or else of any. */
    @Override
    public ServerStatus status() {
        ServerStatus any = null;
        for (Node node : nodes) {
            ServerStatus status = node.primary.status();
            if (status.outage() != null) {
                return status;
            }
            any = status;
        }
        if (any == null) {
            return new ServerStatus(outage, null, null, null, null);
        }
        return outage.isEmpty()
                ? any
                : new ServerStatus(outage, any.server(), any.version(), any.evictionPolicy(), any.clockDifference());
    }

    @Override
    public CompletionStage<Void> close() {
        closed = true;
        outage = "the nonce store is closed";
        List<CompletableFuture<Void>> closing = new ArrayList<>();
        for (Node node : nodes) {
            closing.add(node.primary.close().toCompletableFuture());
        }
        return CompletableFuture.allOf(closing.toArray(CompletableFuture[]::new));
    }

    // Where claims go.

    /** The verified connection to the node of a slot, or null. */
    @Nullable Primary primary(int slot) {
        Node node = table[slot];
        return node == null ? null : node.primary.current();
    }

    /** Up to which second nobody vouches for a slot, as far as known. */
    long since(int slot) {
        Node node = table[slot];
        return node == null ? Long.MIN_VALUE : node.past.since();
    }

    private boolean redirect(Primary from, ClaimCall call, ErrorReply error) {
        return switch (error.code()) {
            case TRY_AGAIN -> claimInSteps(call);
            case MOVED, ASK -> {
                sendOn(from, call, error);
                yield true;
            }
            case CLUSTER_DOWN -> {
                refreshSoon();
                yield false;
            }
            default -> false;
        };
    }

    private void sendOn(Primary from, ClaimCall call, ErrorReply redirect) {
        Primary next = follow(from, call.slot, redirect);
        boolean late = call.isLate(context.timeLimitNanos());
        if (next == null || late || call.hops == MOST_HOPS) {
            call.fail(ClaimCall.Failure.NOT_STORED, "the slot has moved, and its node cannot be asked now");
            return;
        }
        call.hops++;
        call.asking = redirect.code() == ErrorReply.Code.ASK;
        next.claim(call);
    }

    /** Whatever state the slot is in; false if there is one token only, which needs no steps. */
    boolean claimInSteps(ClaimCall call) {
        byte[] signatureKey = call.signatureKey;
        if (signatureKey == null) {
            return false;
        }
        stepped.increment();
        new SteppedClaim(context, this, call, signatureKey).start();
        return true;
    }

    /**
     * The verified connection that a redirect leads to, or null if there is none. From now on that node is vouched for no
     * earlier than the one that it is named by.
     *
     * @param redirect MOVED or ASK
     */
    @Nullable Primary follow(Primary from, int slot, ErrorReply redirect) {
        if (redirect.code() == ErrorReply.Code.ASK) {
            asked.increment();
        } else {
            moved.increment();
            refreshSoon();
        }
        String named = redirect.node();
        String address = named.startsWith(":") ? from.uri().getHost() + named : named;
        Node node = byAddress.get(address);
        if (node == null) {
            refreshSoon();
            return null;
        }
        succeed(node, from.past(), true); // it has just said where its slot is
        return node.primary.current();
    }

    /**
     * A node serves slots whose claims were made elsewhere.
     *
     * @param handedOver whether the node before can have handed them over: one that is gone cannot, and then an
     *     administrator has given its slots away without their claims
     */
    private void succeed(Node node, WatchHistory before, boolean handedOver) {
        long known = node.past.since();
        node.past.succeed(before);
        if (!handedOver) {
            node.past.inherit(Math.max(context.watchFrom(), before.lastClaim()));
        }
        if (node.past.since() > known) {
            Primary primary = node.primary.current();
            if (primary != null) {
                primary.lookSoon(); // writes it down
            }
        }
    }

    // Who serves what.

    private void refreshRegularly() {
        if (!closed) {
            context.runIn(REFRESH_MILLIS, this::refreshRegularly);
            refresh();
        }
    }

    /** Asks who serves what, unless that is about to happen. From any thread. */
    private void refreshSoon() {
        refreshIn(SHORTEST_REFRESH_MILLIS);
    }

    /** Unless one is waiting already: however many ask, and however long no view comes, one waits. */
    private void refreshIn(long millis) {
        if (!closed && refreshAsked.compareAndSet(false, true)) {
            context.runIn(millis, () -> {
                refreshAsked.set(false);
                refresh();
            });
        }
    }

    private void refresh() {
        if (closed) {
            return;
        }
        if (refreshing) {
            again = true;
            return;
        }
        refreshing = true;
        ClusterView view = new ClusterView();
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        List<Primary> connected = new ArrayList<>();
        for (Node node : nodes) {
            Primary primary = node.primary.current();
            if (primary != null) {
                connected.add(primary);
            }
        }
        turn++;
        Trouble[] failure = new Trouble[1];
        for (int i = 0; i < Math.min(ASKED_AT_A_TIME, connected.size()); i++) {
            Primary primary = connected.get((turn + i) % connected.size());
            CompletionStage<String> answer = primary.ask(RedisAsyncCommands::clusterNodes);
            answers.add(take(view, primary.uri(), answer, failure));
        }
        if (connected.isEmpty()) {
            Map<String, RedisURI> strangers = new LinkedHashMap<>();
            nodes.forEach(node -> strangers.put(addressOf(node.uri), node.uri));
            seeds.forEach(seed -> strangers.put(addressOf(seed), seed));
            strangers.values().stream()
                    .limit(STRANGERS_AT_A_TIME)
                    .forEach(uri -> answers.add(take(view, uri, askStranger(uri), failure)));
        }
        CompletionStage<Void> all = CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
        all.whenComplete((nothing, none) -> context.run(() -> {
            refreshing = false;
            if (!closed) {
                apply(view, failure[0]);
                if (again) {
                    again = false;
                    refreshSoon();
                }
            }
        }));
    }

    /** Never fails, ends in bounded time, and writes to the view on the store's thread alone. */
    private CompletableFuture<Void> take(
            ClusterView view, RedisURI asked, CompletionStage<String> answer, Trouble[] failure) {
        CompletableFuture<Void> taken = new CompletableFuture<>();
        context.runIn(ANSWER_MILLIS, () -> taken.complete(null));
        answer.whenComplete((text, failed) -> context.run(() -> {
            if (!taken.isDone()) {
                if (failed == null) {
                    view.add(asked.getHost(), asked.isSsl(), text);
                } else {
                    Trouble trouble = troubleOf(failed);
                    if (failure[0] == null || trouble.isRefusal()) {
                        failure[0] = trouble;
                    }
                }
                taken.complete(null);
            }
        }));
        return taken;
    }

    private static Trouble troubleOf(Throwable failure) {
        ErrorReply error = ErrorReply.in(failure);
        return error != null && error.code() == ErrorReply.Code.UNSPECIFIC
                // Of CLUSTER NODES that is the only one.
                ? new Trouble(
                        Trouble.Kind.REFUSED,
                        "the server is not a node of a Cluster: use a redis:// or redis-sentinel:// URI")
                : Trouble.of(failure);
    }

    /** Asks a node that is not connected, on a connection that is closed again. */
    private CompletionStage<String> askStranger(RedisURI uri) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        context.runIn(
                ANSWER_MILLIS, () -> answer.completeExceptionally(new RedisUnavailableException("no connection")));
        CompletionStage<StatefulRedisConnection<byte[], byte[]>> connecting;
        try {
            connecting = client.connectAsync(ByteArrayCodec.INSTANCE, uri);
        } catch (Throwable failed) {
            return CompletableFuture.failedFuture(failed);
        }
        connecting.whenComplete((connection, failure) -> {
            if (failure != null) {
                answer.completeExceptionally(failure);
                return;
            }
            CompletionStage<String> closing = answer;
            closing.whenComplete((text, failed) -> {
                CompletableFuture<Void> unused = connection.closeAsync();
            });
            CompletionStage<String> asking = connection.async().clusterNodes();
            asking.whenComplete((text, failed) -> {
                if (failed == null) {
                    answer.complete(text);
                } else {
                    answer.completeExceptionally(failed);
                }
            });
        });
        return answer;
    }

    private void apply(ClusterView view, @Nullable Trouble failure) {
        Map<ClusterView.Node, List<Integer>> seen = view.slots();
        if (seen.isEmpty()) {
            noView(failure);
            return;
        }
        viewsInVain = 0;
        notices.over(addressOf(seeds.get(0)));
        @Nullable Node[] before = table;
        @Nullable Node[] now = new @Nullable Node[KeyLayout.SLOTS];
        Map<String, Node> addresses = new HashMap<>();
        List<Node> made = new ArrayList<>();
        List<Node> left = new ArrayList<>(nodes);
        List<Node> kept = new ArrayList<>();
        for (Map.Entry<ClusterView.Node, List<Integer>> entry : seen.entrySet()) {
            ClusterView.Node found = entry.getKey();
            Node node = byId.get(found.id());
            RedisURI uri = uriOf(found);
            if (node == null || !addressOf(node.uri).equals(addressOf(uri))) {
                node = new Node(found.id(), uri, node == null ? new WatchHistory() : node.past);
                made.add(node);
                byId.put(found.id(), node);
            } else {
                left.remove(node);
            }
            kept.add(node);
            addresses.put(addressOf(uri), node);
            addresses.put(found.alias() + ":" + found.port(), node);
            int[] slots = entry.getValue().stream().mapToInt(Integer::intValue).toArray();
            if (!Arrays.equals(slots, node.slots)) {
                node.slots = slots;
                node.passedOver = 0;
            }
            Set<WatchHistory> predecessors = new HashSet<>();
            Set<WatchHistory> gone = new HashSet<>();
            for (int slot : slots) {
                now[slot] = node;
                WatchHistory former = lastPast[slot];
                lastPast[slot] = node.past;
                if (former == null || former == node.past) {
                    continue;
                }
                Node served = before[slot];
                boolean handedOver = served != null && served.primary.current() != null;
                if ((handedOver ? predecessors : gone).add(former)) {
                    succeed(node, former, handedOver);
                }
            }
        }
        nodes = List.copyOf(kept);
        byAddress = Map.copyOf(addresses);
        table = now;
        int missing = 0;
        for (Node node : now) {
            missing += node == null ? 1 : 0;
        }
        outage = missing == 0 ? "" : NOT_HERE;
        for (Node node : left) {
            byId.remove(node.id, node);
            // What is under way there may still be answered.
            context.runIn(TimeUnit.NANOSECONDS.toMillis(context.timeLimitNanos()), node.primary::close);
        }
        for (Node node : made) {
            node.primary.start().whenComplete((connected, refused) -> {
                if (refused != null) {
                    started.completeExceptionally(refused);
                }
            });
        }
        completeStart();
    }

    private void noView(@Nullable Trouble trouble) {
        viewsInVain = trouble != null && !trouble.isRefusal() ? viewsInVain + 1 : 0;
        if (trouble != null) {
            if (trouble.isRefusal()) {
                started.completeExceptionally(new RefusedServerException(trouble.words()));
            }
            if (nodes.isEmpty()) {
                outage = trouble.words();
                notices.troubled(addressOf(seeds.get(0)), trouble.words());
            }
        }
        refreshIn(SHORTEST_REFRESH_MILLIS * 4);
    }

    private void nodeConnected() {
        if (!started.isDone() && System.nanoTime() < startEnds) {
            // Slots may have moved among these nodes before this store has seen them.
            for (Node one : nodes) {
                for (Node other : nodes) {
                    if (other.primary.current() != null) {
                        one.past.inherit(other.past.since());
                    }
                }
            }
        }
        completeStart();
    }

    private void completeStart() {
        if (started.isDone() || !outage.isEmpty()) {
            return;
        }
        for (Node node : nodes) {
            if (node.primary.current() == null) {
                return;
            }
        }
        started.complete(null);
    }

    /** As the first seed, but for the address. */
    private RedisURI uriOf(ClusterView.Node node) {
        return RedisURI.builder(seeds.get(0))
                .withHost(node.host())
                .withPort(node.port())
                .build();
    }

    private static String addressOf(RedisURI uri) {
        return uri.getHost() + ":" + uri.getPort();
    }
}

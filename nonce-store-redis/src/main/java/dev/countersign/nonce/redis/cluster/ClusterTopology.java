package dev.countersign.nonce.redis.cluster;

import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.connection.ServerStatus;
import dev.countersign.nonce.redis.connection.Target;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.topology.Outage;
import dev.countersign.nonce.redis.topology.Topology;
import dev.countersign.nonce.redis.trouble.RefusedServerException;
import dev.countersign.nonce.redis.trouble.Trouble;
import dev.countersign.nonce.redis.watching.WatchHistory;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A Redis Cluster. It has a checked connection to each node that serves slots, and sends a claim to the node of its
 * slot. It does not use Lettuce's cluster connection, which sends commands again and connects to unchecked nodes.
 *
 * <p><b>Slots.</b> {@link ClusterSurvey} asks the nodes which slots they serve, and {@link SlotMapUpdate} updates the
 * map. If a node has no checked connection, the claims of its slots fail at once.
 *
 * <p><b>Redirects.</b> MOVED and ASK mean that the claim was not run, so it may be sent to the node that they name: at
 * most twice, and only over an existing checked connection. After TRYAGAIN it becomes a {@link SteppedClaim}.
 *
 * <p><b>Since when a node is watched.</b> Each node has a watch record in one of its slots. When a slot moves, the new
 * node must not be watched since an earlier second than the old one ({@link ClusterNode#takeOver}). Before the first
 * claim goes to the new node, its record is rewritten accordingly, for stores that start later. A promoted replica has
 * another identity, so watching begins anew there, after the last claim that this store sent to the old primary. A
 * store that starts does not know which slots moved before: it uses the latest second of all nodes for each. If the
 * slot of a node's record moves away, the node gets a new record and is watched since then.
 *
 * <p>All changes happen on the store's thread.
 */
public final class ClusterTopology implements Topology {
    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final int VIEWS_UNTIL_DOWN = 2;
    private static final String NOT_HERE = "no node of the Cluster is known to serve this slot";

    private final StoreContext context;
    private final RedisClient client;
    private final List<RedisURI> seeds;
    private final ClusterSurvey survey;
    private final SlotRouter router;
    private final SlotRedirects redirects;

    /** While no node is known; each node has its own. */
    private final Outage notices;

    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final long startEnds = System.nanoTime() + START_NANOS;

    private volatile SlotMap map = SlotMap.EMPTY;
    private volatile String outage = "not connected yet";

    /** Surveys in a row that reached no node. */
    private volatile int viewsInVain;

    private volatile boolean closed;

    private final ClusterNode.Listener nodeListener = new ClusterNode.Listener() {
        @Override
        public void connected() {
            nodeConnected();
        }

        @Override
        public void troubled() {
            survey.askSoon();
        }
    };

    /**
     * A Cluster.
     *
     * @param seeds some of its nodes, at least one; user, password and TLS of the first are used for every node
     */
    public ClusterTopology(StoreContext context, RedisClient client, List<RedisURI> seeds) {
        this.context = context;
        this.client = client;
        this.seeds = List.copyOf(seeds);
        this.notices = new Outage(context);
        this.survey = new ClusterSurvey(context, client, this.seeds, () -> map, this::seen);
        this.router = new SlotRouter(() -> map, survey::askSoon);
        this.redirects = new SlotRedirects(context, router);
    }

    @Override
    public CompletionStage<Void> start() {
        survey.start();
        return started;
    }

    @Override
    public void claim(ClaimCall call) {
        ClusterNode node = map.owner(call.slot);
        if (node == null) {
            call.fail(ClaimCall.Failure.NOT_STORED, "Redis is unavailable: " + outage);
        } else {
            node.primary().claim(call);
        }
    }

    @Override
    public long watchingSince() {
        long since = Long.MIN_VALUE;
        boolean known = false;
        for (ClusterNode node : map.nodes()) {
            known |= node.history().lastRecord() != null;
            since = Math.max(since, node.history().since());
        }
        return known ? since : context.watchFrom();
    }

    /** Which slot a claim is for is not asked: one node that is not known to be down is enough for no. */
    @Override
    public boolean isDown() {
        List<ClusterNode> known = map.nodes();
        if (closed || known.isEmpty()) {
            return !closed && viewsInVain >= VIEWS_UNTIL_DOWN;
        }
        return known.stream().allMatch(node -> node.primary().isDown());
    }

    /** Of a node in trouble, or else of any. */
    @Override
    public ServerStatus status() {
        ServerStatus any = null;
        for (ClusterNode node : map.nodes()) {
            ServerStatus status = node.primary().status();
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
        survey.close();
        outage = "the nonce store is closed";
        List<CompletableFuture<Void>> closing = new ArrayList<>();
        for (ClusterNode node : map.nodes()) {
            closing.add(node.primary().close().toCompletableFuture());
        }
        return CompletableFuture.allOf(closing.toArray(CompletableFuture[]::new));
    }

    /** For tests: makes a claim in steps, whatever state its slot is in. */
    public boolean claimInSteps(ClaimCall call) {
        return redirects.claimInSteps(call);
    }

    /** How often MOVED was followed, for tests. */
    public long moved() {
        return router.moved();
    }

    /** How often ASK was followed, for tests. */
    public long asked() {
        return router.asked();
    }

    /** How many claims were made in steps, for tests. */
    public long stepped() {
        return redirects.stepped();
    }

    private void seen(ClusterView view, @Nullable Trouble trouble) {
        if (view.slots().isEmpty()) {
            noView(trouble);
            return;
        }
        viewsInVain = 0;
        notices.over(seedAddress());
        apply(new SlotMapUpdate(map, view, this::node));
        completeStart();
    }

    private void apply(SlotMapUpdate update) {
        update.slots().forEach(ClusterNode::serve);
        // First: no claim goes to a slot's new node before that node has taken over what was lost.
        update.successions()
                .forEach(succession -> succession.node().takeOver(succession.before(), succession.handedOver()));
        map = update.after();
        outage = map.isComplete() ? "" : NOT_HERE;
        context.changed();
        for (ClusterNode node : update.left()) {
            // What is under way there may still be answered.
            context.runIn(context.timeLimitMillis(), node.primary()::close);
        }
        for (ClusterNode node : update.made()) {
            node.primary().start().whenComplete((connected, refused) -> {
                if (refused != null) {
                    started.completeExceptionally(refused);
                }
            });
        }
    }

    private void noView(@Nullable Trouble trouble) {
        viewsInVain = trouble != null && !trouble.isRefusal() ? viewsInVain + 1 : 0;
        if (trouble != null) {
            if (trouble.isRefusal()) {
                started.completeExceptionally(new RefusedServerException(trouble.words()));
            }
            if (map.nodes().isEmpty()) {
                outage = trouble.words();
                notices.troubled(seedAddress(), trouble.words());
            }
        }
        survey.askAfterFailure();
    }

    private void nodeConnected() {
        if (!started.isDone() && System.nanoTime() < startEnds) {
            // Slots may have moved among these nodes before this store has seen them.
            for (ClusterNode one : map.nodes()) {
                for (ClusterNode other : map.nodes()) {
                    if (other.connection() != null) {
                        one.history().inherit(other.history().since());
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
        for (ClusterNode node : map.nodes()) {
            if (node.connection() == null) {
                return;
            }
        }
        started.complete(null);
    }

    /** As the first seed, but for the address. */
    private ClusterNode node(ClusterMember member, WatchHistory history) {
        RedisURI uri = RedisURI.builder(seeds.get(0))
                .withHost(member.host())
                .withPort(member.port())
                .build();
        return new ClusterNode(context, client, member.id(), uri, history, redirects, nodeListener);
    }

    private String seedAddress() {
        return Target.addressOf(seeds.get(0));
    }
}

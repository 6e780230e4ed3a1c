package dev.countersign.nonce.redis.cluster;

import dev.countersign.nonce.redis.connection.PrimaryConnection;
import dev.countersign.nonce.redis.connection.Redirects;
import dev.countersign.nonce.redis.connection.Target;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.topology.PrimaryLocator;
import dev.countersign.nonce.redis.topology.SinglePrimary;
import dev.countersign.nonce.redis.trouble.Trouble;
import dev.countersign.nonce.redis.watching.WatchHistory;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node that serves slots, and the connection to it. Thread-safe; changes on the store's thread. */
final class ClusterNode implements SinglePrimary.Group {
    /** What a node reports to the Cluster, on the store's thread. */
    interface Listener {
        /** A node can be used now. */
        void connected();

        /** A node cannot be used. */
        void troubled();
    }

    private final StoreContext context;
    private final String id;
    private final RedisURI uri;
    private final WatchHistory history;
    private final Redirects redirects;
    private final Listener listener;
    private final SinglePrimary primary;

    private volatile List<Integer> slots = List.of();

    /** Slots, from the last one down, that were on their way to another node when the watch record was to lie there. */
    private int passedOver;

    ClusterNode(
            StoreContext context,
            RedisClient client,
            String id,
            RedisURI uri,
            WatchHistory history,
            Redirects redirects,
            Listener listener) {
        this.context = context;
        this.id = id;
        this.uri = uri;
        this.history = history;
        this.redirects = redirects;
        this.listener = listener;
        this.primary = new SinglePrimary(context, client, PrimaryLocator.fixed(uri), history, this);
    }

    /** Its name among the nodes. */
    String id() {
        return id;
    }

    RedisURI uri() {
        return uri;
    }

    /** {@code host:port}. */
    String address() {
        return Target.addressOf(uri);
    }

    WatchHistory history() {
        return history;
    }

    SinglePrimary primary() {
        return primary;
    }

    /** The checked connection to it, or null if there is none. */
    @Nullable PrimaryConnection connection() {
        return primary.current();
    }

    /** It serves these slots now, in ascending order. */
    void serve(List<Integer> served) {
        if (!served.equals(slots)) {
            slots = served;
            passedOver = 0;
        }
    }

    /**
     * It serves slots whose claims were made elsewhere: it is watched since no earlier second than the node before.
     *
     * @param handedOver whether the node before can have handed the claims over: one that is gone cannot, and then an
     *     administrator has given its slots away without their claims
     */
    void takeOver(WatchHistory before, boolean handedOver) {
        long known = history.since();
        history.succeed(before);
        if (!handedOver) {
            history.inherit(Math.max(context.watchFrom(), before.lastClaim()));
        }
        if (history.since() > known) {
            PrimaryConnection connection = primary.current();
            if (connection != null) {
                connection.lookSoon(); // writes it down
            }
        }
    }

    /**
     * In the last of the slots that it serves: who empties a node takes the first ones first. If that slot is on its
     * way to another node, in one before.
     */
    @Override
    public byte[] recordKey() {
        List<Integer> served = slots;
        return context.settings()
                .keys()
                .watchRecord(served.isEmpty() ? 0 : served.get(served.size() - 1 - passedOver % served.size()));
    }

    @Override
    public Redirects redirects() {
        return redirects;
    }

    @Override
    public void connected() {
        listener.connected();
    }

    @Override
    public void troubled(Trouble trouble) {
        if (trouble.kind() == Trouble.Kind.SLOT_ELSEWHERE) {
            passedOver++;
        }
        listener.troubled();
    }
}

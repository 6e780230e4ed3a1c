package dev.countersign.nonce.redis.cluster;

import dev.countersign.nonce.redis.connection.PrimaryConnection;
import dev.countersign.nonce.redis.connection.Target;
import dev.countersign.nonce.redis.trouble.ErrorReply;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Finds the checked connection to the node of a slot, and the one that a node names instead of itself. Thread-safe. */
final class SlotRouter {
    private final Supplier<SlotMap> map;
    private final Runnable askAgain;
    private final LongAdder moved = new LongAdder();
    private final LongAdder asked = new LongAdder();

    /**
     * A router.
     *
     * @param map the map as it is now
     * @param askAgain asks who serves what, soon
     */
    SlotRouter(Supplier<SlotMap> map, Runnable askAgain) {
        this.map = map;
        this.askAgain = askAgain;
    }

    /** The checked connection to the node of a slot, or null. */
    @Nullable PrimaryConnection connection(int slot) {
        ClusterNode node = map.get().owner(slot);
        return node == null ? null : node.connection();
    }

    /** The Unix second since which a slot is watched, as far as known. */
    long since(int slot) {
        ClusterNode node = map.get().owner(slot);
        return node == null ? Long.MIN_VALUE : node.history().since();
    }

    /**
     * The checked connection that a redirect leads to, or null if there is none. From now on that node is watched since
     * no earlier second than the one that it is named by.
     *
     * @param redirect MOVED or ASK
     */
    @Nullable PrimaryConnection follow(Target from, ErrorReply redirect) {
        if (redirect.code() == ErrorReply.Code.ASK) {
            asked.increment();
        } else {
            moved.increment();
            askAgain.run();
        }
        String named = redirect.node();
        ClusterNode node = map.get().at(named.startsWith(":") ? from.uri().getHost() + named : named);
        if (node == null) {
            askAgain.run();
            return null;
        }
        node.takeOver(from.history(), true); // the other node is there: it has just said where its slot is
        return node.connection();
    }

    /** Asks who serves what, soon. */
    void askAgain() {
        askAgain.run();
    }

    /** How often MOVED was followed. */
    long moved() {
        return moved.sum();
    }

    /** How often ASK was followed. */
    long asked() {
        return asked.sum();
    }
}

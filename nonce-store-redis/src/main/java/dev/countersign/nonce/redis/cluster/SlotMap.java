package dev.countersign.nonce.redis.cluster;

import dev.countersign.nonce.redis.claim.KeyLayout;
import dev.countersign.nonce.redis.watching.WatchHistory;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who serves which slot, as the nodes said last, and where each slot's claims were made last. Immutable. */
final class SlotMap {
    /** Nothing is known. */
    static final SlotMap EMPTY = new SlotMap(
            List.of(),
            Map.of(),
            new @Nullable ClusterNode[KeyLayout.SLOTS],
            new @Nullable WatchHistory[KeyLayout.SLOTS]);

    private final List<ClusterNode> nodes;
    private final Map<String, ClusterNode> byAddress;
    private final @Nullable ClusterNode[] owners;
    private final @Nullable WatchHistory[] histories;
    private final boolean complete;

    /** Takes the arrays as they are. */
    SlotMap(
            List<ClusterNode> nodes,
            Map<String, ClusterNode> byAddress,
            @Nullable ClusterNode[] owners,
            @Nullable WatchHistory[] histories) {
        this.nodes = List.copyOf(nodes);
        this.byAddress = Map.copyOf(byAddress);
        this.owners = owners;
        this.histories = histories;
        boolean all = true;
        for (ClusterNode owner : owners) {
            all &= owner != null;
        }
        this.complete = all;
    }

    /** The nodes that serve slots. */
    List<ClusterNode> nodes() {
        return nodes;
    }

    /** The node that serves a slot, or null if none is known. */
    @Nullable ClusterNode owner(int slot) {
        return owners[slot];
    }

    /** The node at {@code host:port}, or null. */
    @Nullable ClusterNode at(String address) {
        return byAddress.get(address);
    }

    /** Whether all slots are served. */
    boolean isComplete() {
        return complete;
    }

    /** Where the last claims of a slot were made, also while no node serves it. */
    @Nullable WatchHistory history(int slot) {
        return histories[slot];
    }

    @Nullable WatchHistory[] copyOfHistories() {
        return histories.clone();
    }
}

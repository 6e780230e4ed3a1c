package dev.countersign.nonce.redis.cluster;

import dev.countersign.nonce.redis.claim.KeyLayout;
import dev.countersign.nonce.redis.watching.WatchHistory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What changes when the nodes have said who serves what: worked out as a whole, before any of it is done. Nodes that
 * are the same stay the same objects. Not thread-safe.
 */
final class SlotMapUpdate {
    /** Makes a node that was not known at this address. */
    interface NodeFactory {
        ClusterNode make(ClusterMember member, WatchHistory history);
    }

    /**
     * A node serves slots that another one has served.
     *
     * @param before what is remembered of that one
     * @param handedOver as {@link ClusterNode#takeOver} has it
     */
    record Succession(ClusterNode node, WatchHistory before, boolean handedOver) {}

    private final SlotMap before;
    private final Map<String, ClusterNode> byId = new HashMap<>();
    private final Map<String, ClusterNode> byAddress = new HashMap<>();
    private final Map<ClusterNode, List<Integer>> slots = new HashMap<>();
    private final @Nullable ClusterNode[] owners = new @Nullable ClusterNode[KeyLayout.SLOTS];
    private final @Nullable WatchHistory[] histories;
    private final List<ClusterNode> kept = new ArrayList<>();
    private final List<ClusterNode> made = new ArrayList<>();
    private final List<ClusterNode> left;
    private final List<Succession> successions = new ArrayList<>();

    SlotMapUpdate(SlotMap before, ClusterView view, NodeFactory factory) {
        this.before = before;
        this.left = new ArrayList<>(before.nodes());
        this.histories = before.copyOfHistories();
        before.nodes().forEach(node -> byId.put(node.id(), node));
        view.slots().forEach((member, served) -> {
            ClusterNode node = node(member, factory);
            byAddress.put(member.address(), node);
            byAddress.put(member.otherAddress(), node);
            slots.put(node, List.copyOf(served));
            give(node, served);
        });
    }

    private ClusterNode node(ClusterMember member, NodeFactory factory) {
        ClusterNode known = byId.get(member.id());
        if (known != null && member.address().equals(known.address())) {
            left.remove(known);
            kept.add(known);
            return known;
        }
        ClusterNode node = factory.make(member, known == null ? new WatchHistory() : known.history());
        byId.put(member.id(), node);
        made.add(node);
        kept.add(node);
        return node;
    }

    private void give(ClusterNode node, List<Integer> served) {
        Set<WatchHistory> handedOver = new HashSet<>();
        Set<WatchHistory> given = new HashSet<>();
        for (int slot : served) {
            owners[slot] = node;
            WatchHistory former = histories[slot];
            histories[slot] = node.history();
            if (former == null || former == node.history()) {
                continue;
            }
            ClusterNode server = before.owner(slot);
            boolean there = server != null && server.connection() != null;
            if ((there ? handedOver : given).add(former)) {
                successions.add(new Succession(node, former, there));
            }
        }
    }

    /** The map from now on. */
    SlotMap after() {
        return new SlotMap(kept, byAddress, owners, histories);
    }

    /** Each node with its slots, in ascending order. */
    Map<ClusterNode, List<Integer>> slots() {
        return slots;
    }

    /** Who takes over from whom: to be done before claims are sent by the new map. */
    List<Succession> successions() {
        return successions;
    }

    /** Nodes to connect to. */
    List<ClusterNode> made() {
        return made;
    }

    /** Nodes that serve no slots any more, or not at that address. */
    List<ClusterNode> left() {
        return left;
    }
}

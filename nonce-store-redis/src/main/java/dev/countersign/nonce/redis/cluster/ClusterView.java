package dev.countersign.nonce.redis.cluster;

import dev.countersign.nonce.redis.claim.KeyLayout;
import io.lettuce.core.RedisException;
import io.lettuce.core.cluster.models.partitions.ClusterPartitionParser;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode.NodeFlag;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which node serves which slot, from what several nodes answer to CLUSTER NODES. Where they differ, the owner with the
 * higher configuration epoch counts, as it does among the nodes: an old primary that is cut off goes on to call its
 * slots its own.
 *
 * <p>Lettuce reads the lines. What it drops is read here: the names of nodes, and the port of a node that does not know
 * its own address. Not thread-safe.
 */
final class ClusterView {
    /**
     * A line that Lettuce may read: {@code id ip:port@bus[,name…] flags primary ping pong epoch link slots…}. It bounds
     * the numbers of slots, because Lettuce walks through a range however long it is. Before Redis 4 there is no bus
     * port.
     */
    private static final Pattern LINE =
            Pattern.compile("\\S+ (?<ip>[^ ,@]*):(?<port>\\d{1,5})(?:@\\d+)?(?:,(?<name>[^ ,]*)\\S*)? \\S+ \\S+"
                    + " \\d{1,18} \\d{1,18} \\d{1,18} \\S+(?: (?:\\d{1,5}(?:-\\d{1,5})?|\\[\\S+))*+");

    private static final int HIGHEST_PORT = 0xFFFF;

    private final ClusterMember[] owners = new ClusterMember[KeyLayout.SLOTS];

    /**
     * Takes in the answer of a node. Lines that are unreadable give nothing.
     *
     * @param asked the host that was asked: a node may not know its own address
     * @param preferNames whether a node with a name is called by it: TLS certificates hold names
     * @return how many nodes it knows that serve slots
     */
    int add(String asked, boolean preferNames, String clusterNodes) {
        int known = 0;
        for (String line : clusterNodes.split("\n", -1)) {
            known += addLine(asked, preferNames, line.strip()) ? 1 : 0;
        }
        return known;
    }

    /** The node that serves a slot, or null if none is known. */
    @Nullable ClusterMember owner(int slot) {
        return owners[slot];
    }

    /** The nodes that serve slots, each with its slots in ascending order. */
    Map<ClusterMember, List<Integer>> slots() {
        Map<ClusterMember, List<Integer>> slots = new HashMap<>();
        for (int slot = 0; slot < owners.length; slot++) {
            ClusterMember owner = owners[slot];
            if (owner != null) {
                slots.computeIfAbsent(owner, unused -> new ArrayList<>()).add(slot);
            }
        }
        return slots;
    }

    private boolean addLine(String asked, boolean preferNames, String line) {
        Matcher matched = LINE.matcher(line);
        if (!matched.matches()) {
            return false;
        }
        RedisClusterNode node;
        try {
            node = ClusterPartitionParser.parse(line).getPartition(0);
        } catch (RedisException | IndexOutOfBoundsException unreadable) {
            return false;
        }
        ClusterMember member = member(node, matched, asked, preferNames);
        List<Integer> slots = node.getSlots();
        if (member == null || slots.isEmpty() || slots.get(slots.size() - 1) >= owners.length) {
            return false;
        }
        for (int slot : slots) {
            ClusterMember other = owners[slot];
            if (other == null || other.epoch() < member.epoch()) {
                owners[slot] = member;
            }
        }
        return true;
    }

    private static @Nullable ClusterMember member(
            RedisClusterNode node, Matcher line, String asked, boolean preferNames) {
        int port = number(line.group("port"));
        if (!node.is(NodeFlag.UPSTREAM) || node.is(NodeFlag.NOADDR) || port < 1 || port > HIGHEST_PORT) {
            return null;
        }
        String ip = line.group("ip");
        String name = line.group("name") == null ? "" : line.group("name");
        if (ip.isEmpty() && name.isEmpty()) {
            ip = asked;
        }
        boolean byName = !name.isEmpty() && (preferNames || ip.isEmpty());
        String host = byName ? name : ip;
        String other = byName ? ip : name;
        return new ClusterMember(node.getNodeId(), host, other.isEmpty() ? host : other, port, node.getConfigEpoch());
    }

    /** Of up to five digits. */
    private static int number(String digits) {
        int value = 0;
        for (int i = 0; i < digits.length(); i++) {
            value = 10 * value + (digits.charAt(i) - '0');
        }
        return value;
    }
}

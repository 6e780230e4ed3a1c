package dev.countersign.nonce.redis;

import dev.countersign.nonce.redis.claim.KeyLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which node serves which slot, from what several nodes answer to CLUSTER NODES. Where they differ, the owner with the higher
 * configuration epoch counts, as it does among the nodes: an old primary that is cut off goes on to call its slots its own.
 */
final class ClusterView {
    private static final int FIRST_SLOT_FIELD = 8;
    private static final long LARGEST = 1L << 53;

    private final Node[] owners = new Node[KeyLayout.SLOTS];

    /**
     * A primary that serves slots.
     *
     * @param id its name among the nodes: changes with its address or role never
     * @param host its address, or its name if it has no address or names are preferred
     * @param alias its name, if it has one beside the address, or the other way round; else the same as the host
     * @param epoch its configuration epoch
     */
    record Node(String id, String host, String alias, int port, long epoch) {}

    /**
     * Takes in the answer of a node.
     *
     * @param asked the host that was asked: a node may not know its own address
     * @param preferNames whether a node with a name is called by it: TLS certificates hold names
     * @return how many nodes it knows that serve slots; 0 if the answer is unreadable
     */
    int add(String asked, boolean preferNames, String clusterNodes) {
        int known = 0;
        for (String line : clusterNodes.split("\n", -1)) {
            String[] fields = line.strip().split(" ", -1);
            if (fields.length <= FIRST_SLOT_FIELD || !hasFlag(fields[2], "master")) {
                continue;
            }
            Node node = node(fields, asked, preferNames);
            if (node == null) {
                continue;
            }
            boolean serves = false;
            for (int i = FIRST_SLOT_FIELD; i < fields.length; i++) {
                serves |= give(fields[i], node);
            }
            known += serves ? 1 : 0;
        }
        return known;
    }

    /** Who serves a slot, or null if nobody is known to. */
    @Nullable Node owner(int slot) {
        return owners[slot];
    }

    /** The nodes that serve slots, each with its slots in ascending order. */
    Map<Node, List<Integer>> slots() {
        Map<Node, List<Integer>> slots = new HashMap<>();
        for (int slot = 0; slot < owners.length; slot++) {
            Node owner = owners[slot];
            if (owner != null) {
                slots.computeIfAbsent(owner, unused -> new ArrayList<>()).add(slot);
            }
        }
        return slots;
    }

    private static @Nullable Node node(String[] fields, String asked, boolean preferNames) {
        // ip:port@bus[,name[,…]]; before Redis 4 without the bus
        String[] place = fields[1].split(",", -1);
        int at = place[0].indexOf('@');
        String address = at < 0 ? place[0] : place[0].substring(0, at);
        int colon = address.lastIndexOf(':');
        long port = colon < 0 ? -1 : number(address.substring(colon + 1));
        long epoch = number(fields[6]);
        if (fields[0].isEmpty() || port < 1 || port > 0xFFFF || epoch < 0 || hasFlag(fields[2], "noaddr")) {
            return null;
        }
        String ip = address.substring(0, colon);
        String name = place.length > 1 ? place[1] : "";
        if (ip.isEmpty() && name.isEmpty()) {
            ip = asked;
        }
        boolean byName = !name.isEmpty() && (preferNames || ip.isEmpty());
        String host = byName ? name : ip;
        String other = byName ? ip : name;
        return new Node(fields[0], host, other.isEmpty() ? host : other, (int) port, epoch);
    }

    /** A slot or a range of them; {@code [slot->-id]} tells of a migration and gives nothing. */
    private boolean give(String range, Node node) {
        int dash = range.indexOf('-');
        long first = number(dash < 0 ? range : range.substring(0, dash));
        long last = dash < 0 ? first : number(range.substring(dash + 1));
        if (first < 0 || last < first || last >= KeyLayout.SLOTS) {
            return false;
        }
        for (int slot = (int) first; slot <= last; slot++) {
            Node other = owners[slot];
            if (other == null || other.epoch() < node.epoch()) {
                owners[slot] = node;
            }
        }
        return true;
    }

    private static boolean hasFlag(String flags, String flag) {
        return ("," + flags + ",").contains("," + flag + ",");
    }

    /** -1 for what is none. */
    private static long number(String digits) {
        long value = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c < '0' || c > '9' || value > LARGEST / 16) {
                return -1;
            }
            value = value * 10 + (c - '0');
        }
        return digits.isEmpty() ? -1 : value;
    }
}

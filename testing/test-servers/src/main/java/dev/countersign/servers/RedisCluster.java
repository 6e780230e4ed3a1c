package dev.countersign.servers;

import java.util.ArrayList;
import java.util.List;

/** A Redis Cluster of three primaries, with a replica each if asked for. */
public final class RedisCluster implements AutoCloseable {
    private static final int SLOTS = 16_384;
    private static final int PRIMARIES = 3;
    private static final int READY_SECONDS = 60;

    private final List<RedisServer> primaries = new ArrayList<>();
    private final List<RedisServer> replicas = new ArrayList<>();

    private RedisCluster() {}

    /** Starts one without replicas. */
    public static RedisCluster start(String... directives) {
        return start(false, directives);
    }

    /** Starts one in which each primary has a replica that takes over half a second after it is gone. */
    public static RedisCluster startWithReplicas(String... directives) {
        return start(true, directives);
    }

    private static RedisCluster start(boolean withReplicas, String... directives) {
        RedisCluster cluster = new RedisCluster();
        try {
            cluster.open(withReplicas, directives);
            return cluster;
        } catch (RuntimeException failure) {
            cluster.close();
            throw failure;
        }
    }

    private void open(boolean withReplicas, String... directives) {
        for (int i = 0; i < PRIMARIES; i++) {
            primaries.add(node(directives));
            if (withReplicas) {
                replicas.add(node(directives));
            }
        }
        for (int i = 0; i < PRIMARIES; i++) {
            int first = SLOTS * i / PRIMARIES;
            int end = SLOTS * (i + 1) / PRIMARIES;
            List<String> add = new ArrayList<>(List.of("CLUSTER", "ADDSLOTS"));
            for (int slot = first; slot < end; slot++) {
                add.add(Integer.toString(slot));
            }
            primaries.get(i).require(add.toArray(String[]::new));
            primaries.get(i).require("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
        }
        RedisServer first = primaries.get(0);
        for (RedisServer node : nodes()) {
            if (node != first) {
                first.require("CLUSTER", "MEET", "127.0.0.1", Integer.toString(node.port()));
            }
        }
        int known = nodes().size();
        for (RedisServer node : nodes()) {
            Signals.await(
                    "the nodes do not meet",
                    READY_SECONDS,
                    () -> node.require("CLUSTER", "INFO").contains("cluster_known_nodes:" + known + "\r"));
        }
        for (int i = 0; i < replicas.size(); i++) {
            RedisServer replica = replicas.get(i);
            String primary = id(primaries.get(i));
            Signals.await(
                    "the replica does not know its primary",
                    READY_SECONDS,
                    () -> replica.call("CLUSTER", "REPLICATE", primary).equals("OK"));
            Signals.await(
                    "the replica does not follow",
                    READY_SECONDS,
                    () -> replica.info("replication", "master_link_status").equals("up"));
        }
        for (RedisServer node : nodes()) {
            Signals.await(
                    "the cluster is not ready",
                    READY_SECONDS,
                    () -> node.require("CLUSTER", "INFO").contains("cluster_state:ok"));
        }
    }

    private static RedisServer node(String... directives) {
        List<String> all = new ArrayList<>(List.of("--cluster-enabled", "yes", "--cluster-node-timeout", "500"));
        all.addAll(List.of(directives));
        return RedisServer.start(all.toArray(String[]::new));
    }

    /** Every node. */
    public List<RedisServer> nodes() {
        List<RedisServer> nodes = new ArrayList<>(primaries);
        nodes.addAll(replicas);
        return nodes;
    }

    /** The nodes that were primaries at the start. */
    public List<RedisServer> primaries() {
        return List.copyOf(primaries);
    }

    /** The nodes that were replicas at the start, in the order of their primaries. */
    public List<RedisServer> replicas() {
        return List.copyOf(replicas);
    }

    /** {@code redis-cluster://host:port,…}: every node. */
    public String uri() {
        List<String> addresses = new ArrayList<>();
        nodes().forEach(node -> addresses.add("127.0.0.1:" + node.port()));
        return "redis-cluster://" + String.join(",", addresses);
    }

    /** Which of the first primaries serves a slot, by what that node itself says. */
    public RedisServer ownerOf(int slot) {
        for (RedisServer node : nodes()) {
            if (node.isAlive() && owns(node, slot)) {
                return node;
            }
        }
        throw new IllegalStateException("nobody serves slot " + slot);
    }

    /** Begins to move a slot: its keys stay where they are, and new ones are sent to the target. */
    public void beginMigration(int slot, RedisServer source, RedisServer target) {
        target.require("CLUSTER", "SETSLOT", Integer.toString(slot), "IMPORTING", id(source));
        source.require("CLUSTER", "SETSLOT", Integer.toString(slot), "MIGRATING", id(target));
    }

    /** Moves at most so many keys of a slot that migrates, and tells how many. */
    public int moveKeys(int slot, RedisServer source, RedisServer target, int most) {
        String keys = source.require("CLUSTER", "GETKEYSINSLOT", Integer.toString(slot), Integer.toString(most));
        if (keys.isEmpty()) {
            return 0;
        }
        // Keys are binary and may hold a line feed: ask for them one by one.
        int moved = 0;
        while (moved < most) {
            String key = source.require("CLUSTER", "GETKEYSINSLOT", Integer.toString(slot), "1");
            if (key.isEmpty()) {
                break;
            }
            source.require("MIGRATE", "127.0.0.1", Integer.toString(target.port()), key, "0", "5000");
            moved++;
        }
        return moved;
    }

    /** Ends a migration: the target serves the slot. */
    public void endMigration(int slot, RedisServer source, RedisServer target) {
        for (RedisServer node : List.of(target, source)) {
            node.require("CLUSTER", "SETSLOT", Integer.toString(slot), "NODE", id(target));
        }
        for (RedisServer node : nodes()) {
            if (node != source
                    && node != target
                    && node.isAlive()
                    && node.info("replication", "role").equals("master")) {
                node.require("CLUSTER", "SETSLOT", Integer.toString(slot), "NODE", id(target));
            }
        }
    }

    private static boolean owns(RedisServer node, int slot) {
        for (String line : node.require("CLUSTER", "NODES").split("\n", -1)) {
            if (!line.contains("myself") || !line.contains("master")) {
                continue;
            }
            String[] fields = line.split(" ", -1);
            for (int i = 8; i < fields.length; i++) {
                String[] range = fields[i].split("-", -1);
                if (!fields[i].startsWith("[")
                        && slot >= Integer.parseInt(range[0])
                        && slot <= Integer.parseInt(range[range.length - 1])) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String id(RedisServer node) {
        return node.require("CLUSTER", "MYID");
    }

    @Override
    public void close() {
        nodes().forEach(RedisServer::close);
    }
}

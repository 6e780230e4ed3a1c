package dev.countersign.faults;

import dev.countersign.api.store.NonceStore;
import dev.countersign.faults.Event.FaultKind;
import dev.countersign.faults.Event.Target;
import dev.countersign.nonce.redis.RedisNonceStore;
import dev.countersign.servers.RedisCluster;
import dev.countersign.servers.RedisServer;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/** A Redis Cluster whose primaries have replicas. */
final class ClusterSite implements NonceSite {
    private static final Duration FAILOVER = Duration.ofSeconds(30);
    private static final int SLOTS_AT_ONCE = 6;
    private static final int ASKED_FOR_KEYS = 60;
    private static final int KEYS_IN_A_SLOT = 1_000;

    private final RedisCluster cluster;
    private final ProxiedClients clients;
    private final List<RedisClusterClient> opened = new ArrayList<>();

    /** The servers stay the caller's. */
    ClusterSite(RedisCluster cluster) {
        this.cluster = cluster;
        this.clients = new ProxiedClients(cluster.nodes());
        primaries().forEach(primary -> primary.require("FLUSHALL"));
    }

    @Override
    public NonceStore open(int node, History history) {
        List<RedisURI> uris = new ArrayList<>();
        cluster.nodes().forEach(server -> uris.add(RedisURI.create(server.uri())));
        RedisClusterClient client = RedisClusterClient.create(clients.resources(node), uris);
        opened.add(client);
        return RedisStores.open(RedisNonceStore.builder(client, uris), node, history);
    }

    @Override
    public List<Harm> harms(Random random) {
        List<Harm> harms = new ArrayList<>(clients.harms(random));
        harms.add(failover(random, RedisServer::kill, RedisServer::restart));
        harms.add(failover(random, RedisServer::pause, RedisServer::resume));
        harms.add(moveSlots(random));
        harms.add(moveSlots(random));
        return harms;
    }

    private List<RedisServer> primaries() {
        List<RedisServer> primaries = new ArrayList<>();
        for (RedisServer server : cluster.nodes()) {
            if (server.isAlive() && isPrimary(server)) {
                primaries.add(server);
            }
        }
        return primaries;
    }

    private static boolean isPrimary(RedisServer server) {
        return server.info("replication", "role").equals("master");
    }

    private Harm failover(Random random, Deed harm, Deed undo) {
        RedisServer[] old = new RedisServer[1];
        return Harm.ofServer(
                FaultKind.FAIL_OVER,
                Target.NONCES,
                () -> {
                    List<RedisServer> before = primaries();
                    RedisServer victim = before.get(random.nextInt(before.size()));
                    String id = victim.require("CLUSTER", "MYID");
                    old[0] = victim;
                    RedisServer other = before.get(0) == victim ? before.get(1) : before.get(0);
                    harm.to(victim);
                    await("a replica does not take over", () -> servesNothing(other, id));
                },
                () -> {
                    undo.to(old[0]);
                    await(
                            "the old primary does not follow",
                            () -> old[0].info("replication", "master_link_status")
                                    .equals("up"));
                    cluster.nodes()
                            .forEach(node -> await(
                                    "the cluster is not well",
                                    () -> node.require("CLUSTER", "INFO").contains("cluster_state:ok")));
                });
    }

    /** Whether a server knows that another one has lost its slots. */
    private static boolean servesNothing(RedisServer server, String id) {
        for (String line : server.require("CLUSTER", "NODES").split("\n", -1)) {
            if (line.startsWith(id)) {
                return line.split(" ", -1).length <= 8;
            }
        }
        return true;
    }

    /** Moves slots in which there are keys, in steps, while claims go on. */
    private Harm moveSlots(Random random) {
        List<Move> moves = new ArrayList<>();
        int[] times = {0};
        return new Harm(
                FaultKind.MOVE_SLOTS,
                Target.NONCES,
                Event.Fault.ALL,
                Duration.ZERO,
                () -> {
                    if (moves.isEmpty()) {
                        moves.addAll(begin(random));
                        times[0] += moves.size();
                    } else {
                        Move move = moves.get(random.nextInt(moves.size()));
                        cluster.moveKeys(move.slot(), move.source(), move.target(), 1);
                    }
                },
                () -> {
                    for (Move move : moves) {
                        if (!isPrimary(move.source()) || !isPrimary(move.target())) {
                            // A slow machine made the cluster fail over meanwhile, and with that forget the migration.
                            primaries()
                                    .forEach(primary -> primary.require(
                                            "CLUSTER", "SETSLOT", Integer.toString(move.slot()), "STABLE"));
                            continue;
                        }
                        await(
                                "the keys of a slot are not moved",
                                () -> cluster.moveKeys(move.slot(), move.source(), move.target(), KEYS_IN_A_SLOT) == 0);
                        cluster.endMigration(move.slot(), move.source(), move.target());
                    }
                    moves.clear();
                },
                () -> times[0]);
    }

    private record Move(int slot, RedisServer source, RedisServer target) {}

    private List<Move> begin(Random random) {
        List<RedisServer> primaries = primaries();
        RedisServer source = primaries.remove(random.nextInt(primaries.size()));
        RedisServer target = primaries.get(random.nextInt(primaries.size()));
        Set<Integer> slots = new TreeSet<>();
        for (int i = 0; i < ASKED_FOR_KEYS && slots.size() < SLOTS_AT_ONCE; i++) {
            String key = source.require("RANDOMKEY");
            if (!key.equals("(nil)")) {
                slots.add(Integer.valueOf(source.require("CLUSTER", "KEYSLOT", key)));
            }
        }
        List<Move> moves = new ArrayList<>();
        for (int slot : slots) {
            cluster.beginMigration(slot, source, target);
            moves.add(new Move(slot, source, target));
        }
        return moves;
    }

    private static void await(String otherwise, BooleanSupplier question) {
        if (!Nemesis.await(FAILOVER, question)) {
            throw new AssertionError(otherwise);
        }
    }

    private interface Deed {
        void to(RedisServer primary);
    }

    @Override
    public void close() {
        opened.forEach(RedisClusterClient::shutdown);
        clients.close();
    }
}

package dev.countersign.faults;

import dev.countersign.faults.Event.FaultKind;
import dev.countersign.faults.Event.Target;
import dev.countersign.servers.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

/** For each node a proxy of its own in front of each server. Thread-safe. */
final class Proxies implements AutoCloseable {
    private final Target target;
    private final Map<Integer, Map<Integer, TcpProxy>> ofNodes = new TreeMap<>();

    Proxies(Target target) {
        this.target = target;
    }

    /** Where a node reaches the server that listens on a port. */
    synchronized int port(int node, int server) {
        return ofNodes.computeIfAbsent(node, number -> new TreeMap<>())
                .computeIfAbsent(server, TcpProxy::to)
                .port();
    }

    /** Each kind of harm once, each to all connections of a node that chance decides. */
    synchronized List<Harm> harms(Random random) {
        List<List<Harm>> all = new ArrayList<>();
        ofNodes.forEach((node, proxies) -> all.add(Harm.ofConnections(target, node, List.copyOf(proxies.values()))));
        List<Harm> harms = new ArrayList<>();
        for (int kind = 0; kind < all.get(0).size(); kind++) {
            harms.add(all.get(random.nextInt(all.size())).get(kind));
        }
        return harms;
    }

    /** One node's connections, cut off for a while. */
    synchronized Harm cutOff(int node, Duration time) {
        return Harm.ofConnections(
                        target,
                        node,
                        List.copyOf(Objects.requireNonNull(ofNodes.get(node)).values()))
                .stream()
                .filter(harm -> harm.kind() == FaultKind.CUT_OFF)
                .findFirst()
                .orElseThrow()
                .lasting(time);
    }

    @Override
    public synchronized void close() {
        ofNodes.values().forEach(proxies -> proxies.values().forEach(TcpProxy::close));
    }
}

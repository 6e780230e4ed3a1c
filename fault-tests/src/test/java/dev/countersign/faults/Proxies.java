package dev.countersign.faults;

import dev.countersign.faults.Event.Target;
import dev.countersign.servers.TcpProxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A proxy for each node in front of one server. */
final class Proxies implements AutoCloseable {
    private final Target target;
    private final int port;
    private final List<TcpProxy> proxies = new ArrayList<>();

    Proxies(Target target, int port) {
        this.target = target;
        this.port = port;
    }

    /** Where a node reaches the server. */
    synchronized int port(int node) {
        while (proxies.size() <= node) {
            proxies.add(TcpProxy.to(port));
        }
        return proxies.get(node).port();
    }

    /** Each kind of harm once, each at a node that chance decides. */
    synchronized List<Harm> harms(Random random) {
        List<List<Harm>> ofNodes = new ArrayList<>();
        for (int node = 0; node < proxies.size(); node++) {
            ofNodes.add(Harm.ofConnection(target, node, proxies.get(node)));
        }
        List<Harm> harms = new ArrayList<>();
        for (int kind = 0; kind < ofNodes.get(0).size(); kind++) {
            harms.add(ofNodes.get(random.nextInt(ofNodes.size())).get(kind));
        }
        return harms;
    }

    @Override
    public synchronized void close() {
        proxies.forEach(TcpProxy::close);
    }
}

package dev.countersign.faults;

import dev.countersign.api.store.NonceStore;
import dev.countersign.faults.Event.FaultKind;
import dev.countersign.faults.Event.Target;
import dev.countersign.nonce.redis.RedisNonceStore;
import dev.countersign.servers.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** One Redis for all nodes. */
final class StandaloneSite implements NonceSite {
    private static final int STOPPED_MILLIS = 60;

    private final RedisServer server;
    private final Opener opener;
    private final Proxies proxies;

    /** Makes a store that reaches Redis at a URI. */
    interface Opener {
        NonceStore open(String uri, int node, History history);
    }

    /** Sound stores. The server stays the caller's. */
    StandaloneSite(RedisServer server) {
        this(server, (uri, node, history) -> RedisStores.open(RedisNonceStore.builder(uri), node, history));
    }

    /** Stores of another make. */
    StandaloneSite(RedisServer server, Opener opener) {
        this.server = server;
        this.opener = opener;
        this.proxies = new Proxies(Target.NONCES);
        server.require("FLUSHALL");
    }

    @Override
    public NonceStore open(int node, History history) {
        return opener.open("redis://127.0.0.1:" + proxies.port(node, server.port()), node, history);
    }

    @Override
    public List<Harm> harms(Random random) {
        List<Harm> harms = new ArrayList<>(proxies.harms(random));
        harms.add(Harm.ofServer(FaultKind.KILL, Target.NONCES, () -> killMidClaim(server), server::restart));
        harms.add(Harm.ofServer(FaultKind.PAUSE, Target.NONCES, server::pause, server::resume));
        harms.add(Harm.ofServer(FaultKind.EMPTY, Target.NONCES, () -> server.require("FLUSHALL"), () -> {}));
        return harms;
    }

    /** Stops a server, so that claims lie in its sockets, before it kills it. */
    static void killMidClaim(RedisServer server) {
        server.pause();
        Nemesis.rest(STOPPED_MILLIS);
        server.kill();
    }

    @Override
    public void close() {
        proxies.close();
    }
}

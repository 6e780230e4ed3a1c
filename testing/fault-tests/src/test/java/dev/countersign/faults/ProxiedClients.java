package dev.countersign.faults;

import dev.countersign.faults.Event.Target;
import dev.countersign.servers.RedisServer;
import io.lettuce.core.internal.HostAndPort;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.MappingSocketAddressResolver;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Redis servers that tell each other's addresses, as sentinels and cluster nodes do: whatever address a node of the fleet
 * learns, its Lettuce goes through that node's own proxy.
 */
final class ProxiedClients implements AutoCloseable {
    private static final String HOST = "127.0.0.1";
    private static final int THREADS = 2;
    private static final long SHUTDOWN_SECONDS = 10;

    private final List<RedisServer> servers;
    private final Proxies proxies = new Proxies(Target.NONCES);
    private final List<ClientResources> opened = new ArrayList<>();

    ProxiedClients(List<RedisServer> servers) {
        this.servers = List.copyOf(servers);
    }

    /** What a node's client is to be made of. */
    ClientResources resources(int node) {
        servers.forEach(server -> proxies.port(node, server.port()));
        ClientResources resources = ClientResources.builder()
                .ioThreadPoolSize(THREADS)
                .computationThreadPoolSize(THREADS)
                .socketAddressResolver(MappingSocketAddressResolver.create(
                        (HostAndPort address) -> HostAndPort.of(HOST, proxies.port(node, address.getPort()))))
                .build();
        opened.add(resources);
        return resources;
    }

    List<Harm> harms(Random random) {
        return proxies.harms(random);
    }

    @Override
    public void close() {
        for (ClientResources resources : opened) {
            resources
                    .shutdown(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS)
                    .awaitUninterruptibly(SHUTDOWN_SECONDS, TimeUnit.SECONDS);
        }
        proxies.close();
    }
}

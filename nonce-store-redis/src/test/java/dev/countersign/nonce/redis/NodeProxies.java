package dev.countersign.nonce.redis;

import dev.countersign.servers.RedisServer;
import dev.countersign.servers.TcpProxy;
import io.lettuce.core.RedisURI;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.SocketAddressResolver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** A proxy in front of each server, for servers that tell each other's addresses: only one client is led through them. */
final class NodeProxies implements AutoCloseable {
    private final Map<Integer, TcpProxy> proxies = new ConcurrentHashMap<>();
    private final ClientResources resources;

    NodeProxies(List<RedisServer> servers) {
        servers.forEach(server -> proxies.put(server.port(), TcpProxy.to(server.port())));
        resources = ClientResources.builder()
                .socketAddressResolver(new SocketAddressResolver() {
                    @Override
                    public SocketAddress resolve(RedisURI uri) {
                        TcpProxy proxy = proxies.get(uri.getPort());
                        return new InetSocketAddress(
                                InetAddress.getLoopbackAddress(), proxy == null ? uri.getPort() : proxy.port());
                    }
                })
                .build();
    }

    /** For the client that is led through the proxies. */
    ClientResources resources() {
        return resources;
    }

    void onAll(Consumer<TcpProxy> what) {
        proxies.values().forEach(what);
    }

    @Override
    public void close() {
        resources.shutdown().syncUninterruptibly();
        onAll(TcpProxy::close);
    }
}

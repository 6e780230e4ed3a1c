package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.servers.RedisCluster;
import dev.countersign.servers.RedisServer;
import dev.countersign.servers.TcpProxy;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.SocketAddressResolver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What keeps a store from Redis may begin long after its start: then status, listener and the exception of each claim say
 * why, as they do at the start, and not only that a connection was lost.
 */
class RedisBecomesUnreachableTest {
    private static final String SECRET = "geheim-9731";

    private final RedisServer redis = RedisServer.start();
    private final TcpProxy proxy = TcpProxy.to(redis.port());
    private final RecordingListener reported = new RecordingListener();
    private int requests;

    @TempDir
    Path folder = Path.of("");

    @AfterEach
    void stop() {
        proxy.close();
        redis.close();
    }

    @Test
    void anHttpServerTakesItsPlace() throws IOException {
        try (RedisNonceStore store = plain();
                ServerSocket http = OtherServers.http()) {
            replaced(store, redis.port(), http.getLocalPort(), "an HTTP server answers there");
        }
    }

    @Test
    void somethingElseTakesItsPlace() throws IOException {
        try (RedisNonceStore store = plain();
                ServerSocket smtp = OtherServers.answering("220 mail.example.org ESMTP\r\n")) {
            replaced(store, redis.port(), smtp.getLocalPort(), "does not speak Redis's protocol");
        }
    }

    /** The proxy takes the connection and then finds nobody behind it. */
    @Test
    void aProxyHasNobodyBehindIt() throws IOException {
        try (RedisNonceStore store = plain()) {
            replaced(store, redis.port(), OtherServers.nobody(), "the server ended the connection before");
        }
    }

    @Test
    void tlsIsSpokenThereFromNowOn() throws Exception {
        try (RedisNonceStore store = plain();
                ServerSocket tls = OtherServers.tls(OtherServers.certificate(folder, "localhost"), redis.port())) {
            replaced(store, redis.port(), tls.getLocalPort(), "use rediss://");
        }
    }

    @Test
    void overTlsEachCauseHasItsWords() throws Exception {
        Path good = OtherServers.certificate(folder, "localhost");
        Path ofAnotherHost = OtherServers.certificate(folder, "redis.example.org");
        Path stranger = OtherServers.certificate(folder, "localhost");
        RedisClient client = RedisClient.create();
        client.setOptions(ClientOptions.builder()
                .sslOptions(SslOptions.builder()
                        .jdkSslProvider()
                        .truststore(
                                OtherServers.trusting(folder, good, ofAnotherHost)
                                        .toFile(),
                                OtherServers.STORE_PASSWORD)
                        .build())
                .build());
        try (ServerSocket right = OtherServers.tls(good, redis.port());
                ServerSocket wrongName = OtherServers.tls(ofAnotherHost, redis.port());
                ServerSocket untrusted = OtherServers.tls(stranger, redis.port());
                ServerSocket http = OtherServers.http()) {
            proxy.retarget(right.getLocalPort());
            RedisURI uri = RedisURI.create("rediss://localhost:" + proxy.port());
            try (RedisNonceStore store = build(RedisNonceStore.builder(client, uri))) {
                replaced(store, right.getLocalPort(), untrusted.getLocalPort(), "certificate is not trusted");
                replaced(store, right.getLocalPort(), wrongName.getLocalPort(), "is for another host name");
                replaced(store, right.getLocalPort(), http.getLocalPort(), "speaks no TLS");
                replaced(store, right.getLocalPort(), redis.port(), "speaks no TLS");
            }
        } finally {
            client.shutdown();
        }
    }

    @Test
    void nothingListensThereAnyMore() {
        try (RedisNonceStore store = build(RedisNonceStore.builder(redis.uri()))) {
            works(store);
            redis.kill();
            tells(store, "the connection was refused");
            redis.restart();
            recovers(store);
        }
    }

    @Test
    void theHostNameIsNotKnownAnyMore() {
        AtomicBoolean known = new AtomicBoolean(true);
        ClientResources resources = ClientResources.builder()
                .socketAddressResolver(new SocketAddressResolver() {
                    @Override
                    public SocketAddress resolve(RedisURI uri) {
                        return known.get()
                                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), uri.getPort())
                                : InetSocketAddress.createUnresolved("does-not-exist.invalid", uri.getPort());
                    }
                })
                .build();
        RedisClient client = RedisClient.create(resources);
        try (RedisNonceStore store =
                build(RedisNonceStore.builder(client, RedisURI.create("redis://redis.example.org:" + proxy.port())))) {
            works(store);
            known.set(false);
            proxy.cut();
            tells(store, "the host name is not known");
            known.set(true);
            recovers(store);
        } finally {
            client.shutdown();
            resources.shutdown().syncUninterruptibly();
        }
    }

    @Test
    void theUserMayNotRunACommandAnyMore() {
        user("on", ">" + SECRET, "~c1*", "+@all");
        try (RedisNonceStore store = build(RedisNonceStore.builder(asUser()))) {
            for (String command : List.of("info", "time", "persist", "get", "evalsha")) {
                works(store);
                user("-" + command);
                tells(store, command.toUpperCase(Locale.ROOT) + " (NOPERM)");
                user("+" + command);
                recovers(store);
            }
            user("resetkeys", "~other*");
            tells(store, "keys that begin with the store's prefix");
            user("resetkeys", "~c1*");
            recovers(store);
        }
    }

    /** Redis does not say which one it was. */
    @Test
    void theStoresScriptsMayNotRunTheirCommandsAnyMore() {
        user("on", ">" + SECRET, "~c1*", "+@all");
        try (RedisNonceStore store = build(RedisNonceStore.builder(asUser()))) {
            for (String command : List.of("exists", "set")) {
                works(store);
                user("-" + command);
                tells(store, "in the store's scripts (NOPERM): allow EXISTS, GET, SET");
                user("+" + command);
                recovers(store);
            }
        }
    }

    /** With a record in place nothing is written at the start: what a claim needs is tried all the same. */
    @Test
    void whatOnlyClaimsNeedIsMissedAtTheStart() {
        user("on", ">" + SECRET, "~c1*", "+@all");
        build(RedisNonceStore.builder(asUser())).close();
        for (String command : List.of("exists", "set")) {
            user("-" + command);
            refusedAtTheStart(RedisNonceStore.builder(asUser()), "in the store's scripts (NOPERM)");
            user("+" + command);
        }
        user("-wait");
        refusedAtTheStart(
                RedisNonceStore.builder(asUser()).waitForReplicas(1).replicaTimeLimit(Duration.ofMillis(100)),
                "WAIT (NOPERM)");
    }

    @Test
    void theUserMayNotWaitForReplicasAnyMore() {
        user("on", ">" + SECRET, "~c1*", "+@all");
        try (RedisNonceStore store =
                build(RedisNonceStore.builder(asUser()).waitForReplicas(1).replicaTimeLimit(Duration.ofMillis(100)))) {
            assertTrue(store.status().isAvailable());
            user("-wait");
            tells(store, "WAIT (NOPERM)");
            user("+wait");
            Claims.until("available again", () -> store.status().isAvailable());
        }
    }

    @Test
    void thePasswordIsAnotherOne() {
        user("on", ">" + SECRET, "~c1*", "+@all");
        try (RedisNonceStore store = build(RedisNonceStore.builder(asUser()))) {
            works(store);
            user("resetpass", ">another");
            proxy.cut();
            tells(store, "check user and password");
            user("resetpass", ">" + SECRET);
            recovers(store);
        }
    }

    /** Of a node as of a server that stands alone; and of a Cluster that nobody has been able to ask. */
    @Test
    void aClusterTellsToo() throws IOException {
        try (RedisCluster cluster = RedisCluster.start();
                RedisNonceStore store = build(RedisNonceStore.builder(cluster.uri()))) {
            works(store);
            RedisServer node = cluster.primaries().get(0);
            node.require("ACL", "SETUSER", "default", "-time");
            tells(store, "TIME (NOPERM)", false);
            node.require("ACL", "SETUSER", "default", "+time");
            recovers(store);
        }
        RecordingListener atTheStart = new RecordingListener();
        String nobody = "redis-cluster://127.0.0.1:" + OtherServers.nobody();
        try (RedisNonceStore store = RedisNonceStore.builder(nobody)
                .connectWait(Duration.ZERO)
                .listener(atTheStart)
                .build()) {
            Claims.until("reported", () -> atTheStart.count("outage") == 1);
            assertTrue(atTheStart.has("outage: the connection was refused"), atTheStart.lines()::toString);
            assertEquals(1, store.status().outages());
        }
    }

    private RedisNonceStore plain() {
        return build(RedisNonceStore.builder("redis://127.0.0.1:" + proxy.port()));
    }

    private RedisNonceStore build(RedisNonceStore.Builder builder) {
        return builder.alwaysWatching()
                .connectWait(Duration.ofSeconds(30))
                .listener(reported)
                .build();
    }

    private static void refusedAtTheStart(RedisNonceStore.Builder builder, String words) {
        IllegalStateException refused = assertThrows(
                IllegalStateException.class,
                () -> builder.connectWait(Duration.ofSeconds(30)).build().close());
        assertTrue(String.valueOf(refused.getMessage()).contains(words), refused::toString);
    }

    /** A new one, of a device of its own. */
    private Claim request() {
        int number = ++requests;
        long now = Claims.now();
        return Claims.of(Claims.device(number), 2L * number, 2L * number + 1, now + 1, now);
    }

    private void user(String... rules) {
        String[] command = new String[rules.length + 3];
        command[0] = "ACL";
        command[1] = "SETUSER";
        command[2] = "app";
        System.arraycopy(rules, 0, command, 3, rules.length);
        redis.require(command);
    }

    private String asUser() {
        return "redis://app:" + SECRET + "@127.0.0.1:" + proxy.port();
    }

    /** The connection is lost, and what it finds at the same address is something else for a while. */
    private void replaced(RedisNonceStore store, int right, int other, String words) {
        works(store);
        proxy.retarget(other);
        proxy.cut();
        tells(store, words);
        proxy.retarget(right);
        recovers(store);
    }

    private void works(RedisNonceStore store) {
        assertEquals(ClaimResult.CLAIMED, Claims.result(store, request()));
    }

    private void tells(RedisNonceStore store, String words) {
        tells(store, words, true);
    }

    /** Status, exception and listener: a claim is sent now and then, since some causes show with a claim only. */
    private void tells(RedisNonceStore store, String words, boolean everyClaimFails) {
        Claims.until("status: " + words, () -> {
            store.claim(request());
            return store.status().reason().contains(words);
        });
        Claims.until("listener: " + words, () -> reported.lines().stream().anyMatch(line -> line.contains(words)));
        if (everyClaimFails) {
            String failure =
                    String.valueOf(Claims.failure(store.claim(request())).getMessage());
            assertTrue(failure.contains(words), failure);
            assertFalse((failure + store.status() + reported.lines()).contains(SECRET), failure);
        }
    }

    private void recovers(RedisNonceStore store) {
        Claims.until("available again", () -> store.status().isAvailable());
        long outages = store.status().outages();
        Claims.until("the end is reported", () -> reported.count("recovered") == outages);
        assertEquals(outages, reported.count("outage: "), reported.lines()::toString);
        works(store);
    }
}

package dev.countersign.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the tests of other modules rely on. */
@Timeout(180)
class ServersTest {
    @TempDir
    private Path folder;

    @Test
    void redisLivesDiesAndComesBackEmpty() {
        RedisServer server = RedisServer.start();
        try (server) {
            assertEquals("OK", server.call("SET", "a", "1"));
            assertEquals("1", server.call("GET", "a"));
            assertEquals("(nil)", server.call("GET", "b"));
            assertTrue(server.call("NONSENSE").startsWith("-ERR"));
            assertThrows(IllegalStateException.class, () -> server.require("NONSENSE"));
            assertEquals("6.2.11", server.info("server", "redis_version"));
            String runId = server.info("server", "run_id");
            server.kill();
            assertFalse(server.isAlive());
            assertThrows(UncheckedIOException.class, () -> server.call("PING"));
            server.restart();
            assertEquals("(nil)", server.call("GET", "a"));
            assertNotEquals(runId, server.info("server", "run_id"));
        }
        assertFalse(Files.exists(server.folder()));
        server.close();
    }

    @Test
    void aStoppedRedisKeepsItsConnectionsAndAnswersNothing() throws Exception {
        try (RedisServer server = RedisServer.start();
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            server.pause();
            ping(socket);
            socket.setSoTimeout(200);
            assertThrows(
                    java.net.SocketTimeoutException.class,
                    () -> socket.getInputStream().read());
            server.resume();
            socket.setSoTimeout(10_000);
            assertEquals('+', socket.getInputStream().read());
        }
    }

    @Test
    @Tag("full")
    void sentinelsFailOver() {
        try (RedisSentinels group = RedisSentinels.start()) {
            RedisServer first = group.primary();
            assertEquals("master", first.info("replication", "role"));
            first.kill();
            RedisServer second = group.awaitPrimaryOtherThan(first);
            assertEquals("OK", second.call("SET", "a", "1"));
        }
    }

    @Test
    @Tag("full")
    void aClusterMovesASlot() {
        try (RedisCluster cluster = RedisCluster.start()) {
            String key = "{a}\n\u00ff}";
            int slot = Integer.parseInt(cluster.primaries().get(0).require("CLUSTER", "KEYSLOT", key));
            RedisServer source = cluster.ownerOf(slot);
            RedisServer target = cluster.primaries().stream()
                    .filter(node -> node != source)
                    .findFirst()
                    .orElseThrow();
            assertEquals("OK", source.call("SET", key, "1"));
            cluster.beginMigration(slot, source, target);
            assertTrue(source.call("GET", "{a}other").startsWith("-ASK"));
            assertEquals(1, cluster.moveKeys(slot, source, target, 10));
            cluster.endMigration(slot, source, target);
            assertEquals(target, cluster.ownerOf(slot));
            assertEquals("1", target.call("GET", key));
            assertTrue(source.call("GET", key).startsWith("-MOVED"));
        }
    }

    @Test
    void postgresKeepsItsDataThroughAKill() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            keepsItsDataThroughAKill(server);
        }
    }

    @Test
    @Tag("full")
    void mariaDbKeepsItsDataThroughAKill() throws Exception {
        try (MariaDbServer server = MariaDbServer.start()) {
            keepsItsDataThroughAKill(server);
        }
    }

    /** Debian's servers: each is the release that its name says, dies, comes back and leaves nothing behind. */
    @Test
    @Tag("full")
    void debiansServersAreThere() throws Exception {
        try (RedisServer redis = RedisServer.startDebian()) {
            assertTrue(redis.info("server", "redis_version").startsWith("7.0."));
        }
        try (MariaDbServer server = MariaDbServer.startDebian()) {
            keepsItsDataThroughAKill(server);
            assertTrue(text(server.jdbcUrl("keys"), "SELECT VERSION()").startsWith("10.11."));
        }
        try (DebianPostgresServer server = DebianPostgresServer.start()) {
            keepsItsDataThroughAKill(server);
            assertTrue(text(server.jdbcUrl("keys"), "SHOW server_version").startsWith("15."));
            try (PgBouncer pooler = PgBouncer.inTransactionMode(server, 2)) {
                String url = pooler.jdbcUrl("keys");
                try (Connection holding = DriverManager.getConnection(url)) {
                    holding.setAutoCommit(false);
                    String held = text(holding, "SELECT pg_backend_pid()");
                    String other = text(url, "SELECT pg_backend_pid()");
                    assertNotEquals(held, other);
                    holding.rollback();
                    assertEquals(held, text(url, "SELECT pg_backend_pid()"), "handed on with the transaction's end");
                }
            }
        }
    }

    private static String text(String url, String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url)) {
            return text(connection, query);
        }
    }

    private static String text(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            assertTrue(rows.next());
            return rows.getString(1);
        }
    }

    private static void keepsItsDataThroughAKill(DatabaseServer server) throws SQLException {
        server.createDatabase("keys");
        execute(server, "CREATE TABLE t (n INT)");
        execute(server, "INSERT INTO t VALUES (7)");
        server.kill();
        assertThrows(SQLException.class, () -> DriverManager.getConnection(server.jdbcUrl("keys")));
        server.restart();
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl("keys"));
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT n FROM t")) {
            assertTrue(rows.next());
            assertEquals(7, rows.getInt(1));
        }
        server.pause();
        server.resume();
        execute(server, "INSERT INTO t VALUES (8)");
    }

    private static void execute(DatabaseServer server, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl("keys"));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Somebody who does not answer has the port: that is noticed, and not after minutes. */
    @Test
    void aPortThatSomebodyTookMeansAnotherTry() throws Exception {
        startsElsewhere(ports -> RedisServer.start(ports));
        startsElsewhere(ports -> RedisServer.startSentinel(ports, Folders.file(folder, "sentinel.conf", "")));
        startsElsewhere(ports -> PostgresServer.start(ports));
    }

    @Test
    @Tag("full")
    void soItDoesForMariaDb() throws Exception {
        startsElsewhere(ports -> MariaDbServer.start(ports));
    }

    @Test
    @Tag("full")
    void soItDoesForDebiansServers() throws Exception {
        startsElsewhere(ports -> MariaDbServer.startDebian(ports));
        startsElsewhere(ports -> DebianPostgresServer.start(ports));
        try (PostgresServer server = PostgresServer.start()) {
            startsElsewhere(ports -> PgBouncer.inTransactionMode(ports, server, 2));
        }
    }

    private static void startsElsewhere(Function<IntSupplier, AutoCloseable> start) throws Exception {
        try (ServerSocket taken = listening()) {
            Choices choices = new Choices(taken.getLocalPort(), Ports::free);
            start.apply(choices).close();
            assertEquals(2, choices.made);
        }
    }

    /** Another Redis that answers in the place of ours is not taken for it. */
    @Test
    void aPortThatAnotherServerTookMeansAnotherTry() {
        try (RedisServer other = RedisServer.start()) {
            Choices choices = new Choices(other.port(), Ports::free);
            try (RedisServer server = RedisServer.start(choices)) {
                assertNotEquals(other.port(), server.port());
                assertNotEquals(other.info("server", "run_id"), server.info("server", "run_id"));
            }
        }
    }

    @Test
    void aNodeOfAClusterNeedsItsSecondPortToo() throws Exception {
        IntSupplier ports = RedisServer.portsFor("--appendonly", "no", "--cluster-enabled", "yes");
        for (int i = 0; i < 100; i++) {
            int port = ports.getAsInt();
            assertTrue(port + 10_000 <= 65_535, () -> "no port is " + (port + 10_000));
        }
        int first = Ports.freeForCluster();
        try (ServerSocket bus = new ServerSocket(first + 10_000, 1, InetAddress.getLoopbackAddress())) {
            assertEquals(first + 10_000, bus.getLocalPort());
            Choices choices = new Choices(first, Ports::freeForCluster);
            try (RedisServer node = RedisServer.start(choices, "--cluster-enabled", "yes")) {
                assertEquals(choices.last, node.port());
                assertEquals(2, choices.made);
            }
        }
    }

    /** A server whose directives are wrong ends on every port. */
    @Test
    void aServerThatEndsForAnotherReasonIsNotTriedAgain() {
        Choices choices = new Choices(Ports.free(), Ports::free);
        ServerEndedException ended =
                assertThrows(ServerEndedException.class, () -> RedisServer.start(choices, "--nonsense", "yes"));
        assertTrue(ended.toString().contains("nonsense"), ended::toString);
        assertEquals(1, choices.made);
        assertThrows(ServerEndedException.class, () -> PostgresServer.start("nonsense", "yes"));
        assertThrows(ServerEndedException.class, () -> MariaDbServer.start("--nonsense"));
    }

    @Test
    void aPortIsNotTriedForEver() throws Exception {
        try (ServerSocket taken = listening()) {
            Choices choices = new Choices(taken.getLocalPort(), taken::getLocalPort);
            ServerEndedException ended = assertThrows(ServerEndedException.class, () -> RedisServer.start(choices));
            assertTrue(ended.toString().contains("Address already in use"), ended::toString);
            assertEquals(5, choices.made);
        }
    }

    /** The port of a server that was there is not ours to choose any more. */
    @Test
    void aRestartOnAPortThatSomebodyTookIsToldAtOnce() throws Exception {
        try (RedisServer server = RedisServer.start()) {
            server.kill();
            try (ServerSocket taken = new ServerSocket()) {
                taken.setReuseAddress(true);
                taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
                assertThrows(ServerEndedException.class, server::restart);
            }
            server.restart();
            assertEquals("PONG", server.call("PING"));
        }
    }

    private static ServerSocket listening() throws IOException {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    /** One port first, and others when asked again. */
    private static final class Choices implements IntSupplier {
        int made;
        int last;
        private final int first;
        private final IntSupplier others;

        Choices(int first, IntSupplier others) {
            this.first = first;
            this.others = others;
        }

        @Override
        public int getAsInt() {
            last = made++ == 0 ? first : others.getAsInt();
            return last;
        }
    }

    @Test
    void aProxyCutsHoldsAndLosesAnswers() throws Exception {
        try (RedisServer server = RedisServer.start();
                TcpProxy proxy = TcpProxy.to(server.port())) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port())) {
                socket.setSoTimeout(10_000);
                ping(socket);
                assertEquals("+PONG", new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII));
                proxy.holdAnswers();
                socket.getInputStream().readNBytes(2);
                ping(socket);
                socket.setSoTimeout(200);
                assertThrows(
                        java.net.SocketTimeoutException.class,
                        () -> socket.getInputStream().read());
                socket.setSoTimeout(10_000);
                proxy.restore();
                assertEquals('+', socket.getInputStream().read());
                proxy.loseAnswers(1);
                socket.getOutputStream().write("SET a 1\r\n".getBytes(StandardCharsets.US_ASCII));
                drain(socket.getInputStream());
                assertEquals(1, proxy.answersLost());
                assertEquals("1", server.call("GET", "a"), "the server has done what it was asked");
            }
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port())) {
                socket.setSoTimeout(10_000);
                ping(socket);
                assertEquals('+', socket.getInputStream().read());
                proxy.cutOff();
                drain(socket.getInputStream());
                assertEquals(1, proxy.cuts());
            }
        }
    }

    /** Until the end, which may come as a reset. */
    private static void drain(InputStream in) {
        try {
            in.readAllBytes();
        } catch (java.net.SocketTimeoutException hangs) {
            throw new AssertionError("the connection was not cut", hangs);
        } catch (java.io.IOException reset) {
            return;
        }
    }

    private static void ping(Socket socket) throws java.io.IOException {
        OutputStream out = socket.getOutputStream();
        out.write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }
}

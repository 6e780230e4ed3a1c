package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.servers.RedisServer;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each reason why Redis cannot be reached has words of its own, in status, listener and exceptions, and no password in them. */
class RedisUnreachableTest {
    private static final String SECRET = "geheim-9731";
    private static final char[] STORE_PASSWORD = "changeit".toCharArray();

    @TempDir
    Path folder = Path.of("");

    @Test
    void nothingListens() throws IOException {
        int port;
        try (ServerSocket closing = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closing.getLocalPort();
        }
        outage("redis://:" + SECRET + "@127.0.0.1:" + port, "the connection was refused");
    }

    @Test
    void theHostIsUnknown() {
        outage("redis://:" + SECRET + "@does-not-exist.invalid:6379", "the host name is not known");
    }

    @Test
    void anHttpServerAnswers() throws IOException {
        try (ServerSocket http = answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")) {
            refusal("redis://:" + SECRET + "@127.0.0.1:" + http.getLocalPort(), "an HTTP server answers there");
        }
    }

    @Test
    void somethingElseAnswers() throws IOException {
        try (ServerSocket smtp = answering("220 mail.example.org ESMTP\r\n")) {
            refusal("redis://:" + SECRET + "@127.0.0.1:" + smtp.getLocalPort(), "does not speak Redis's protocol");
        }
    }

    @Test
    void aProxyHangsUp() throws IOException {
        try (ServerSocket proxy = answering("")) {
            outage("redis://127.0.0.1:" + proxy.getLocalPort(), "the server ended the connection before");
        }
    }

    @Test
    void tlsIsSpokenToAServerWithoutIt() throws IOException {
        try (ServerSocket plain = answering("-ERR Protocol error\r\n")) {
            refusal("rediss://:" + SECRET + "@127.0.0.1:" + plain.getLocalPort(), "speaks no TLS: use redis://");
        }
    }

    @Test
    void noTlsIsSpokenToAServerWithIt() throws Exception {
        try (ServerSocket tls = tlsServer("localhost")) {
            String why = words("redis://:" + SECRET + "@127.0.0.1:" + tls.getLocalPort());
            assertTrue(why.contains("use rediss://"), why);
        }
    }

    @Test
    void theCertificateIsNotTrusted() throws Exception {
        try (ServerSocket tls = tlsServer("localhost")) {
            refusal("rediss://:" + SECRET + "@localhost:" + tls.getLocalPort(), "certificate is not trusted");
        }
    }

    @Test
    void theCertificateIsForAnotherHost() throws Exception {
        try (ServerSocket tls = tlsServer("redis.example.org")) {
            RedisClient client = RedisClient.create();
            client.setOptions(ClientOptions.builder()
                    .sslOptions(SslOptions.builder()
                            .jdkSslProvider()
                            .truststore(folder.resolve("redis.example.org.p12").toFile(), new String(STORE_PASSWORD))
                            .build())
                    .build());
            try {
                RedisURI uri = RedisURI.create("rediss://:" + SECRET + "@localhost:" + tls.getLocalPort());
                IllegalStateException refused = assertThrows(
                        IllegalStateException.class,
                        () -> RedisNonceStore.builder(client, uri).build());
                assertTrue(
                        String.valueOf(refused.getMessage()).contains("is for another host name"), refused::toString);
            } finally {
                client.shutdown();
            }
        }
    }

    @Test
    void aCommandThatIsNotAllowedIsNamed() {
        try (RedisServer redis = RedisServer.start()) {
            redis.require("ACL", "SETUSER", "app", "on", ">" + SECRET, "~c1*", "+@all");
            for (String command : List.of("info", "time", "evalsha", "persist", "get")) {
                redis.require("ACL", "SETUSER", "app", "-" + command);
                String named = command.toUpperCase(java.util.Locale.ROOT) + " (NOPERM)";
                refusal("redis://app:" + SECRET + "@127.0.0.1:" + redis.port(), named);
                redis.require("ACL", "SETUSER", "app", "+" + command);
            }
            redis.require("ACL", "SETUSER", "app", "resetkeys", "~other*");
            refusal("redis://app:" + SECRET + "@127.0.0.1:" + redis.port(), "keys that begin with the store's prefix");
        }
    }

    /** Somebody has to change something: told at once. */
    private static void refusal(String uri, String words) {
        IllegalStateException refused = assertThrows(
                IllegalStateException.class,
                () -> RedisNonceStore.builder(uri)
                        .connectWait(Duration.ofSeconds(30))
                        .build());
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.contains(words), message);
        assertFalse(message.contains(SECRET), message);
    }

    private static void outage(String uri, String words) {
        String why = words(uri);
        assertTrue(why.contains(words), why);
    }

    /** The same in status, listener and the exception of a claim; or the message of a store that is refused. */
    private static String words(String uri) {
        Told told = new Told();
        try (RedisNonceStore store = RedisNonceStore.builder(uri)
                .connectWait(Duration.ZERO)
                .listener(told)
                .build()) {
            Claims.until("told", () -> told.count("outage") == 1);
            String outage = String.valueOf(store.status().outage());
            assertTrue(told.has("outage: " + outage), told.lines()::toString);
            String failure = String.valueOf(
                    Claims.failure(store.claim(Claims.request(1))).getMessage());
            assertTrue(failure.endsWith(outage), failure);
            assertFalse((outage + failure + told.lines()).contains(SECRET), outage);
            return outage;
        }
    }

    /** Says the same to everybody and hangs up. */
    private static ServerSocket answering(String text) throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        serve(server, socket -> {
            InputStream in = socket.getInputStream();
            if (in.read() >= 0) {
                socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().flush();
                socket.shutdownOutput();
                in.transferTo(java.io.OutputStream.nullOutputStream());
            }
        });
        return server;
    }

    /** With a certificate of its own, for that name. */
    private ServerSocket tlsServer(String name) throws IOException, GeneralSecurityException, InterruptedException {
        Path keys = folder.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "redis",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=dns:" + name,
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        keys.toString(),
                        "-storepass",
                        new String(STORE_PASSWORD))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertTrue(keytool.waitFor(60, TimeUnit.SECONDS) && keytool.exitValue() == 0, "keytool");
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keys)) {
            store.load(in, STORE_PASSWORD);
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, STORE_PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        ServerSocket server =
                context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        serve(server, socket -> socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream()));
        return server;
    }

    private interface Answer {
        void to(Socket socket) throws IOException;
    }

    private static void serve(ServerSocket server, Answer answer) {
        Thread accepting = new Thread(() -> {
            while (!server.isClosed()) {
                serveOne(server, answer);
            }
        });
        accepting.setDaemon(true);
        accepting.start();
    }

    private static void serveOne(ServerSocket server, Answer answer) {
        try (Socket socket = server.accept()) {
            answer.to(socket);
        } catch (IOException clientLeft) {
            return;
        }
    }
}

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
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each reason why Redis cannot be reached has words of its own, in status, listener and exceptions, and no password in them. */
class RedisUnreachableTest {
    private static final String SECRET = "geheim-9731";

    @TempDir
    Path folder = Path.of("");

    @Test
    void nothingListens() throws IOException {
        outage("redis://:" + SECRET + "@127.0.0.1:" + OtherServers.nobody(), "the connection was refused");
    }

    @Test
    void theHostIsUnknown() {
        outage("redis://:" + SECRET + "@does-not-exist.invalid:6379", "the host name is not known");
    }

    @Test
    void anHttpServerAnswers() throws IOException {
        try (ServerSocket http = OtherServers.http()) {
            refusal("redis://:" + SECRET + "@127.0.0.1:" + http.getLocalPort(), "an HTTP server answers there");
        }
    }

    @Test
    void somethingElseAnswers() throws IOException {
        try (ServerSocket smtp = OtherServers.answering("220 mail.example.org ESMTP\r\n")) {
            refusal("redis://:" + SECRET + "@127.0.0.1:" + smtp.getLocalPort(), "does not speak Redis's protocol");
        }
    }

    @Test
    void aProxyHangsUp() throws IOException {
        try (ServerSocket proxy = OtherServers.answering("")) {
            outage("redis://127.0.0.1:" + proxy.getLocalPort(), "the server ended the connection before");
        }
    }

    @Test
    void tlsIsSpokenToAServerWithoutIt() throws IOException {
        try (ServerSocket plain = OtherServers.answering("-ERR Protocol error\r\n")) {
            refusal("rediss://:" + SECRET + "@127.0.0.1:" + plain.getLocalPort(), "speaks no TLS: use redis://");
        }
    }

    @Test
    void noTlsIsSpokenToAServerWithIt() throws Exception {
        try (ServerSocket tls = OtherServers.tls(OtherServers.certificate(folder, "localhost"))) {
            String why = words("redis://:" + SECRET + "@127.0.0.1:" + tls.getLocalPort());
            assertTrue(why.contains("use rediss://"), why);
        }
    }

    @Test
    void theCertificateIsNotTrusted() throws Exception {
        try (ServerSocket tls = OtherServers.tls(OtherServers.certificate(folder, "localhost"))) {
            refusal("rediss://:" + SECRET + "@localhost:" + tls.getLocalPort(), "certificate is not trusted");
        }
    }

    @Test
    void theCertificateIsForAnotherHost() throws Exception {
        Path certificate = OtherServers.certificate(folder, "redis.example.org");
        try (ServerSocket tls = OtherServers.tls(certificate)) {
            RedisClient client = RedisClient.create();
            client.setOptions(ClientOptions.builder()
                    .sslOptions(SslOptions.builder()
                            .jdkSslProvider()
                            .truststore(certificate.toFile(), OtherServers.STORE_PASSWORD)
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

    /** Somebody has to change something: said at once. */
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
        RecordingListener reported = new RecordingListener();
        try (RedisNonceStore store = RedisNonceStore.builder(uri)
                .connectWait(Duration.ZERO)
                .listener(reported)
                .build()) {
            Claims.until("reported", () -> reported.count("outage") == 1);
            String outage = store.status().reason();
            assertTrue(reported.has("outage: " + outage), reported.lines()::toString);
            String failure = String.valueOf(
                    Claims.failure(store.claim(Claims.request(1))).getMessage());
            assertTrue(failure.endsWith(outage), failure);
            assertFalse((outage + failure + reported.lines()).contains(SECRET), outage);
            return outage;
        }
    }
}

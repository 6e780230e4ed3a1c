package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.tck.RawHttp;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** With TLS in front, which has its own mind about when to read. */
@ExtendWith(Leaks.class)
@Timeout(120)
class TlsTest {
    private static final char[] PASSWORD = "change-me".toCharArray();
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 (\\d{3}) ");

    @TempDir
    private Path folder;

    private KeyStore keys() throws Exception {
        Path file = folder.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.txt").toFile())
                .start();
        assertTrue(keytool.waitFor(60, TimeUnit.SECONDS));
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, PASSWORD);
        }
        return keys;
    }

    private static SSLSocket connect(KeyStore keys, int port) throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(keys);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(20_000);
        return (SSLSocket) context.getSocketFactory().createSocket(socket, "localhost", port, true);
    }

    @Test
    void pipelinedRequestsAndLargeBodiesInEitherMode() throws Exception {
        KeyStore keys = keys();
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        SslContext tls =
                SslContextBuilder.forServer(own).sslProvider(SslProvider.JDK).build();
        for (boolean autoRead : new boolean[] {true, false}) {
            try (VerifiedBackend backend = VerifiedBackend.start(
                            nonces -> nonces,
                            settings -> settings,
                            started -> new NettyServer(
                                    pipeline -> pipeline.addLast(
                                            tls.newHandler(pipeline.channel().alloc()),
                                            NettyServer.codec(),
                                            started.countersign.newHandler(),
                                            autoRead ? started.echo() : new AskingEcho(started.log)),
                                    autoRead));
                    SSLSocket socket = connect(keys, backend.port())) {
                String body = "x".repeat(300_000);
                String all = backend.signed("POST", "/v1/1", body).text()
                        + "GET /v1/unsigned HTTP/1.1\r\n\r\n"
                        + backend.signed("POST", "/v1/2", body).text()
                        + "GET /open/x HTTP/1.1\r\n\r\n"
                        + backend.signed("GET", "/v1/3", "").head("Connection: close\r\n");
                Thread sender = new Thread(() -> {
                    try {
                        socket.getOutputStream().write(RawHttp.latin1(all));
                        socket.getOutputStream().flush();
                    } catch (IOException closed) {
                        throw new UncheckedIOException(closed);
                    }
                });
                sender.start();
                String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
                sender.join();
                List<String> statuses = new ArrayList<>();
                for (Matcher matcher = STATUS.matcher(answers); matcher.find(); ) {
                    statuses.add(matcher.group(1));
                }
                assertEquals(List.of("200", "400", "200", "200", "200"), statuses);
                int first = answers.indexOf(body);
                assertTrue(first > 0 && answers.indexOf(body, first + body.length()) > 0, "both bodies came back");
                for (String seen : new String[] {"POST /v1/1", "POST /v1/2", "GET /open/x", "GET /v1/3"}) {
                    assertEquals(seen, backend.log.next(backend.log.requests));
                }
                assertNull(backend.log.failures.peek());
            }
        }
    }
}

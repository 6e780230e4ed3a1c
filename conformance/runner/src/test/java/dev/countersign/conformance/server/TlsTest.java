package dev.countersign.conformance.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.generator.LiveCases;
import dev.countersign.conformance.runner.Outcome;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server behind https is asked if its certificate is trusted and names it. */
@Timeout(120)
class TlsTest {
    private static final char[] PASSWORD = "password".toCharArray();

    @TempDir
    private Path folder;

    private SSLContext tls;

    @BeforeEach
    void makeACertificate() throws Exception {
        Path file = folder.resolve("server.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-validity",
                        "3650",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        new String(PASSWORD),
                        "-keystore",
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.txt").toFile())
                .start();
        assertTrue(keytool.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, keytool.exitValue(), Files.readString(folder.resolve("keytool.txt")));
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", store.getCertificate("mykey"));
        trust.init(trusted);
        tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    }

    private Run run(String host, SSLSocketFactory trust) throws Exception {
        try (LittleServer server = LittleServer.start(tls.getServerSocketFactory(), VerifyingServer.right());
                ServerSubject subject = ServerSubject.at(
                        "https://" + host + ":" + server.port(), ServerOptions.defaults(), Clock.systemUTC(), trust)) {
            return Run.of(subject, LiveCases.askable());
        }
    }

    @Test
    void everyCaseIsAsked() throws Exception {
        Run run = run("localhost", tls.getSocketFactory());
        assertEquals(List.of(), run.failures());
        assertTrue(run.ids(Outcome.PASSED).size() > 30);
    }

    @Test
    void aCertificateOfAnotherHostIsRefused() throws Exception {
        Run run = run("127.0.0.1", tls.getSocketFactory());
        assertEquals(LiveCases.askable().size(), run.failures().size());
        assertTrue(run.result("plain").detail().startsWith("no TLS with 127.0.0.1:"), run.result("plain")::detail);
    }

    @Test
    void aCertificateThatTheJdkDoesNotTrustIsRefused() throws Exception {
        Run run = run("localhost", (SSLSocketFactory) SSLSocketFactory.getDefault());
        assertEquals(LiveCases.askable().size(), run.failures().size());
        assertTrue(
                run.result("plain").detail().contains("unable to find valid certification path"),
                run.result("plain")::detail);
    }
}

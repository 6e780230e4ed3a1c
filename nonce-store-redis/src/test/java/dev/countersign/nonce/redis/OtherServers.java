package dev.countersign.nonce.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** What may listen where Redis should: something else, or TLS under some certificate. They end when their socket is closed. */
final class OtherServers {
    static final String STORE_PASSWORD = "changeit";

    private static final int BACKLOG = 50;
    private static final int BUFFER = 8192;

    private OtherServers() {}

    private interface Answer {
        void to(Socket socket) throws IOException;
    }

    static ServerSocket http() throws IOException {
        return answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    }

    /** Says the same to everybody and hangs up. */
    static ServerSocket answering(String text) throws IOException {
        ServerSocket server = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        serve(server, socket -> {
            InputStream in = socket.getInputStream();
            if (in.read() >= 0) {
                socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().flush();
                socket.shutdownOutput();
                in.transferTo(OutputStream.nullOutputStream());
            }
        });
        return server;
    }

    /** A port of the loopback interface on which nothing listens. */
    static int nobody() throws IOException {
        try (ServerSocket closing = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return closing.getLocalPort();
        }
    }

    /** A file with a new key and its own certificate, for one DNS name. */
    static Path certificate(Path folder, String name) throws IOException, InterruptedException {
        Path keys = Files.createTempFile(folder, name, ".p12");
        Files.delete(keys);
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
                        STORE_PASSWORD)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
            throw new IllegalStateException("keytool");
        }
        return keys;
    }

    /** A file that trusts the certificates of these. */
    static Path trusting(Path folder, Path... certificates) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        for (int i = 0; i < certificates.length; i++) {
            trusted.setCertificateEntry("redis" + i, load(certificates[i]).getCertificate("redis"));
        }
        Path file = Files.createTempFile(folder, "trusted", ".p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            trusted.store(out, STORE_PASSWORD.toCharArray());
        }
        return file;
    }

    /** TLS with the certificate of a file of {@link #certificate}, behind which nobody answers. */
    static ServerSocket tls(Path keys) throws IOException, GeneralSecurityException {
        ServerSocket server = tlsSocket(keys);
        serve(server, socket -> socket.getInputStream().transferTo(OutputStream.nullOutputStream()));
        return server;
    }

    /** TLS with the certificate of a file of {@link #certificate}, and behind it what a port of the loopback interface says. */
    static ServerSocket tls(Path keys, int port) throws IOException, GeneralSecurityException {
        ServerSocket server = tlsSocket(keys);
        serve(server, socket -> {
            try (Socket redis = new Socket(InetAddress.getLoopbackAddress(), port)) {
                redis.setTcpNoDelay(true);
                socket.setTcpNoDelay(true);
                start(() -> pump(redis, socket));
                pump(socket, redis);
            }
        });
        return server;
    }

    private static ServerSocket tlsSocket(Path keys) throws IOException, GeneralSecurityException {
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(load(keys), STORE_PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context.getServerSocketFactory().createServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    }

    private static KeyStore load(Path keys) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keys)) {
            store.load(in, STORE_PASSWORD.toCharArray());
        }
        return store;
    }

    private static void pump(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                to.getOutputStream().write(buffer, 0, read);
                to.getOutputStream().flush();
            }
        } catch (IOException ended) {
            return;
        }
    }

    private static void serve(ServerSocket server, Answer answer) {
        start(() -> {
            while (!server.isClosed()) {
                acceptOne(server, answer);
            }
        });
    }

    private static void acceptOne(ServerSocket server, Answer answer) {
        try {
            Socket accepted = server.accept();
            start(() -> serveOne(accepted, answer));
        } catch (IOException closed) {
            return;
        }
    }

    private static void serveOne(Socket accepted, Answer answer) {
        try (accepted) {
            answer.to(accepted);
        } catch (IOException clientLeft) {
            return;
        }
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "other-server");
        thread.setDaemon(true);
        thread.start();
    }
}

package dev.countersign.servlet;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Debian's nginx as a proxy with the settings that the operations guide asks for, in the foreground and as a process of
 * the test's own.
 */
final class Nginx implements AutoCloseable {
    private final Process process;
    private final int port;

    private Nginx(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static Nginx start(Path folder, int backend) throws IOException, InterruptedException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        // Its workers may run as another user, which must be able to write the bodies that it takes in.
        Path scratch = Files.createTempDirectory("nginx");
        scratch.toFile().deleteOnExit();
        Path configuration = Files.writeString(folder.resolve("nginx.conf"), """
                daemon off;
                master_process off;
                pid %1$s/pid;
                error_log %1$s/error.log;
                events { worker_connections 256; }
                http {
                    access_log off;
                    client_max_body_size 16m;
                    client_body_temp_path %1$s/body;
                    proxy_temp_path %1$s/proxy;
                    fastcgi_temp_path %1$s/fastcgi;
                    uwsgi_temp_path %1$s/uwsgi;
                    scgi_temp_path %1$s/scgi;
                    server {
                        listen 127.0.0.1:%2$d;
                        location / {
                            proxy_pass http://127.0.0.1:%3$d;
                            proxy_http_version 1.1;
                            proxy_next_upstream off;
                        }
                    }
                }
                """.formatted(scratch, port, backend));
        Process process;
        try {
            process = new ProcessBuilder(
                            "/usr/sbin/nginx",
                            "-p",
                            scratch.toString(),
                            "-e",
                            scratch.resolve("error.log").toString(),
                            "-c",
                            configuration.toString())
                    .inheritIO()
                    .start();
        } catch (IOException missing) {
            throw new IllegalStateException("install Debian's package nginx", missing);
        }
        Nginx nginx = new Nginx(process, port);
        for (int attempt = 0; attempt < 200; attempt++) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return nginx;
            } catch (IOException notYet) {
                if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
                    break;
                }
            }
        }
        nginx.close();
        throw new IllegalStateException("nginx does not listen: see " + scratch.resolve("error.log"));
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (process.waitFor(10, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}

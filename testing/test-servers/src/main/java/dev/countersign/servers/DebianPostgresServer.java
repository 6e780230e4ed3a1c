package dev.countersign.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** PostgreSQL 15, from Debian's package of that name, which must be installed. Thread-safe. */
public final class DebianPostgresServer extends SqlServer {
    private static final String PACKAGE = "postgresql-15";
    private static final String PROGRAMS = "/usr/lib/postgresql/15/bin/";

    private static @Nullable DebianPostgresServer shared;

    private final Path data;
    private final ChildProcess process;

    private DebianPostgresServer(int port, String... settings) {
        super("PostgreSQL 15", "postgres", "SHOW data_directory", port);
        DebianProgram server = DebianProgram.of(PACKAGE, PROGRAMS + "postgres");
        Path folder = DebianProgram.folder("postgres15");
        this.data = folder.resolve("data");
        DebianProgram.of(PACKAGE, PROGRAMS + "initdb")
                .run(
                        folder,
                        "-D",
                        data.toString(),
                        "-U",
                        "postgres",
                        "--auth=trust",
                        "--no-locale",
                        "-E",
                        "UTF8",
                        "-N");
        List<String> arguments = new ArrayList<>(List.of("-D", data.toString(), "-p", Integer.toString(port)));
        arguments.addAll(List.of("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="));
        arguments.addAll(List.of("-c", "max_connections=200"));
        for (int i = 0; i + 1 < settings.length; i += 2) {
            arguments.addAll(List.of("-c", settings[i] + "=" + settings[i + 1]));
        }
        this.process = new ChildProcess("postgres", folder, server.command(arguments.toArray(String[]::new)));
        try {
            restart();
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    /** Starts one with settings like {@code "shared_buffers", "1GB"}. */
    public static DebianPostgresServer start(String... settings) {
        return start(Ports::free, settings);
    }

    static DebianPostgresServer start(IntSupplier ports, String... settings) {
        return Ports.start(ports, port -> new DebianPostgresServer(port, settings));
    }

    /** A server that lives as long as the JVM, for tests that only want some PostgreSQL 15. */
    public static synchronized DebianPostgresServer shared() {
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

    @Override
    public void kill() {
        if (process.isAlive()) {
            Signals.kill(process.pid());
        }
        process.kill();
        try {
            Files.deleteIfExists(data.resolve("postmaster.pid"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void restart() {
        kill();
        process.restart();
        awaitAnswer(process, data);
    }

    @Override
    public void pause() {
        Signals.pause(process.pid());
    }

    @Override
    public void resume() {
        Signals.resume(process.pid());
    }

    @Override
    public void close() {
        kill();
        process.close();
    }
}

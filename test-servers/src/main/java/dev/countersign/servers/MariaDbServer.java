package dev.countersign.servers;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** MariaDB. Thread-safe. */
public final class MariaDbServer implements DatabaseServer {
    private static final int START_SECONDS = 60;

    private static @Nullable MariaDbServer shared;

    private final int port = Ports.free();
    private final ChildProcess process;

    private MariaDbServer() {
        Path folder = Folders.create("mariadb");
        MariaDbInstallation.copyData(folder.resolve("data"));
        process = new ChildProcess(
                "mariadb",
                folder,
                List.of(
                        MariaDbInstallation.program().toString(),
                        "--no-defaults",
                        "--basedir=" + MariaDbInstallation.base(),
                        "--datadir=" + folder.resolve("data"),
                        "--tmpdir=" + folder,
                        "--port=" + port,
                        "--bind-address=127.0.0.1",
                        "--socket=" + folder.resolve("sock"),
                        "--user=root",
                        "--skip-grant-tables",
                        "--max-connections=300"));
        restart();
    }

    /** Starts one: it takes some ten seconds on a machine that has had none before. */
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
    public void kill() {
        process.kill();
    }

    @Override
    public final void restart() {
        process.restart();
        Signals.await("MariaDB does not answer", START_SECONDS, () -> {
            execute("SELECT 1");
            return true;
        });
    }

    @Override
    public void pause() {
        process.pause();
    }

    @Override
    public void resume() {
        process.resume();
    }

    @Override
    public void close() {
        process.close();
    }
}

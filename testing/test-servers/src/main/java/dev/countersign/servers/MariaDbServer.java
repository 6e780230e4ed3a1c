package dev.countersign.servers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** MariaDB. Thread-safe. */
public final class MariaDbServer extends SqlServer {
    /** Whoever comes may do everything. */
    private static final String OPEN = "--skip-grant-tables";

    private static @Nullable MariaDbServer shared;

    private final Path data;
    private final ChildProcess process;

    private MariaDbServer(int port, Path folder, Path base, List<String> program, List<String> options) {
        super("MariaDB", "", "SELECT @@datadir", port);
        this.data = folder.resolve("data");
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of(
                "--no-defaults",
                "--basedir=" + base,
                "--datadir=" + data,
                "--tmpdir=" + folder,
                "--port=" + port,
                "--bind-address=127.0.0.1",
                "--socket=" + folder.resolve("sock"),
                "--max-connections=300"));
        command.addAll(options);
        process = new ChildProcess("mariadb", folder, command);
        try {
            restart();
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    /**
     * Starts one: it takes some ten seconds on a machine that has had none before.
     *
     * @param options as on the command line: {@code "--log-bin"}
     */
    public static MariaDbServer start(String... options) {
        return start(Ports::free, options);
    }

    static MariaDbServer start(IntSupplier ports, String... options) {
        return Ports.start(ports, port -> startAt(port, Folders.create("mariadb"), List.of(OPEN), options));
    }

    /**
     * As {@link #start}, but only who has a grant may do something: root with the password of the URL may do all, and there
     * is nobody else yet. Others are created for the host {@code 127.0.0.1}.
     */
    public static MariaDbServer startWithGrants(String... options) {
        return Ports.start(Ports::free, port -> startWithGrantsAt(port, options));
    }

    private static MariaDbServer startWithGrantsAt(int port, String... options) {
        Path folder = Folders.create("mariadb");
        // Run by the server itself before it takes connections, at each start.
        Path first = Folders.file(folder, "first.sql", """
                CREATE USER IF NOT EXISTS root@127.0.0.1 IDENTIFIED BY 'any';
                GRANT ALL PRIVILEGES ON *.* TO root@127.0.0.1 WITH GRANT OPTION;
                """);
        return startAt(port, folder, List.of("--skip-name-resolve", "--init-file=" + first), options);
    }

    private static MariaDbServer startAt(int port, Path folder, List<String> access, String... options) {
        MariaDbInstallation.copyData(folder.resolve("data"));
        List<String> program = List.of(MariaDbInstallation.program().toString());
        List<String> all = new ArrayList<>(List.of("--user=root"));
        all.addAll(access);
        all.addAll(List.of(options));
        return new MariaDbServer(port, folder, MariaDbInstallation.base(), program, all);
    }

    /**
     * As {@link #start}, but MariaDB 10.11, from Debian's packages {@code mariadb-server-core} and
     * {@code mariadb-client-core}, which must be installed.
     */
    public static MariaDbServer startDebian(String... options) {
        return startDebian(Ports::free, options);
    }

    static MariaDbServer startDebian(IntSupplier ports, String... options) {
        return Ports.start(ports, port -> startDebianAt(port, options));
    }

    private static MariaDbServer startDebianAt(int port, String... options) {
        DebianProgram server = DebianProgram.of("mariadb-server-core", "/usr/sbin/mariadbd");
        DebianProgram.of("mariadb-client-core", "/usr/bin/my_print_defaults"); // the installer's own need
        Path folder = DebianProgram.folder("mariadb10");
        DebianProgram.of("mariadb-server-core", "/usr/bin/mariadb-install-db")
                .run(
                        folder,
                        "--no-defaults",
                        "--datadir=" + folder.resolve("data"),
                        "--auth-root-authentication-method=normal",
                        "--skip-test-db");
        List<String> all = new ArrayList<>(List.of(OPEN));
        all.addAll(List.of(options));
        return new MariaDbServer(port, folder, Path.of("/usr"), server.command(), all);
    }

    /** A server that lives as long as the JVM, for tests that only want some MariaDB: started when first asked for. */
    public static synchronized MariaDbServer shared() {
        if (shared == null) {
            shared = start();
        }
        return shared;
    }

    @Override
    public String jdbcUrl(String database, int throughPort) {
        return "jdbc:mariadb://127.0.0.1:" + throughPort + "/" + database + "?user=root&password=any";
    }

    @Override
    public void createDatabase(String name) {
        execute("CREATE DATABASE `" + name + "`");
    }

    @Override
    public void kill() {
        process.kill();
    }

    @Override
    public final void restart() {
        process.restart();
        awaitAnswer(process, data);
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

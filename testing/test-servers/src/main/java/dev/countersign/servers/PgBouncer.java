package dev.countersign.servers;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.IntSupplier;

/**
 * PgBouncer in front of a PostgreSQL, from Debian's package {@code pgbouncer}, which must be installed. Debian 12 has 1.18,
 * which knows nothing of prepared statements. Thread-safe.
 */
public final class PgBouncer implements AutoCloseable {
    private static final int START_SECONDS = 300;

    private final DatabaseServer server;
    private final int port;
    private final ChildProcess process;

    private PgBouncer(int port, DatabaseServer server, String poolMode, int poolSize) {
        this.port = port;
        this.server = server;
        DebianProgram program = DebianProgram.of("pgbouncer", "/usr/sbin/pgbouncer");
        Path folder = DebianProgram.folder("pgbouncer");
        Path users = DebianProgram.file(folder, "users.txt", "\"postgres\" \"postgres\"\n");
        Path configuration = DebianProgram.file(
                folder, "pgbouncer.ini", """
                        [databases]
                        * = host=127.0.0.1 port=%d
                        [pgbouncer]
                        listen_addr = 127.0.0.1
                        listen_port = %d
                        unix_socket_dir =
                        auth_type = trust
                        auth_file = %s
                        pool_mode = %s
                        default_pool_size = %d
                        ignore_startup_parameters = extra_float_digits
                        """.formatted(server.port(), port, users, poolMode, poolSize));
        this.process = new ChildProcess("pgbouncer", folder, program.command(configuration.toString()));
        try {
            process.restart();
            process.await("PgBouncer does not answer", START_SECONDS, this::answers);
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    private boolean answers() throws SQLException {
        // Another PgBouncer may have taken the port: it leads to another server.
        try (Connection connection = DriverManager.getConnection(jdbcUrl("postgres"));
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SHOW port")) {
            return rows.next() && rows.getInt(1) == server.port();
        }
    }

    /** Each transaction gets a connection of the server, of which there are so many at most. */
    public static PgBouncer inTransactionMode(DatabaseServer server, int poolSize) {
        return inTransactionMode(Ports::free, server, poolSize);
    }

    static PgBouncer inTransactionMode(IntSupplier ports, DatabaseServer server, int poolSize) {
        return Ports.start(ports, port -> new PgBouncer(port, server, "transaction", poolSize));
    }

    /** Each client keeps its connection of the server until it goes. */
    public static PgBouncer inSessionMode(DatabaseServer server, int poolSize) {
        return Ports.start(Ports::free, port -> new PgBouncer(port, server, "session", poolSize));
    }

    /** The port it listens on. */
    public int port() {
        return port;
    }

    /** The JDBC URL of a database of the server, through this; user and password are in it. */
    public String jdbcUrl(String database) {
        return server.jdbcUrl(database, port);
    }

    /** Ends it. Idempotent. */
    @Override
    public void close() {
        process.close();
    }
}

package dev.countersign.servers;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/**
 * PgBouncer in front of a PostgreSQL, from Debian's package {@code pgbouncer}, which must be installed. Debian 12 has 1.18,
 * which knows nothing of prepared statements. Thread-safe.
 */
public final class PgBouncer implements AutoCloseable {
    private static final int START_SECONDS = 300;

    private final DatabaseServer server;
    private final int port = Ports.free();
    private final ChildProcess process;

    private PgBouncer(DatabaseServer server, String poolMode, int poolSize) {
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
        process.restart();
        Signals.await("PgBouncer does not answer", START_SECONDS, this::answers);
    }

    private boolean answers() throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl("postgres"))) {
            return connection.isValid(START_SECONDS);
        }
    }

    /** Each transaction gets a connection of the server, of which there are so many at most. */
    public static PgBouncer inTransactionMode(DatabaseServer server, int poolSize) {
        return new PgBouncer(server, "transaction", poolSize);
    }

    /** Each client keeps its connection of the server until it goes. */
    public static PgBouncer inSessionMode(DatabaseServer server, int poolSize) {
        return new PgBouncer(server, "session", poolSize);
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

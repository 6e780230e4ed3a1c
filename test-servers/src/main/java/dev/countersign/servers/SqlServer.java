package dev.countersign.servers;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** What servers that speak SQL have in common: a port, statements, and waiting until there is an answer. */
abstract class SqlServer implements DatabaseServer {
    private static final int START_SECONDS = 300;

    private final String product;
    private final String home;
    private final int port = Ports.free();

    /**
     * A server that is not started yet.
     *
     * @param product for what is said of it
     * @param home the database that is always there; empty where none is needed
     */
    SqlServer(String product, String home) {
        this.product = product;
        this.home = home;
    }

    @Override
    public final int port() {
        return port;
    }

    /** Runs one statement in the server's own database. */
    public final void execute(String sql) {
        try (Connection connection = DriverManager.getConnection(jdbcUrl(home));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    /** Returns when the server, which was started, answers. */
    final void awaitAnswer() {
        Signals.await(product + " does not answer", START_SECONDS, () -> {
            execute("SELECT 1");
            return true;
        });
    }
}

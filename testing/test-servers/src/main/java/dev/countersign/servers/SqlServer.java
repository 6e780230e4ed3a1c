package dev.countersign.servers;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What servers that speak SQL have in common: a port, statements, and waiting until there is an answer. */
abstract class SqlServer implements DatabaseServer {
    static final int START_SECONDS = 300;

    private final String product;
    private final String home;
    private final String whereItsDataAre;
    private final int port;

    /**
     * A server that is not started yet.
     *
     * @param product for what is said of it
     * @param home the database that is always there; empty where none is needed
     * @param whereItsDataAre a query for the folder of its data
     */
    SqlServer(String product, String home, String whereItsDataAre, int port) {
        this.product = product;
        this.home = home;
        this.whereItsDataAre = whereItsDataAre;
        this.port = port;
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

    /** Returns when the server, whose program was started on these data, answers: another one may have taken the port. */
    final void awaitAnswer(ChildProcess process, Path data) {
        process.await(product + " does not answer", START_SECONDS, () -> isOn(data));
    }

    /** Whether a server answers whose data these are. */
    final boolean isOn(Path data) throws SQLException, IOException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl(home));
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(whereItsDataAre)) {
            return rows.next() && Path.of(rows.getString(1)).toRealPath().equals(data.toRealPath());
        }
    }
}

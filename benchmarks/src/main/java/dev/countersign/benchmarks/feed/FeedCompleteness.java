package dev.countersign.benchmarks.feed;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.keystore.jdbc.JdbcKeyStore;
import dev.countersign.keystore.jdbc.JdbcSchema;
import dev.countersign.servers.DatabaseServer;
import dev.countersign.servers.MariaDbServer;
import dev.countersign.servers.PostgresServer;
import dev.countersign.tck.FeedFlood;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.function.IntFunction;

/**
 * Counts what the change feed misses while 16 threads change devices, on a server of its own; prints a row of a Markdown
 * table for each kind of flood.
 *
 * <pre>FeedCompleteness h2|postgresql|mariadb [changes, 500000] [devices that are rotated and revoked at once, 50000]</pre>
 */
public final class FeedCompleteness {
    private static final int THREADS = 16;
    /** A quarter of them is for changes. */
    private static final int CONNECTIONS = 4 * THREADS;

    /** A busy machine may stop for seconds: that is not what is looked for. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private FeedCompleteness() {}

    public static void main(String[] arguments) throws SQLException {
        String engine = arguments[0];
        int changes = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 500_000;
        int devices = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 50_000;
        switch (engine) {
            case "h2" -> run("jdbc:h2:mem:feed;DB_CLOSE_DELAY=-1", changes, devices);
            case "postgresql" -> {
                try (PostgresServer server = PostgresServer.start()) {
                    run(server, changes, devices);
                }
            }
            case "mariadb" -> {
                try (MariaDbServer server = MariaDbServer.start()) {
                    run(server, changes, devices);
                }
            }
            default -> throw new IllegalArgumentException("h2, postgresql or mariadb");
        }
    }

    private static void run(DatabaseServer server, int changes, int devices) throws SQLException {
        server.createDatabase("feed");
        run(server.jdbcUrl("feed"), changes, devices);
    }

    private static void run(String url, int changes, int devices) throws SQLException {
        try (HikariDataSource writers = pool(url, CONNECTIONS);
                HikariDataSource readers = pool(url, 8)) {
            JdbcSchema.createIfMissing(writers);
            String product = product(writers);
            try (JdbcKeyStore registry = JdbcKeyStore.builder(writers)
                            .threads(CONNECTIONS)
                            .statementTimeLimit(PATIENCE)
                            .build();
                    JdbcKeyStore reader = JdbcKeyStore.builder(readers)
                            .executor(Runnable::run)
                            .statementTimeLimit(PATIENCE)
                            .build()) {
                FeedFlood flood = new FeedFlood(registry.registry(), reader.keys(), THREADS)
                        .onProgress(FeedCompleteness::progress);
                report(product, "registrations", flood::register, changes);
                report(
                        product,
                        "registered, then rotated and revoked at once",
                        flood::registerRotateAndRevoke,
                        devices);
            }
        }
    }

    private static void report(String product, String kind, IntFunction<FeedFlood.Result> flood, int devices) {
        long start = System.nanoTime();
        FeedFlood.Result result = flood.apply(devices);
        double seconds = (System.nanoTime() - start) / 1e9;
        OUT.printf(
                Locale.ROOT,
                "| %s | %s | %d | %d | %d | %d | %.0f |%n",
                product,
                kind,
                result.devices(),
                result.changes(),
                result.missed(),
                result.repeated(),
                result.changes() / seconds);
    }

    private static void progress(int devices) {
        if (devices % 20_000 == 0) {
            System.err.println(devices);
        }
    }

    private static String product(HikariDataSource source) throws SQLException {
        try (Connection connection = source.getConnection()) {
            return connection.getMetaData().getDatabaseProductName() + " "
                    + connection.getMetaData().getDatabaseProductVersion();
        }
    }

    private static HikariDataSource pool(String url, int size) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        if (url.startsWith("jdbc:h2:")) {
            config.setUsername("sa");
            config.setPassword("");
        }
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(1);
        return new HikariDataSource(config);
    }
}

package dev.countersign.faults;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.faults.Event.FaultKind;
import dev.countersign.faults.Event.Target;
import dev.countersign.keystore.jdbc.JdbcKeyStore;
import dev.countersign.keystore.jdbc.JdbcSchema;
import dev.countersign.servers.DatabaseServer;
import dev.countersign.servers.PostgresServer;
import dev.countersign.tck.OpenedKeyStore;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** One database for all nodes: each has a pool of its own, through a proxy of its own. */
final class JdbcSite implements KeySite {
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final Duration LONG_OUTAGE = Scenario.KEY_OUTAGE.plusSeconds(2);
    private static final Duration CHANGE_COMES = Duration.ofSeconds(10);
    private static final String LOCK_POSTGRES = "LOCK TABLE countersign_audit IN ACCESS EXCLUSIVE MODE";
    private static final String LOCK_MARIADB = "LOCK TABLES countersign_audit WRITE";
    private static final String WAIT_POSTGRES =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    private static final String WAIT_MARIADB =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'";
    private static final int CONNECTIONS = 4;
    private static final int CONNECT_MILLIS = 1_000;
    private static final int VALIDATION_MILLIS = 500;

    private final DatabaseServer server;
    private final String database = "faults" + DATABASES.incrementAndGet();
    private final Proxies proxies;
    private final List<HikariDataSource> pools = new ArrayList<>();
    private final JdbcKeyStore registry;
    private int nodes;

    /** The server stays the caller's. */
    JdbcSite(DatabaseServer server) {
        this.server = server;
        this.proxies = new Proxies(Target.KEYS);
        server.createDatabase(database);
        HikariDataSource pool = pool("enrolment", server.port());
        JdbcSchema.createIfMissing(pool);
        this.registry = store(pool, "enrolment");
    }

    @Override
    public OpenedKeyStore open(int node) {
        nodes = Math.max(nodes, node + 1);
        JdbcKeyStore store = store(pool("node-" + node, proxies.port(node, server.port())), "node-" + node);
        return new OpenedKeyStore(store.keys(), store.registry(), store);
    }

    private HikariDataSource pool(String name, int port) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(database + "-" + name);
        config.setJdbcUrl(server.jdbcUrl(database, port));
        config.setMaximumPoolSize(CONNECTIONS);
        config.setConnectionTimeout(CONNECT_MILLIS);
        config.setValidationTimeout(VALIDATION_MILLIS);
        HikariDataSource pool = new HikariDataSource(config);
        pools.add(pool);
        return pool;
    }

    private static JdbcKeyStore store(HikariDataSource pool, String actor) {
        return JdbcKeyStore.builder(pool)
                .actor(actor)
                .threads(CONNECTIONS)
                .statementTimeLimit(Duration.ofSeconds(1))
                .build();
    }

    @Override
    public DeviceRegistry registry() {
        return registry.registry();
    }

    @Override
    public List<Harm> harms(Random random) {
        List<Harm> harms = new ArrayList<>(proxies.harms(random));
        harms.add(proxies.cutOff(random.nextInt(nodes), LONG_OUTAGE));
        harms.add(killInTransaction());
        harms.add(Harm.ofServer(FaultKind.PAUSE, Target.KEYS, server::pause, server::resume));
        return harms;
    }

    /** Holds changes up right before their last statement, and kills the database when there is one. */
    private Harm killInTransaction() {
        int[] times = {0};
        Harm kill = Harm.ofServer(
                FaultKind.KILL_IN_TRANSACTION,
                Target.KEYS,
                () -> {
                    try (Connection holding = DriverManager.getConnection(server.jdbcUrl(database));
                            Connection watching = DriverManager.getConnection(server.jdbcUrl(database))) {
                        boolean postgres = server instanceof PostgresServer;
                        holding.setAutoCommit(false);
                        execute(holding, postgres ? LOCK_POSTGRES : LOCK_MARIADB);
                        if (Nemesis.await(
                                CHANGE_COMES,
                                () -> isAnyoneWaiting(watching, postgres ? WAIT_POSTGRES : WAIT_MARIADB))) {
                            times[0]++;
                        }
                        server.kill();
                    } catch (SQLException failure) {
                        throw new AssertionError("the database cannot be held up", failure);
                    }
                },
                server::restart);
        return new Harm(
                kill.kind(), kill.target(), kill.node(), kill.atLeast(), kill.again(), kill.end(), () -> times[0]);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static boolean isAnyoneWaiting(Connection connection, String sql) {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() && rows.getInt(1) > 0;
        } catch (SQLException failure) {
            throw new AssertionError("the database does not tell who waits", failure);
        }
    }

    @Override
    public void close() {
        registry.close();
        pools.forEach(HikariDataSource::close);
        proxies.close();
    }
}

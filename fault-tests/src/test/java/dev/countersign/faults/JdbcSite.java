package dev.countersign.faults;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.DeviceRegistry;
import dev.countersign.api.PublicKeyStore;
import dev.countersign.faults.Event.FaultKind;
import dev.countersign.faults.Event.Target;
import dev.countersign.keystore.jdbc.JdbcKeyStore;
import dev.countersign.keystore.jdbc.JdbcSchema;
import dev.countersign.servers.DatabaseServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** One database for all nodes: each has a pool of its own, through a proxy of its own. */
final class JdbcSite implements KeySite {
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final int CONNECTIONS = 4;
    private static final int CONNECT_MILLIS = 1_000;
    private static final int VALIDATION_MILLIS = 500;

    private final DatabaseServer server;
    private final String database = "faults" + DATABASES.incrementAndGet();
    private final Proxies proxies;
    private final List<HikariDataSource> pools = new ArrayList<>();
    private final JdbcKeyStore registry;

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
    public PublicKeyStore open(int node) {
        return store(pool("node-" + node, proxies.port(node, server.port())), "node-" + node);
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
        return registry;
    }

    @Override
    public List<Harm> harms(Random random) {
        List<Harm> harms = new ArrayList<>(proxies.harms(random));
        harms.add(Harm.ofServer(FaultKind.KILL, Target.KEYS, server::kill, server::restart));
        harms.add(Harm.ofServer(FaultKind.PAUSE, Target.KEYS, server::pause, server::resume));
        return harms;
    }

    @Override
    public void close() {
        registry.close();
        pools.forEach(HikariDataSource::close);
        proxies.close();
    }
}

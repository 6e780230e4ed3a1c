package dev.countersign.benchmarks.fleet;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.keystore.jdbc.FleetImport;
import dev.countersign.keystore.jdbc.JdbcKeyStore;
import dev.countersign.keystore.jdbc.JdbcSchema;
import dev.countersign.servers.PostgresServer;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/**
 * A fleet in PostgreSQL: imported through {@link FleetImport}, then what the planner makes of the queries that run for
 * each lookup and each poll of the feed, what they cost through {@link JdbcKeyStore}, and what it all takes on disk. Prints
 * Markdown. {@code benchmarks/fleet/run.sh} starts it.
 */
public final class FleetBenchmark {
    private static final int BATCH = 1000;
    private static final int CHANGES = 200;

    private final long devices;
    private final int seconds;
    private final long imported;
    private final HikariDataSource pool;

    private FleetBenchmark(long devices, int seconds, long imported, HikariDataSource pool) {
        this.devices = devices;
        this.seconds = seconds;
        this.imported = imported;
        this.pool = pool;
    }

    /**
     * Arguments: how many devices (10 000 000), how many seconds each measurement takes (20), how many of the devices are
     * imported (all); the others are copied.
     */
    public static void main(String[] arguments) throws Exception {
        long devices = arguments.length > 0 ? Long.parseLong(arguments[0]) : 10_000_000;
        int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20;
        long imported = arguments.length > 2 ? Long.parseLong(arguments[2]) : devices;
        try (PostgresServer server = PostgresServer.start(
                "shared_buffers",
                "2GB",
                "max_wal_size",
                "8GB",
                "checkpoint_timeout",
                "15min",
                "jit",
                "off",
                "maintenance_work_mem",
                "1GB")) {
            HikariConfig config = new HikariConfig();
            config.setJdbcUrl(server.jdbcUrl("postgres"));
            config.setMaximumPoolSize(16);
            try (HikariDataSource pool = new HikariDataSource(config)) {
                new FleetBenchmark(devices, seconds, imported, pool).run();
            }
        }
    }

    private void run() throws Exception {
        print("# A fleet of %,d devices in PostgreSQL%n", devices);
        print(
                "Made by `benchmarks/fleet/run.sh %d %d %d`; figures of one run on one machine.%n",
                devices, seconds, imported);
        machine();
        JdbcSchema.createIfMissing(pool);
        Set<String> statements = Collections.synchronizedSet(new LinkedHashSet<>());
        try (JdbcKeyStore store = JdbcKeyStore.builder(pool)
                        .executor(Runnable::run)
                        .actor("benchmark")
                        .build();
                JdbcKeyStore watched = JdbcKeyStore.builder(watch(pool, statements))
                        .executor(Runnable::run)
                        .build()) {
            importFleet(store);
            sizes();
            DeviceIdentity one = SyntheticFleet.device(devices / 3);
            statements.clear();
            await(watched.keys().find(one));
            String find = only(statements);
            statements.clear();
            await(watched.keys().changesSince(devices));
            String feed = only(statements);

            print("%n## The lookup%n");
            print("One statement, as the driver prepares it and the server plans it for any device:%n");
            explain(find, "bytea, bytea", "'\\x" + hex(one.appId()) + "', '\\x" + hex(one.deviceId()) + "'");
            print("%n## The feed, nothing new%n");
            explain(feed, "bigint", String.valueOf(devices));
            for (int i = 0; i < CHANGES; i++) {
                await(store.registry().invalidate(SyntheticFleet.device(i * (devices / CHANGES))));
            }
            print("%n## The feed, after %d changes%n", CHANGES);
            explain(feed, "bigint", String.valueOf(devices));

            print("%n## Through JdbcKeyStore, warm%n");
            print("Calls run on the caller's thread; HikariCP with 16 connections; random devices of the whole fleet.");
            print("Client and server share the machine.%n");
            print("| | threads | calls/s | p50 | p90 | p99 | p99.9 |");
            print("|---|---:|---:|---:|---:|---:|---:|");
            measure(
                    "warm-up, not counted",
                    4,
                    random -> store.keys().find(SyntheticFleet.device(random.nextLong(devices))));
            measure("lookup", 1, random -> store.keys().find(SyntheticFleet.device(random.nextLong(devices))));
            measure("lookup", 16, random -> store.keys().find(SyntheticFleet.device(random.nextLong(devices))));
            measure(
                    "lookup of an unknown device",
                    16,
                    random -> store.keys().find(SyntheticFleet.device(devices + random.nextLong(devices))));
            long last = await(store.keys().cursor());
            measure("poll of the feed, nothing new", 1, random -> store.keys().changesSince(last));
            measure(
                    "change of a device",
                    1,
                    random -> store.registry().invalidate(SyntheticFleet.device(random.nextLong(devices))));
            measure(
                    "change of a device",
                    16,
                    random -> store.registry().invalidate(SyntheticFleet.device(random.nextLong(devices))));
        }
    }

    private void machine() throws SQLException {
        print(
                "* %s, %d processors, %s %s",
                System.getProperty("os.name"),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.vm.name"),
                System.getProperty("java.version"));
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        print("* load of the machine before the run: %.1f", load);
        print("* %s", value("SELECT version()"));
        StringBuilder settings = new StringBuilder("* ");
        for (String name :
                List.of("shared_buffers", "synchronous_commit", "fsync", "full_page_writes", "max_wal_size", "jit")) {
            settings.append(name).append(" = ").append(value("SHOW " + name)).append("; ");
        }
        print("%s", settings);
    }

    private void importFleet(JdbcKeyStore store) throws Exception {
        print("%n## The import%n");
        print("`FleetImport`, one thread, batches of %d, keys made on the way.%n", BATCH);
        print("| devices | s | devices/s since the line before |");
        print("|---:|---:|---:|");
        long start = System.nanoTime();
        SyntheticFleet fleet = new SyntheticFleet(devices);
        long step = Math.max(BATCH, imported / 10);
        long[] before = {0, start};
        long clientCpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        double serverCpu = serverCpuSeconds();
        FleetImport.Result result = FleetImport.into(store)
                .batchSize(BATCH)
                .onProgress(done -> {
                    long now = System.nanoTime();
                    if (done - before[0] >= step || done == imported) {
                        print(
                                "| %,d | %.0f | %,.0f |",
                                done, (now - start) / 1e9, (done - before[0]) * 1e9 / (now - before[1]));
                        before[0] = done;
                        before[1] = now;
                    }
                })
                .run(fleet.first(imported));
        print("%nIn all %s: %,.0f devices/s.", result, imported * 1e9 / (System.nanoTime() - start));
        print(
                "CPU time on the way: %.0f s in the importing thread, %.0f s in PostgreSQL, as far as Linux tells.",
                (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - clientCpu) / 1e9,
                serverCpuSeconds() - serverCpu);
        if (imported < devices) {
            copyRest(fleet);
        }
        long vacuum = System.nanoTime();
        execute("VACUUM (ANALYZE)");
        print(
                "`VACUUM (ANALYZE)`, which autovacuum does by itself sooner or later: %.0f s.",
                (System.nanoTime() - vacuum) / 1e9);
    }

    /** What the import would have written, faster: without looks at what is there, and with the indexes made at the end. */
    private void copyRest(SyntheticFleet fleet) throws Exception {
        long start = System.nanoTime();
        execute("CREATE UNLOGGED TABLE rest (version BIGINT, app_id BYTEA, device_id BYTEA, public_key BYTEA)");
        try (Connection connection = pool.getConnection();
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO rest SELECT v, convert_to(a, 'UTF8'), convert_to(d, 'UTF8'), decode(k, 'hex')"
                                + " FROM unnest(?::bigint[], ?::text[], ?::text[], ?::text[]) AS r (v, a, d, k)")) {
            long version = imported;
            while (fleet.hasNext()) {
                List<Long> versions = new ArrayList<>();
                List<String> apps = new ArrayList<>();
                List<String> ids = new ArrayList<>();
                List<String> keys = new ArrayList<>();
                while (fleet.hasNext() && versions.size() < 10_000) {
                    DeviceRecord device = fleet.next();
                    versions.add(++version);
                    apps.add(device.identity().appId());
                    ids.add(device.identity().deviceId());
                    keys.add(HexFormat.of()
                            .formatHex(device.keys().get(0).publicKey().toPoint()));
                }
                insert.setArray(1, connection.createArrayOf("bigint", versions.toArray()));
                insert.setArray(2, connection.createArrayOf("text", apps.toArray()));
                insert.setArray(3, connection.createArrayOf("text", ids.toArray()));
                insert.setArray(4, connection.createArrayOf("text", keys.toArray()));
                insert.executeUpdate();
            }
        }
        for (String sql : List.of(
                "ALTER TABLE countersign_device DROP CONSTRAINT countersign_device_pk,"
                        + " DROP CONSTRAINT countersign_device_version",
                "ALTER TABLE countersign_key DROP CONSTRAINT countersign_key_pk, DROP CONSTRAINT countersign_key_slot",
                "ALTER TABLE countersign_audit DROP CONSTRAINT countersign_audit_pk",
                "INSERT INTO countersign_device SELECT app_id, device_id, 'ACTIVE', version FROM rest",
                "INSERT INTO countersign_key SELECT public_key, app_id, device_id, 'CURRENT', 1, NULL FROM rest",
                "INSERT INTO countersign_audit SELECT version, 0, 'copy', app_id, device_id, 'benchmark' FROM rest",
                "DROP TABLE rest",
                "UPDATE countersign_counter SET version = " + devices,
                "ALTER TABLE countersign_device ADD CONSTRAINT countersign_device_pk PRIMARY KEY (app_id, device_id),"
                        + " ADD CONSTRAINT countersign_device_version UNIQUE (version)",
                "ALTER TABLE countersign_key ADD CONSTRAINT countersign_key_pk PRIMARY KEY (public_key),"
                        + " ADD CONSTRAINT countersign_key_slot UNIQUE (app_id, device_id, slot)",
                "ALTER TABLE countersign_audit ADD CONSTRAINT countersign_audit_pk PRIMARY KEY (version)")) {
            execute(sql);
        }
        print(
                "%nThe other %,d devices were copied straight into the tables, to save time, and the indexes made anew"
                        + " (which packs them more densely than an import does): %.0f s.%n",
                devices - imported, (System.nanoTime() - start) / 1e9);
    }

    /** Of its processes, from Linux; 0 elsewhere. In ticks of 10 ms. */
    private double serverCpuSeconds() throws Exception {
        double seconds = 0;
        for (String pid :
                value("SELECT string_agg(pid::text, ' ') FROM pg_stat_activity").split(" ", -1)) {
            Path stat = Path.of("/proc", pid, "stat");
            if (Files.exists(stat)) {
                String line = Files.readString(stat);
                String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
                seconds += (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
            }
        }
        return seconds;
    }

    private void sizes() throws SQLException {
        print("%n## On disk%n");
        print("| | MB | bytes a device |");
        print("|---|---:|---:|");
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT relname, pg_relation_size(oid) FROM pg_class"
                                + " WHERE relname LIKE 'countersign%' AND pg_relation_size(oid) > 100000 ORDER BY relkind DESC, relname")) {
            while (rows.next()) {
                print("| `%s` | %,d | %d |", rows.getString(1), rows.getLong(2) >> 20, rows.getLong(2) / devices);
            }
        }
        long all = Long.parseLong(value("SELECT pg_database_size(current_database())"));
        print("| whole database | %,d | %d |", all >> 20, all / devices);
    }

    /** As a prepared statement whose plan is for any parameters, which is what a driver's prepared statement comes to. */
    private void explain(String sql, String types, String parameters) throws SQLException {
        String numbered = sql;
        for (int i = 1; numbered.contains("?"); i++) {
            numbered = numbered.replaceFirst("\\?", "\\$" + i);
        }
        print("```sql%n%s%n```%n", sql);
        print("```");
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET plan_cache_mode = force_generic_plan");
            statement.execute("PREPARE q(" + types + ") AS " + numbered);
            String plan = "";
            for (int i = 0; i < 3; i++) {
                try (ResultSet rows =
                        statement.executeQuery("EXPLAIN (ANALYZE, BUFFERS) EXECUTE q(" + parameters + ")")) {
                    StringBuilder lines = new StringBuilder();
                    while (rows.next()) {
                        lines.append(rows.getString(1)).append('\n');
                    }
                    plan = lines.toString();
                }
            }
            print("%s```", plan);
            statement.execute("DEALLOCATE q");
            statement.execute("RESET plan_cache_mode");
        }
    }

    private interface Call {
        CompletionStage<?> make(SplittableRandom random);
    }

    private void measure(String what, int threads, Call call) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        long start = System.nanoTime();
        ExecutorService callers = Executors.newFixedThreadPool(threads);
        List<long[]> all = new ArrayList<>();
        try {
            List<Future<long[]>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                SplittableRandom random = new SplittableRandom(what.hashCode() + 31L * i);
                running.add(callers.submit(() -> {
                    long[] nanos = new long[1024];
                    int calls = 0;
                    for (long now = System.nanoTime(); now < end; ) {
                        await(call.make(random));
                        long then = System.nanoTime();
                        if (calls == nanos.length) {
                            nanos = Arrays.copyOf(nanos, calls * 2);
                        }
                        nanos[calls++] = then - now;
                        now = then;
                    }
                    return Arrays.copyOf(nanos, calls);
                }));
            }
            for (Future<long[]> one : running) {
                all.add(one.get());
            }
        } finally {
            callers.shutdownNow();
        }
        double took = (System.nanoTime() - start) / 1e9;
        long[] sorted = all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        print(
                "| %s | %d | %,.0f | %s | %s | %s | %s |",
                what,
                threads,
                sorted.length / took,
                time(sorted, 0.5),
                time(sorted, 0.9),
                time(sorted, 0.99),
                time(sorted, 0.999));
    }

    private static String time(long[] sorted, double part) {
        return String.format(Locale.ROOT, "%.2f ms", sorted[(int) (part * (sorted.length - 1))] / 1e6);
    }

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    /** The same DataSource; the text of each statement that is prepared is noted. */
    private static DataSource watch(DataSource data, Set<String> statements) {
        return (DataSource) Proxy.newProxyInstance(
                FleetBenchmark.class.getClassLoader(), new Class<?>[] {DataSource.class}, (self, method, values) -> {
                    try {
                        Object answer = method.invoke(data, values);
                        return answer instanceof Connection connection ? watch(connection, statements) : answer;
                    } catch (InvocationTargetException failed) {
                        throw failed.getTargetException();
                    }
                });
    }

    private static Connection watch(Connection connection, Set<String> statements) {
        return (Connection) Proxy.newProxyInstance(
                FleetBenchmark.class.getClassLoader(), new Class<?>[] {Connection.class}, (self, method, values) -> {
                    if (method.getName().equals("prepareStatement")) {
                        statements.add((String) values[0]);
                    }
                    try {
                        return method.invoke(connection, values);
                    } catch (InvocationTargetException failed) {
                        throw failed.getTargetException();
                    }
                });
    }

    private static String only(Set<String> statements) {
        if (statements.size() != 1) {
            throw new IllegalStateException("not one statement: " + statements);
        }
        return statements.iterator().next();
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
    }

    private String value(String query) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
        System.out.flush();
    }
}

package dev.countersign.keystore.jdbc;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.InvalidPublicKeyException;
import dev.countersign.api.store.StoreOverloadedException;
import dev.countersign.tck.OpenedKeyStore;
import dev.countersign.testkit.MutableClock;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.jdbcx.JdbcDataSource;

/** Databases, keys and clocks of the tests. */
final class Fixtures {
    static final Instant NOW = Instant.ofEpochSecond(1_800_000_000L);
    static final DeviceIdentity PHONE = new DeviceIdentity("com.acme.app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
    static final DeviceIdentity TABLET = new DeviceIdentity("com.acme.app", "6ba7b811-9dad-41d1-80b4-00c04fd430c8");

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private Fixtures() {}

    /** A new database in memory that lives as long as the JVM or until SHUTDOWN. */
    static JdbcDataSource memory() {
        return h2("jdbc:h2:mem:keys" + DATABASES.incrementAndGet() + ";DB_CLOSE_DELAY=-1");
    }

    static JdbcDataSource h2(String url) {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setURL(url);
        dataSource.setUser("sa");
        dataSource.setPassword("");
        return dataSource;
    }

    static JdbcConnectionPool pooled(JdbcDataSource dataSource) {
        JdbcConnectionPool pool = JdbcConnectionPool.create(dataSource);
        pool.setMaxConnections(32);
        return pool;
    }

    /** A store over a database that has its tables; calls run on the caller's thread. */
    static JdbcKeyStore inline(DataSource dataSource) {
        return inline(dataSource, new MutableClock(NOW));
    }

    static JdbcKeyStore inline(DataSource dataSource, Clock clock) {
        return inline(JdbcKeyStore.builder(sizeless(dataSource)), dataSource, clock);
    }

    /** As {@link #inline(DataSource)}, {@link #patient}. */
    static JdbcKeyStore inlineForManyWriters(DataSource dataSource) {
        return inline(patient(sizeless(dataSource)), dataSource, new MutableClock(NOW));
    }

    /**
     * The same connections from a DataSource that does not tell how many it has. For tests of other things, over pools in which
     * fewer calls overlap than the store might run at once, and for the behaviour where the size cannot be known.
     */
    static DataSource sizeless(DataSource dataSource) {
        return (DataSource) Proxy.newProxyInstance(
                Fixtures.class.getClassLoader(), new Class<?>[] {DataSource.class}, (self, method, args) -> {
                    try {
                        return method.invoke(dataSource, args);
                    } catch (InvocationTargetException failed) {
                        throw failed.getTargetException();
                    }
                });
    }

    /** For the contracts. */
    static OpenedKeyStore opened(JdbcKeyStore store) {
        return new OpenedKeyStore(store.keys(), store.registry(), store);
    }

    private static JdbcKeyStore inline(JdbcKeyStore.Builder builder, DataSource dataSource, Clock clock) {
        JdbcSchema.createIfMissing(dataSource);
        return builder.executor(Runnable::run)
                .connections(64) // so that 16 changes run at once
                .clock(clock)
                .build();
    }

    /**
     * A builder for tests that are not about time. On a busy machine 16 writers can wait for each other's locks for longer than
     * the 5 s that a statement may take by default, which PostgreSQL's driver reports as a lost connection (08006).
     */
    static JdbcKeyStore.Builder patient(DataSource dataSource) {
        return JdbcKeyStore.builder(dataSource).statementTimeLimit(Duration.ofMinutes(2));
    }

    /** The same key for the same number, on every run. */
    static DevicePublicKey key(int number) {
        for (int i = 0; i < 100; i++) {
            byte[] compressed = new byte[33];
            compressed[0] = 2;
            byte[] x = sha256("key " + number + " " + i);
            System.arraycopy(x, 0, compressed, 1, 32);
            try {
                return DevicePublicKey.ofPoint(compressed);
            } catch (InvalidPublicKeyException notOnTheCurve) {
                // About every second x has a point: try the next.
            }
        }
        throw new AssertionError("no point found");
    }

    static DeviceIdentity device(int number) {
        return new DeviceIdentity("com.acme.app", "device-" + number);
    }

    static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            throw new AssertionError("the stage failed", failed);
        } catch (InterruptedException | TimeoutException late) {
            throw new AssertionError("the stage is not complete", late);
        }
    }

    static JdbcKeyStoreException failure(CompletionStage<?> stage) {
        try {
            Object answer = stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
            throw new AssertionError("the stage should have failed, and gave " + answer);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof JdbcKeyStoreException ours) {
                return ours;
            }
            throw new AssertionError("failed with another type", failed);
        } catch (InterruptedException | TimeoutException late) {
            throw new AssertionError("the stage is not complete", late);
        }
    }

    /** What a call that was refused for want of a place says. */
    static String overload(CompletionStage<?> stage) {
        try {
            Object answer = stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
            throw new AssertionError("the stage should have failed, and gave " + answer);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof StoreOverloadedException ours) {
                return message(ours);
            }
            throw new AssertionError("failed with another type", failed);
        } catch (InterruptedException | TimeoutException late) {
            throw new AssertionError("the stage is not complete", late);
        }
    }

    static String message(Throwable failure) {
        return String.valueOf(failure.getMessage());
    }

    static void execute(DataSource dataSource, String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** One after the other over one connection, each for itself, as a tool that was interrupted leaves them. */
    static void execute(DataSource dataSource, List<String> statements) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Every row as the text of its columns. */
    static List<List<String>> rows(DataSource dataSource, String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<List<String>> all = new ArrayList<>();
            while (rows.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    row.add(String.valueOf(rows.getString(i)));
                }
                all.add(row);
            }
            return all;
        }
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }
}

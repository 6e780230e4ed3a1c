package dev.countersign.keystore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.tck.KeyStoreContract;
import dev.countersign.tck.OpenedKeyStore;
import dev.countersign.testkit.MutableClock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract of key stores, over each make of database and several ways to reach it. */
class JdbcKeyStoreContractTest {
    @Nested
    class InMemory extends KeyStoreContract {
        private final List<JdbcConnectionPool> pools = new ArrayList<>();

        @Override
        protected OpenedKeyStore open(MutableClock serverTime) {
            JdbcConnectionPool pool = Fixtures.pooled(Fixtures.memory());
            pools.add(pool);
            JdbcSchema.createIfMissing(pool);
            return Fixtures.opened(Fixtures.patient(pool).clock(serverTime).build());
        }

        @AfterEach
        void closePools() throws Exception {
            for (JdbcConnectionPool pool : pools) {
                Fixtures.execute(pool, "SHUTDOWN");
                pool.dispose();
            }
        }
    }

    @Nested
    class InFileBehindHikari extends KeyStoreContract {
        @TempDir
        Path folder = Path.of("");

        private final List<HikariDataSource> pools = new ArrayList<>();

        @Override
        protected OpenedKeyStore open(MutableClock serverTime) {
            HikariConfig config = new HikariConfig();
            config.setDataSource(Fixtures.h2("jdbc:h2:file:" + folder.resolve("keys") + ";WRITE_DELAY=0"));
            config.setMaximumPoolSize(4);
            config.setAutoCommit(false);
            config.setTransactionIsolation("TRANSACTION_REPEATABLE_READ");
            HikariDataSource pool = new HikariDataSource(config);
            pools.add(pool);
            JdbcSchema.createIfMissing(pool);
            return Fixtures.opened(
                    Fixtures.patient(pool).clock(serverTime).threads(4).build());
        }

        @AfterEach
        void closePools() {
            pools.forEach(HikariDataSource::close);
        }
    }

    /** On a server: the tables are made once, and emptied for each test; also those of a database that was given. */
    abstract static class OnAServer extends KeyStoreContract {
        private static final Map<Vendor, Vendor.Database> DATABASES = new EnumMap<>(Vendor.class);

        private final Vendor vendor;
        private final Consumer<HikariConfig> settings;
        private final List<HikariDataSource> pools = new ArrayList<>();

        OnAServer(Vendor vendor, Consumer<HikariConfig> settings) {
            this.vendor = vendor;
            this.settings = settings;
        }

        @Override
        protected OpenedKeyStore open(MutableClock serverTime) {
            Vendor.Database database = DATABASES.computeIfAbsent(vendor, Vendor::forContract);
            HikariDataSource pool = database.pool(8, settings);
            pools.add(pool);
            database.createAndEmpty();
            return Fixtures.opened(Fixtures.patient(pool).clock(serverTime).build());
        }

        @AfterEach
        void closePools() {
            pools.forEach(HikariDataSource::close);
        }

        @AfterAll
        static void dropDatabases() {
            DATABASES.values().forEach(Vendor.Database::close);
            DATABASES.clear();
        }
    }

    @Nested
    class OnPostgreSql extends OnAServer {
        OnPostgreSql() {
            super(Vendor.POSTGRESQL, pool -> {});
        }
    }

    @Nested
    class OnPostgreSqlStrictly extends OnAServer {
        OnPostgreSqlStrictly() {
            super(Vendor.POSTGRESQL, pool -> {
                pool.setAutoCommit(false);
                pool.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
            });
        }
    }

    @Nested
    class OnMariaDb extends OnAServer {
        OnMariaDb() {
            super(Vendor.MARIADB, pool -> {});
        }
    }

    @Nested
    class OnMariaDbStrictly extends OnAServer {
        OnMariaDbStrictly() {
            super(Vendor.MARIADB, pool -> {
                pool.setAutoCommit(false);
                pool.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
            });
        }
    }

    @Nested
    class WithMySqlsDriver extends OnAServer {
        WithMySqlsDriver() {
            super(Vendor.MYSQL, pool -> {});
        }

        @Override
        protected int rounds() {
            return 5;
        }
    }
}

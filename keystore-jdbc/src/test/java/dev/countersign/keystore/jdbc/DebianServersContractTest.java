package dev.countersign.keystore.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.servers.DatabaseServer;
import dev.countersign.servers.DebianPostgresServer;
import dev.countersign.servers.MariaDbServer;
import dev.countersign.tck.KeyStoreContract;
import dev.countersign.tck.OpenedKeyStore;
import dev.countersign.testkit.MutableClock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The contract of key stores over the servers that Debian 12 brings. */
@Tag("full")
class DebianServersContractTest {
    abstract static class OnDebian extends KeyStoreContract {
        private final List<HikariDataSource> pools = new ArrayList<>();

        abstract Vendor.Database database();

        @Override
        protected OpenedKeyStore open(MutableClock serverTime) {
            Vendor.Database database = database();
            HikariDataSource pool = database.pool(8);
            pools.add(pool);
            database.createAndEmpty();
            return Fixtures.opened(Fixtures.patient(pool).clock(serverTime).build());
        }

        @AfterEach
        void closePools() {
            pools.forEach(HikariDataSource::close);
        }
    }

    @Nested
    class PostgreSql15 extends OnDebian {
        private static Vendor.@Nullable Database database;

        @Override
        Vendor.Database database() {
            if (database == null) {
                DebianPostgresServer server = DebianPostgresServer.start();
                server.createDatabase(Vendor.DATABASE);
                database = Vendor.POSTGRESQL.fresh(server);
            }
            return database;
        }

        @AfterAll
        static void end() {
            close(database);
            database = null;
        }
    }

    @Nested
    class MariaDb10 extends OnDebian {
        private static Vendor.@Nullable Database database;

        @Override
        Vendor.Database database() {
            if (database == null) {
                database = Vendor.MARIADB.fresh(MariaDbServer.startDebian());
            }
            return database;
        }

        @AfterAll
        static void end() {
            close(database);
            database = null;
        }
    }

    private static void close(Vendor.@Nullable Database database) {
        DatabaseServer server = database == null ? null : database.server();
        if (server != null) {
            server.close();
        }
    }
}

package dev.countersign.keystore.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;

/** A test over a database of its own, which is dropped in the end. */
abstract class OnFreshDatabase {
    final Vendor vendor;
    final Vendor.Database database;
    final HikariDataSource data;

    OnFreshDatabase(Vendor vendor) {
        this.vendor = vendor;
        this.database = vendor.fresh();
        this.data = database.pool(8);
    }

    @AfterEach
    void dropDatabase() {
        data.close();
        database.close();
    }

    /** A store over it, as the test sees it or lets it be seen; calls run on the caller's thread. */
    static JdbcKeyStore store(DataSource dataSource) {
        return JdbcKeyStore.builder(dataSource).executor(Runnable::run).build();
    }
}

package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DeviceStatus;

/**
 * A process of its own that registers devices and revokes every second one, and prints a line for each change when it was
 * acknowledged. It ends only by being killed, or with its input.
 */
final class AcknowledgingProcess {
    private AcknowledgingProcess() {}

    /** The URL of the database, and how many devices. */
    public static void main(String[] args) throws Exception {
        HikariConfig config = new HikariConfig();
        config.setDataSource(Fixtures.h2(args[0]));
        config.setMaximumPoolSize(8);
        HikariDataSource pool = new HikariDataSource(config);
        JdbcSchema.migrate(pool);
        JdbcKeyStore store = JdbcKeyStore.builder(pool).executor(Runnable::run).build();
        int devices = Integer.parseInt(args[1]);
        for (int i = 0; i < devices; i++) {
            acknowledge(await(store.registry().register(device(i), key(i), DeviceStatus.ACTIVE))
                    .isChange());
            if (i % 2 == 0) {
                acknowledge(await(store.registry().revoke(device(i))).isChange());
            }
        }
        int ignored = System.in.read();
    }

    private static void acknowledge(boolean changed) {
        System.out.println(changed ? "changed" : "not changed");
    }
}

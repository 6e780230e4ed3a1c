package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.keystore.jdbc.table.ChangeFeed;
import dev.countersign.keystore.jdbc.table.DeviceTables;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is on disk, and how it is found again. */
class JdbcKeyStoreStorageTest {
    @TempDir
    Path folder = Path.of("");

    @Test
    void aFileKeepsEverythingOverARestart() {
        DeviceRecord phone;
        DeviceRecord tablet;
        try (HikariDataSource pool = file()) {
            JdbcKeyStore store = Fixtures.inline(pool);
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(store.registry().replace(PHONE, key(2))).isChange());
            assertTrue(await(store.registry().rotate(PHONE, key(3), key(2))).isChange());
            assertTrue(await(store.registry().register(TABLET, key(4), DeviceStatus.PENDING))
                    .isChange());
            assertTrue(await(store.registry().revoke(TABLET)).isChange());
            phone = await(store.keys().find(PHONE)).orElseThrow();
            tablet = await(store.keys().find(TABLET)).orElseThrow();
            store.close();
        }
        try (HikariDataSource pool = file()) {
            JdbcKeyStore store = Fixtures.inline(pool);
            assertEquals(Optional.of(phone), await(store.keys().find(PHONE)));
            assertEquals(Optional.of(tablet), await(store.keys().find(TABLET)));
            assertEquals(5, await(store.keys().changesSince(0)).cursor());
            assertEquals(
                    Optional.of(KeyOwner.of(PHONE, KeyState.RETIRED)),
                    await(store.registry().findByKey(key(1))));
            assertEquals(
                    Outcome.KEY_IN_USE,
                    await(store.registry().replace(PHONE, key(4))).outcome());
            assertEquals(
                    Outcome.KEY_USED_BEFORE,
                    await(store.registry().replace(PHONE, key(1))).outcome());
            assertEquals(
                    Outcome.KEY_IN_USE,
                    await(store.registry().register(TABLET, key(1), DeviceStatus.ACTIVE))
                            .outcome());
            assertTrue(await(store.keys().confirm(PHONE, key(3), Fixtures.NOW)));
            assertEquals(6, await(store.keys().find(PHONE)).orElseThrow().version(), "versions go on where they were");
        }
    }

    /** Without a pool H2 closes and opens the file between any two calls. */
    @Test
    void aFileWithoutAPoolWorksToo() {
        JdbcDataSource database = Fixtures.h2("jdbc:h2:file:" + folder.resolve("alone") + ";WRITE_DELAY=0");
        JdbcKeyStore store = Fixtures.inline(database);
        assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                .isChange());
        assertTrue(await(store.registry().rotate(PHONE, key(2), key(1))).isChange());
        assertTrue(await(store.keys().confirm(PHONE, key(2), Fixtures.NOW)));
        assertEquals(3, await(store.keys().find(PHONE)).orElseThrow().version());
    }

    @Test
    void lookupsTakeIndexesAndSkipRetiredKeys() throws Exception {
        JdbcDataSource database = Fixtures.memory();
        JdbcKeyStore store = Fixtures.inline(database);
        for (int i = 0; i < 200; i++) {
            assertTrue(await(store.registry().register(device(i), key(i), DeviceStatus.ACTIVE))
                    .isChange());
        }
        for (int i = 0; i < 200; i++) {
            assertTrue(await(store.registry().replace(device(7), key(1000 + i))).isChange());
        }
        byte[] app = device(7).appId().getBytes(StandardCharsets.US_ASCII);
        byte[] id = device(7).deviceId().getBytes(StandardCharsets.US_ASCII);
        String find = plan(database, DeviceTables.FIND, app, id);
        assertFalse(find.contains("tableScan"), find);
        assertTrue(scanned(find) <= 6, "rows read for one device: " + find);
        String page = plan(database, DeviceTables.page(5), app, id);
        assertFalse(page.contains("tableScan"), page);
        assertTrue(scanned(page) <= 24, "rows read for a page: " + page);
        String owner = plan(database, DeviceTables.FIND_OWNER, (Object) key(3).toPoint());
        assertFalse(owner.contains("tableScan"), owner);
        assertTrue(scanned(owner) <= 2, owner);
        String feed = plan(database, ChangeFeed.changed(5).query(), 390L, 390L, 390L);
        assertFalse(feed.contains("tableScan"), feed);
        assertTrue(scanned(feed) <= 40, feed);
        Fixtures.execute(database, "SHUTDOWN");
    }

    @ParameterizedTest
    @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB"})
    void aLookupIsOneQueryAndNothingElse(Vendor vendor) {
        try (Vendor.Database database = vendor.fresh();
                HikariDataSource pool = database.pool(1)) {
            JdbcKeyStore plain = Fixtures.inline(pool);
            assertTrue(await(plain.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            assertTrue(await(plain.registry().rotate(PHONE, key(2), key(1))).isChange());
            List<String> calls = new ArrayList<>();
            JdbcKeyStore store = Fixtures.inline(FaultyDataSource.wrap(pool, method -> {
                if (method.matches("execute.*|prepare.*|commit|rollback|set(AutoCommit|TransactionIsolation)")) {
                    calls.add(method);
                }
            }));
            List<String> oneQuery = List.of("prepareStatement", "executeQuery");
            calls.clear();
            assertEquals(2, await(store.keys().find(PHONE)).orElseThrow().keys().size());
            assertEquals(oneQuery, calls);
            calls.clear();
            assertTrue(await(store.keys().find(TABLET)).isEmpty());
            assertEquals(oneQuery, calls);
            calls.clear();
            assertEquals(1, await(store.keys().changesSince(0)).records().size());
            assertEquals(oneQuery, calls);
        }
    }

    /** With so many rows that a planner would not read them all, whatever index it has to take. */
    @ParameterizedTest
    @EnumSource(names = {"POSTGRESQL", "MARIADB"})
    void theirPlansTakeIndexes(Vendor vendor) throws Exception {
        try (Vendor.Database database = vendor.fresh();
                HikariDataSource pool = database.pool(1)) {
            JdbcKeyStore store = Fixtures.inline(pool);
            List<DeviceRecord> fleet = new ArrayList<>();
            for (int i = 0; i < 3000; i++) {
                fleet.add(DeviceRecord.active(device(i), key(i), 0));
            }
            assertEquals(3000, FleetImport.into(store).run(fleet.iterator()).imported());
            for (String table : List.of("countersign_device", "countersign_key")) {
                Fixtures.execute(pool, (vendor == Vendor.MARIADB ? "ANALYZE TABLE " : "ANALYZE ") + table);
            }
            byte[] app = device(7).appId().getBytes(StandardCharsets.US_ASCII);
            byte[] id = device(7).deviceId().getBytes(StandardCharsets.US_ASCII);
            assertIndexed(pool, vendor, DeviceTables.FIND, app, id);
            assertIndexed(pool, vendor, DeviceTables.page(6), app, id);
            assertIndexed(pool, vendor, DeviceTables.FIND_OWNER, (Object) key(7).toPoint());
            assertIndexed(pool, vendor, ChangeFeed.changed(20).query(), 3000L, 3000L, 3000L);
            assertIndexed(pool, vendor, ChangeFeed.changed(20).query(), 2990L, 2990L, 2990L);
        }
    }

    private static void assertIndexed(DataSource data, Vendor vendor, String sql, Object... parameters)
            throws Exception {
        try (Connection connection = data.getConnection();
                PreparedStatement statement = connection.prepareStatement("EXPLAIN " + sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            int accesses = 0;
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    if (vendor == Vendor.POSTGRESQL) {
                        // A table that holds next to nothing is read as a whole.
                        assertFalse(
                                rows.getString(1).matches(".*Seq Scan on countersign_(device|key)\\b.*"),
                                rows.getString(1));
                        accesses += rows.getString(1).contains("Index") ? 1 : 0;
                    } else {
                        String table = String.valueOf(rows.getString("table"));
                        String line = table + " " + rows.getString("type") + " " + rows.getString("key");
                        // What the inner query found is read whole; a table is read by an index. No rows: no table.
                        boolean whole = line.contains(" ALL ") || line.contains(" index ");
                        assertFalse(whole && !table.startsWith("<"), line);
                        accesses += whole || rows.getString("key") == null ? 0 : 1;
                    }
                }
            }
            boolean nothingToRead = parameters[0].equals(3000L);
            assertTrue(accesses > 0 || nothingToRead, "no index for " + sql);
        }
    }

    /** Below the api, which takes visible ASCII only: whatever bytes are an id, they are nobody else's. */
    @ParameterizedTest
    @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB", "MYSQL"})
    void idsAreBytesWhateverTheCollation(Vendor vendor) throws Exception {
        try (Vendor.Database database = vendor.fresh()) {
            DataSource data = database.dataSource();
            JdbcSchema.createIfMissing(data);
            List<byte[]> ids = List.of(
                    "device".getBytes(StandardCharsets.US_ASCII),
                    "Device".getBytes(StandardCharsets.US_ASCII),
                    "device ".getBytes(StandardCharsets.US_ASCII),
                    "device\0".getBytes(StandardCharsets.US_ASCII),
                    "d\u00e9vice".getBytes(StandardCharsets.UTF_8),
                    "de\u0301vice".getBytes(StandardCharsets.UTF_8),
                    "d\u00e9vice".getBytes(StandardCharsets.ISO_8859_1),
                    "devi\u00dfe".getBytes(StandardCharsets.UTF_8),
                    "devisse".getBytes(StandardCharsets.US_ASCII),
                    "d\\evice".getBytes(StandardCharsets.US_ASCII),
                    "".getBytes(StandardCharsets.US_ASCII),
                    new byte[] {(byte) 0xff, 0, (byte) 0xfe, '\''});
            try (Connection connection = data.getConnection()) {
                int version = 0;
                for (byte[] app : ids) {
                    for (byte[] id : ids) {
                        try (PreparedStatement insert =
                                connection.prepareStatement("INSERT INTO countersign_device VALUES (?, ?, ?, ?)")) {
                            insert.setBytes(1, app);
                            insert.setBytes(2, id);
                            insert.setString(3, "ACTIVE");
                            insert.setLong(4, ++version);
                            assertEquals(1, insert.executeUpdate());
                        }
                    }
                }
                int expected = 0;
                for (byte[] app : ids) {
                    for (byte[] id : ids) {
                        expected++;
                        try (PreparedStatement find = connection.prepareStatement(DeviceTables.FIND)) {
                            find.setBytes(1, app);
                            find.setBytes(2, id);
                            try (ResultSet rows = find.executeQuery()) {
                                assertTrue(rows.next());
                                assertArrayEquals(app, rows.getBytes(1));
                                assertArrayEquals(id, rows.getBytes(2));
                                assertEquals(expected, rows.getLong(4));
                                assertFalse(rows.next());
                            }
                        }
                    }
                }
            }
        }
    }

    private HikariDataSource file() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(Fixtures.h2("jdbc:h2:file:" + folder.resolve("keys") + ";WRITE_DELAY=0"));
        config.setMaximumPoolSize(2);
        return new HikariDataSource(config);
    }

    private static String plan(JdbcDataSource database, String sql, Object... parameters) throws Exception {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement("EXPLAIN ANALYZE " + sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                assertTrue(rows.next());
                return rows.getString(1);
            }
        }
    }

    private static int scanned(String plan) {
        Matcher counts = Pattern.compile("scanCount: (\\d+)").matcher(plan);
        int sum = 0;
        while (counts.find()) {
            sum += Integer.parseInt(counts.group(1));
        }
        assertTrue(sum > 0, "no counts in the plan: " + plan);
        return sum;
    }
}

package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.TABLET;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.DeviceRecord;
import dev.countersign.api.DeviceStatus;
import dev.countersign.api.KeyOwner;
import dev.countersign.api.KeyState;
import dev.countersign.api.RegistryResult.Outcome;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
            assertTrue(await(store.register(PHONE, key(1), DeviceStatus.ACTIVE)).isChange());
            assertTrue(await(store.replace(PHONE, key(2))).isChange());
            assertTrue(await(store.rotate(PHONE, key(3), key(2))).isChange());
            assertTrue(
                    await(store.register(TABLET, key(4), DeviceStatus.PENDING)).isChange());
            assertTrue(await(store.revoke(TABLET)).isChange());
            phone = await(store.find(PHONE)).orElseThrow();
            tablet = await(store.find(TABLET)).orElseThrow();
            store.close();
        }
        try (HikariDataSource pool = file()) {
            JdbcKeyStore store = Fixtures.inline(pool);
            assertEquals(Optional.of(phone), await(store.find(PHONE)));
            assertEquals(Optional.of(tablet), await(store.find(TABLET)));
            assertEquals(5, await(store.changesSince(0)).cursor());
            assertEquals(Optional.of(new KeyOwner(PHONE, KeyState.RETIRED)), await(store.findByKey(key(1))));
            assertEquals(Outcome.KEY_IN_USE, await(store.replace(PHONE, key(4))).outcome());
            assertEquals(
                    Outcome.KEY_USED_BEFORE, await(store.replace(PHONE, key(1))).outcome());
            assertEquals(
                    Outcome.KEY_IN_USE,
                    await(store.register(TABLET, key(1), DeviceStatus.ACTIVE)).outcome());
            assertTrue(await(store.confirm(PHONE, key(3), Fixtures.NOW)));
            assertEquals(6, await(store.find(PHONE)).orElseThrow().version(), "versions go on where they were");
        }
    }

    /** Without a pool H2 closes and opens the file between any two calls. */
    @Test
    void aFileWithoutAPoolWorksToo() {
        JdbcDataSource database = Fixtures.h2("jdbc:h2:file:" + folder.resolve("alone"));
        JdbcKeyStore store = Fixtures.inline(database);
        assertTrue(await(store.register(PHONE, key(1), DeviceStatus.ACTIVE)).isChange());
        assertTrue(await(store.rotate(PHONE, key(2), key(1))).isChange());
        assertTrue(await(store.confirm(PHONE, key(2), Fixtures.NOW)));
        assertEquals(3, await(store.find(PHONE)).orElseThrow().version());
    }

    @Test
    void lookupsTakeIndexesAndSkipRetiredKeys() throws Exception {
        JdbcDataSource database = Fixtures.memory();
        JdbcKeyStore store = Fixtures.inline(database);
        for (int i = 0; i < 200; i++) {
            assertTrue(await(store.register(device(i), key(i), DeviceStatus.ACTIVE))
                    .isChange());
        }
        for (int i = 0; i < 200; i++) {
            assertTrue(await(store.replace(device(7), key(1000 + i))).isChange());
        }
        byte[] app = device(7).appId().getBytes(StandardCharsets.US_ASCII);
        byte[] id = device(7).deviceId().getBytes(StandardCharsets.US_ASCII);
        String find = plan(database, DeviceTables.FIND, app, id);
        assertFalse(find.contains("tableScan"), find);
        assertTrue(scanned(find) <= 6, "rows read for one device: " + find);
        String owner = plan(database, DeviceTables.FIND_OWNER, (Object) key(3).toPoint());
        assertFalse(owner.contains("tableScan"), owner);
        assertTrue(scanned(owner) <= 2, owner);
        String feed = plan(database, DeviceTables.CHANGED, 390L, 5);
        assertFalse(feed.contains("tableScan"), feed);
        assertTrue(scanned(feed) <= 40, feed);
        Fixtures.execute(database, "SHUTDOWN");
    }

    private HikariDataSource file() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(Fixtures.h2("jdbc:h2:file:" + folder.resolve("keys")));
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

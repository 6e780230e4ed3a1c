package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.PHONE;
import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.key;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static dev.countersign.keystore.jdbc.Fixtures.rows;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceStatus;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JdbcSchemaTest {
    private static final String HOW =
            "run the files of dev/countersign/keystore/jdbc/migration/<vendor> of this library with your migration tool,"
                    + " or call JdbcSchema.migrate(dataSource)";

    private static final Map<String, String> SHA_256 = Map.ofEntries(
            Map.entry("h2/V1__device_keys.sql", "587fbb33eb2d00bc9fc3eaa9f298a4ae065a1539b461bb4e05ba89d8e3d7ae57"),
            Map.entry(
                    "mariadb/V1__device_keys.sql", "7e237f68c332b10acfd5f612ed14dd6b674fb5ea1061c9cfde47ff608a400aa7"),
            Map.entry("mysql/V1__device_keys.sql", "7857f8da3427b3d65e29ddb77babff48f02773acdd8d8f4b3e5d55eb65599d05"),
            Map.entry(
                    "postgresql/V1__device_keys.sql",
                    "3955049370232c85c7bb5f1f6c5ea9d9218d9376f12f788744e8016ac1fde02d"),
            Map.entry("h2/V2__erased_devices.sql", "4a55321c0f9f4a4ca0356eba9caf08c7a9d250bec04f98e40a590a2bc8db5a5a"),
            Map.entry(
                    "mariadb/V2__erased_devices.sql",
                    "36bb2fd4d8b8836228d73ec025cbe94b9386baa18d0f7c98f02706427133d98a"),
            Map.entry(
                    "mysql/V2__erased_devices.sql", "c79d38fbe361f2aeccb98d951697daf11dfd592254fdc1adf7f63d1dd92345ab"),
            Map.entry(
                    "postgresql/V2__erased_devices.sql",
                    "8ee77c8796aa8b9f15ad90b8357921e030dee1c2896f98c52dec55428d3ea8fe"),
            Map.entry("h2/V3__audit_notes.sql", "7921a263cc6f672267e42b1e6b36569a7964dda507ba5e5b5c92c70889f889cf"),
            Map.entry(
                    "mariadb/V3__audit_notes.sql", "b2ccad521ab1aa389b6837bb877d25e2cd08a996caec807c618d0c74d6a1d3c6"),
            Map.entry("mysql/V3__audit_notes.sql", "690a5014083af0695f704c77ff6552768ef2ed727f867bc91e09329b8ab6fcae"),
            Map.entry(
                    "postgresql/V3__audit_notes.sql",
                    "10220534930af53e67acb7cad15ab3d9d09aa560d79891c2f67d0398c97e82c0"));

    @Nested
    class OnH2 extends Cases {
        OnH2() {
            super(Vendor.H2);
        }
    }

    @Nested
    class OnPostgreSql extends Cases {
        OnPostgreSql() {
            super(Vendor.POSTGRESQL);
        }

        @Test
        void withoutASchemaToBeInItSaysSo() {
            Vendor.Database nowhere = Vendor.POSTGRESQL.fresh();
            nowhere.close();
            JdbcKeyStoreException failure =
                    assertThrows(JdbcKeyStoreException.class, () -> JdbcSchema.createIfMissing(nowhere.dataSource()));
            assertEquals("3F000", failure.sqlState());
        }
    }

    @Nested
    class OnMariaDb extends Cases {
        OnMariaDb() {
            super(Vendor.MARIADB);
        }
    }

    @Nested
    class WithMySqlsDriver extends Cases {
        WithMySqlsDriver() {
            super(Vendor.MYSQL);
        }
    }

    abstract static class Cases {
        private final Vendor vendor;
        private final Vendor.Database place;
        private final DataSource database;

        Cases(Vendor vendor) {
            this.vendor = vendor;
            this.place = vendor.fresh();
            this.database = place.dataSource();
        }

        @AfterEach
        void dropDatabase() {
            place.close();
        }

        private String refusal() {
            JdbcKeyStore.Builder builder = JdbcKeyStore.builder(database);
            return message(assertThrows(JdbcKeyStoreException.class, builder::build));
        }

        /** A pool that begins transactions by itself must not be left in one that failed. */
        @Test
        void aPoolWithoutAutoCommitMakesTheTablesToo() {
            try (HikariDataSource pool = place.pool(1, settings -> settings.setAutoCommit(false))) {
                JdbcKeyStore.Builder builder = JdbcKeyStore.builder(pool);
                assertEquals(
                        "the database lacks the key store's tables, or their creation was cut short: " + HOW,
                        message(assertThrows(JdbcKeyStoreException.class, builder::build)));
                JdbcKeyStore store = Fixtures.inline(pool);
                assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                        .isChange());
            }
            assertTrue(await(Fixtures.inline(database).keys().find(PHONE)).isPresent());
        }

        @Test
        void missingTablesAreToldAtBuild() throws Exception {
            assertEquals(
                    "the database lacks the key store's tables, or their creation was cut short: " + HOW, refusal());
            Fixtures.execute(database, "CREATE TABLE something_else (id INT)");
            assertEquals(
                    "the database lacks the key store's tables, or their creation was cut short: " + HOW, refusal());
        }

        @Test
        void anotherVersionIsToldAtBuildAndLeftAlone() throws Exception {
            JdbcSchema.createIfMissing(database);
            Fixtures.execute(database, "INSERT INTO countersign_schema VALUES (4, 'of the future', 0)");
            String newer =
                    "the key store's tables need a release that knows version 4, and this one knows 3: use the release of"
                            + " the library that made them, or a newer one";
            assertEquals(newer, refusal());
            assertEquals(
                    newer,
                    message(assertThrows(JdbcKeyStoreException.class, () -> JdbcSchema.createIfMissing(database))));
            assertEquals(newer, message(assertThrows(JdbcKeyStoreException.class, () -> JdbcSchema.migrate(database))));
            Fixtures.execute(database, "DELETE FROM countersign_schema WHERE version = 4");
            Fixtures.execute(database, "DELETE FROM countersign_migration");
            String older = "the key store's tables have version 1, and this release needs 3: " + HOW;
            assertEquals(older, refusal());
            assertEquals(
                    older,
                    message(assertThrows(JdbcKeyStoreException.class, () -> JdbcSchema.createIfMissing(database))));
            assertEquals(List.of(), rows(database, "SELECT version FROM countersign_migration"), "left alone");
            JdbcSchema.migrate(database);
            assertEquals(
                    List.of(List.of("2"), List.of("3")),
                    rows(database, "SELECT version FROM countersign_migration ORDER BY version"));
            assertDoesNotThrow(() -> JdbcKeyStore.builder(database).build().close());
        }

        /** What a later release only adds is no reason to refuse: this one may be started again while it is rolled out. */
        @Test
        void newerTablesThatOnlyAddAreWorkedOver() throws Exception {
            JdbcSchema.migrate(database);
            Fixtures.execute(database, "INSERT INTO countersign_migration VALUES (4, 'of the future', 0)");
            JdbcSchema.migrate(database);
            JdbcSchema.createIfMissing(database);
            JdbcKeyStore store = Fixtures.inline(database);
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            assertEquals(
                    List.of(List.of("2"), List.of("3"), List.of("4")),
                    rows(database, "SELECT version FROM countersign_migration ORDER BY version"));
        }

        @Test
        void creatingAgainChangesNothing() throws Exception {
            JdbcKeyStore store = Fixtures.inline(database);
            assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                    .isChange());
            JdbcSchema.createIfMissing(database);
            assertEquals(1, await(store.keys().find(PHONE)).orElseThrow().version());
            assertEquals(List.of(List.of("1")), rows(database, "SELECT version FROM countersign_counter"));
            assertEquals(
                    List.of(List.of("1", "device keys")),
                    rows(database, "SELECT version, description FROM countersign_schema"));
        }

        @Test
        void aCreationThatWasCutShortIsFinished() throws Exception {
            List<String> statements = JdbcSchema.statements(vendor.dialect());
            assertEquals(vendor == Vendor.MYSQL ? 18 : 15, statements.size());
            for (int done = 0; done <= statements.size(); done++) {
                Vendor.Database another = vendor.fresh();
                DataSource fresh = another.dataSource();
                Fixtures.execute(fresh, statements.subList(0, done));
                JdbcSchema.migrate(fresh);
                JdbcKeyStore store = Fixtures.inline(fresh);
                assertTrue(
                        await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                                .isChange(),
                        "after " + done);
                another.close();
            }
        }

        @Test
        void theWholeFileRunsAsOneScriptAndTwice() throws Exception {
            // The drivers of MariaDB and MySQL take one statement at a time, as their migration tools send them.
            boolean oneByOne = vendor == Vendor.MARIADB || vendor == Vendor.MYSQL;
            List<String> statements = JdbcSchema.statements(vendor.dialect());
            for (int i = 0; i < 2; i++) {
                Fixtures.execute(database, oneByOne ? statements : List.of(String.join(";\n", statements)));
            }
            assertDoesNotThrow(() -> JdbcKeyStore.builder(database).build().close());
        }

        @Test
        void manyCreatorsAtOnce() throws Exception {
            int creators = 16;
            ExecutorService threads = Executors.newFixedThreadPool(creators);
            try {
                for (int round = 0; round < (vendor == Vendor.MYSQL ? 2 : 8); round++) {
                    Vendor.Database another = vendor.fresh();
                    DataSource fresh = another.dataSource();
                    CyclicBarrier barrier = new CyclicBarrier(creators);
                    List<Future<?>> all = new ArrayList<>();
                    for (int i = 0; i < creators; i++) {
                        all.add(threads.submit(() -> {
                            barrier.await(60, TimeUnit.SECONDS);
                            JdbcSchema.createIfMissing(fresh);
                            JdbcKeyStore.builder(fresh)
                                    .executor(Runnable::run)
                                    .build()
                                    .close();
                            return null;
                        }));
                    }
                    for (Future<?> one : all) {
                        assertDoesNotThrow(() -> one.get(60, TimeUnit.SECONDS), "round " + round);
                    }
                    assertEquals(List.of(List.of("1")), rows(fresh, "SELECT version FROM countersign_schema"));
                    assertEquals(List.of(List.of("0")), rows(fresh, "SELECT version FROM countersign_counter"));
                    another.close();
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH",
                "MODE=MySQL;DATABASE_TO_LOWER=TRUE;CASE_INSENSITIVE_IDENTIFIERS=TRUE",
                "IGNORECASE=TRUE"
            })
    void h2sModesMakeNoDifference(String mode) throws Exception {
        JdbcDataSource other = Fixtures.memory();
        other.setURL(other.getURL() + ";" + mode);
        JdbcKeyStore store = Fixtures.inline(other);
        assertTrue(await(store.registry().register(PHONE, key(1), DeviceStatus.ACTIVE))
                .isChange());
        for (int i = 2; i < 6; i++) {
            assertTrue(await(store.registry().replace(PHONE, key(i))).isChange(), "several retired keys");
        }
        assertEquals(5, await(store.keys().changesSince(0)).cursor());
        Fixtures.execute(other, "SHUTDOWN");
    }

    @Test
    void anUnknownProductIsRefused() {
        DatabaseMetaData derby = stub(DatabaseMetaData.class, "getDatabaseProductName", "Apache Derby");
        Connection connection = stub(Connection.class, "getMetaData", derby);
        DataSource other = stub(DataSource.class, "getConnection", connection);
        String unknown = "the key store does not know the database product 'Apache Derby': use a DataSource of H2,"
                + " PostgreSQL, MariaDB or MySQL, or a key store of your own";
        assertEquals(
                unknown, message(assertThrows(JdbcKeyStoreException.class, () -> JdbcSchema.createIfMissing(other))));
        JdbcKeyStore.Builder builder = JdbcKeyStore.builder(other);
        assertEquals(unknown, message(assertThrows(JdbcKeyStoreException.class, builder::build)));
    }

    @Test
    void uncommittedReadsAreRefused() {
        DataSource dirty = FaultyDataSource.around(
                Fixtures.memory(),
                (target, method, original) -> method.equals("getTransactionIsolation")
                        ? Connection.TRANSACTION_READ_UNCOMMITTED
                        : original.proceed());
        JdbcKeyStore.Builder builder = JdbcKeyStore.builder(dirty);
        assertEquals(
                "the DataSource reads uncommitted data, which a lookup must not see: set its transaction isolation to"
                        + " read committed",
                message(assertThrows(JdbcKeyStoreException.class, builder::build)));
    }

    @Test
    void aDatabaseThatIsDownIsTold() {
        DataSource down = FaultyDataSource.wrap(Fixtures.memory(), method -> {
            throw new SQLException(
                    "no route to jdbc:x://me:hush@db.internal/keys?user=me&password=hush", "08001", 4711);
        });
        JdbcKeyStoreException failure = assertThrows(
                JdbcKeyStoreException.class, () -> JdbcKeyStore.builder(down).build());
        assertEquals(
                "opening the key store failed in the database: SQLException, SQLState 08001, error code 4711:"
                        + " no route to jdbc:x:...",
                message(failure));
        assertEquals("08001", failure.sqlState());
        assertEquals(4711, failure.vendorCode());
        assertThrows(JdbcKeyStoreException.class, () -> JdbcSchema.createIfMissing(down));
    }

    /** The driver manager's own words, with the whole URL in them, and the same URL in another driver's. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresq://db.internal/keys?user=app&password=geheim,9731x",
                "jdbc:postgresq://db.internal/keys?password=geheim)9731&ssl=true",
                "jdbc:postgresq://db.internal/keys?password=geheim&9731",
                "jdbc:postgresq://db.internal/keys?password=geheim\u00e49731",
                "jdbc:postgresq://db.internal/keys?pass=geheim9731",
                "jdbc:postgresq://app:geheim/9731@db.internal/keys",
                "jdbc:postgresq://app:geheim@9731@db.internal/keys",
                "jdbc:postgresq:app/geheim9731@db.internal",
                "jdbc:postgresq://db.internal/keys?password=geheim 9731",
                "postgresq://app:geheim/9731@db.internal/keys",
                "postgresq://app:geheim@9731@db.internal/keys?password=geheim,9731x"
            })
    void noPartOfAPasswordInAUrlShows(String url) {
        SQLException unknown = assertThrows(SQLException.class, () -> DriverManager.getConnection(url));
        assertEquals("08001", unknown.getSQLState());
        assertEquals("No suitable driver found for " + url, unknown.getMessage());
        String begun = url.startsWith("jdbc:") ? "jdbc:postgresq:..." : "...";
        assertTrue(told(unknown).endsWith(": No suitable driver found for " + begun), told(unknown));
        if (!url.contains(" ")) {
            SQLException other = new SQLException("cannot reach " + url + " now", "08001", unknown);
            assertTrue(told(other).endsWith(" now"), told(other));
        }
    }

    /** The message, when its text, and those of all causes, have been looked through. */
    private static String told(SQLException failed) {
        DataSource down = FaultyDataSource.wrap(Fixtures.memory(), method -> {
            throw failed;
        });
        JdbcKeyStore.Builder builder = JdbcKeyStore.builder(down);
        JdbcKeyStoreException failure = assertThrows(JdbcKeyStoreException.class, builder::build);
        StringWriter everything = new StringWriter();
        failure.printStackTrace(new PrintWriter(everything));
        assertFalse(everything.toString().contains("geheim"), everything::toString);
        assertFalse(everything.toString().contains("9731"), everything::toString);
        return message(failure);
    }

    /** As a named module, with what it needs and nothing else. */
    @Test
    void theNamedModuleFindsAndOpensItsFiles() throws Exception {
        Path api = place(DevicePublicKey.class);
        Path own = place(JdbcSchema.class);
        ModuleLayer boot = ModuleLayer.boot();
        Configuration configuration = boot.configuration()
                .resolve(ModuleFinder.of(own, api), ModuleFinder.of(), Set.of("dev.countersign.keystore.jdbc"));
        ModuleLayer layer = boot.defineModulesWithOneLoader(configuration, ClassLoader.getPlatformClassLoader());
        Module module = layer.findModule("dev.countersign.keystore.jdbc").orElseThrow();
        assertTrue(module.isNamed());
        assertEquals(
                Set.of("dev.countersign.keystore.jdbc"),
                module.getDescriptor().exports().stream()
                        .map(export -> export.source())
                        .collect(Collectors.toSet()));

        for (String vendor : List.of("h2", "postgresql", "mariadb", "mysql")) {
            for (String name : JdbcSchema.FILES) {
                String file = "dev/countersign/keystore/jdbc/migration/" + vendor + "/" + name;
                try (InputStream in = module.getClassLoader().getResourceAsStream(file)) {
                    assertNotNull(in, "a migration tool does not see the file");
                    String sql = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                    assertTrue(sql.contains("CREATE TABLE IF NOT EXISTS countersign_"));
                }
            }
        }
        DataSource memory = Fixtures.memory();
        Class<?> schema = Class.forName(module, "dev.countersign.keystore.jdbc.JdbcSchema");
        assertNotNull(schema);
        assertTrue(schema != JdbcSchema.class);
        schema.getMethod("createIfMissing", DataSource.class).invoke(null, memory);
        assertDoesNotThrow(() -> JdbcKeyStore.builder(memory).build().close());
    }

    /** Databases have been made by them, and tools remember their checksums: a change is another file. */
    @Test
    void theFilesAreNeverEdited() throws Exception {
        Map<String, String> made = new TreeMap<>();
        for (String vendor : List.of("h2", "mariadb", "mysql", "postgresql")) {
            for (String name : JdbcSchema.FILES) {
                String file = vendor + "/" + name;
                try (InputStream in = JdbcSchema.class.getResourceAsStream("migration/" + file)) {
                    assertNotNull(in, file);
                    byte[] hash = MessageDigest.getInstance("SHA-256").digest(in.readAllBytes());
                    made.put(file, HexFormat.of().formatHex(hash));
                }
            }
        }
        assertEquals(new TreeMap<>(SHA_256), made);
    }

    private static Path place(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    /** Answers one method, and 0 or nothing to every other. */
    private static <T> T stub(Class<T> type, String answered, Object answer) {
        return type.cast(Proxy.newProxyInstance(
                JdbcSchemaTest.class.getClassLoader(),
                new Class<?>[] {type},
                (self, method, args) -> method.getName().equals(answered)
                        ? answer
                        : method.getReturnType() == int.class ? (Object) 0 : null));
    }
}

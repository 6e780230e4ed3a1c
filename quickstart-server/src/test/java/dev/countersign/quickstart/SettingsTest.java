package dev.countersign.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    private static String refusal(String name, String value) {
        return assertThrows(StartupException.class, () -> Settings.from(Map.of(name, value)))
                .toString();
    }

    @Test
    void anEmptyEnvironmentIsTheDefault() throws Exception {
        for (Settings settings : new Settings[] {
            Settings.from(Map.of()),
            Settings.from(Map.of(
                    "PORT", "", "COUNTERSIGN_HOME", "", "COUNTERSIGN_NONCE_STORE", "", "COUNTERSIGN_KEYS_URL", ""))
        }) {
            assertEquals(8080, settings.port());
            assertEquals(Path.of(".countersign").toAbsolutePath(), settings.home());
            assertSame(KeyDatabase.EMBEDDED, settings.keys());
            assertTrue(settings.nonces().isMemory());
            assertTrue(settings.needsHome());
            assertFalse(settings.opaqueDeviceIds());
        }
    }

    @Test
    void variablesAreTaken() throws Exception {
        Settings settings = Settings.from(Map.of(
                "PORT", "0",
                "COUNTERSIGN_HOME", "/tmp/x/../y",
                "COUNTERSIGN_NONCE_STORE", "memory",
                "COUNTERSIGN_KEYS_URL", "jdbc:h2:mem:x",
                "COUNTERSIGN_KEYS_USER", "me",
                "COUNTERSIGN_KEYS_PASSWORD", "secret",
                "COUNTERSIGN_OPAQUE_IDS", "true"));
        assertEquals(0, settings.port());
        assertEquals(Path.of("/tmp/y"), settings.home());
        assertEquals("jdbc:h2:mem:x", settings.keys().url());
        assertEquals("me", settings.keys().user());
        assertEquals("secret", settings.keys().password());
        assertTrue(settings.nonces().isMemory());
        assertTrue(settings.opaqueDeviceIds());
    }

    @ParameterizedTest
    @CsvSource({
        "jdbc:h2:tcp://db/x?password=hush-hush, jdbc:h2",
        "jdbc:postgresql://db/x?password=hush-hush, jdbc:postgresql",
        "jdbc:mariadb://db/x?password=hush-hush, jdbc:mariadb",
        "jdbc:mysql://db/x?password=hush-hush, jdbc:mysql",
    })
    void fourKindsOfDatabasesAreKnown(String url, String kind) throws Exception {
        Settings settings = Settings.from(Map.of(
                "COUNTERSIGN_KEYS_URL", url, "COUNTERSIGN_KEYS_USER", "me", "COUNTERSIGN_KEYS_PASSWORD", "hush"));
        assertEquals(kind + " (COUNTERSIGN_KEYS_URL)", settings.keys().describe());
        String shown = settings + " " + settings.keys();
        assertFalse(shown.contains("hush") || shown.contains("db/x"), shown);
    }

    @ParameterizedTest
    @CsvSource({
        "redis://:hush@db:6379/1, redis",
        "rediss://db, redis over TLS",
        "'redis-sentinel://:hush@a:26379,b:26379/0#mymaster', redis with sentinels",
        "'rediss-sentinel://a:26379#mymaster', 'redis with sentinels, over TLS'",
        "'redis-cluster://:hush@a:6379,b:6379', redis cluster",
        "'rediss-cluster://a:6379', redis cluster over TLS",
    })
    void sixKindsOfRedisAreKnown(String uri, String kind) throws Exception {
        Settings settings = Settings.from(Map.of("COUNTERSIGN_NONCE_STORE", uri));
        assertEquals(uri, settings.nonces().uri());
        assertEquals(kind, settings.nonces().describe());
        String shown = settings + " " + settings.nonces();
        assertFalse(shown.contains("hush") || shown.contains("6379"), shown);
    }

    @Test
    void theHomeIsNeededForWhatIsKeptInIt() throws Exception {
        Map<String, String> redis = Map.of("COUNTERSIGN_NONCE_STORE", "redis://db");
        Map<String, String> keys = Map.of("COUNTERSIGN_KEYS_URL", "jdbc:postgresql://db/x");
        assertTrue(Settings.from(redis).needsHome(), "for the keys");
        assertTrue(Settings.from(keys).needsHome(), "for the guard of the store in memory");
        Map<String, String> both = new HashMap<>(redis);
        both.putAll(keys);
        assertFalse(Settings.from(both).needsHome());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "65536", "99999999999", "x", " 80", "٨٠"})
    void aPortIsANumber(String port) {
        assertTrue(refusal("PORT", port).contains("PORT must be"));
    }

    @ParameterizedTest
    @CsvSource({
        "file:hush, 'redis://localhost:6379, for instance'",
        "localhost:6379, 'redis://localhost:6379, for instance'",
        "REDIS://hush, 'redis://localhost:6379, for instance'",
        "redis-socket://hush, 'redis://localhost:6379, for instance'",
        "redis:hush, 'redis://localhost:6379, for instance'",
        "redis://, must name a host",
        "redis:///hush, must name a host",
        "redis://:hu@sh@hush, write %40",
        "redis://:a/hush@db, write %40",
        "redis://a?hush@db, write %40",
        "'redis-sentinel://hush:26379', 'name that the sentinels have'",
        "'redis-sentinel://hush:26379#', 'name that the sentinels have'"
    })
    void aNonceStoreThatIsNoneIsToldWhatToWrite(String uri, String expected) {
        String refused = refusal("COUNTERSIGN_NONCE_STORE", uri);
        assertTrue(refused.contains("COUNTERSIGN_NONCE_STORE must"), refused);
        assertTrue(refused.contains(expected), refused);
        assertFalse(refused.contains("hush"), refused);
    }

    @ParameterizedTest
    @CsvSource({
        "postgresql://me:hush@db/x, 'write jdbc:postgresql://host:5432/database'",
        "mysql://me:hush@db/x, 'write jdbc:postgresql://host:5432/database'",
        "jdbc:oracle:thin:hush@db, 'jdbc:postgresql:, jdbc:mariadb:, jdbc:mysql: or jdbc:h2:'",
        "JDBC:POSTGRESQL://hush/x, 'jdbc:postgresql:, jdbc:mariadb:, jdbc:mysql: or jdbc:h2:'",
        "hush, 'jdbc:postgresql:, jdbc:mariadb:, jdbc:mysql: or jdbc:h2:'",
        "jdbc:postgresql://me:hush@db/x, set COUNTERSIGN_KEYS_USER and COUNTERSIGN_KEYS_PASSWORD",
        "jdbc:mariadb://hush@db, set COUNTERSIGN_KEYS_USER and COUNTERSIGN_KEYS_PASSWORD"
    })
    void aDatabaseThatIsNoneIsToldWhatToWrite(String url, String expected) {
        String refused = refusal("COUNTERSIGN_KEYS_URL", url);
        assertTrue(refused.contains("COUNTERSIGN_KEYS_URL must"), refused);
        assertTrue(refused.contains(expected), refused);
        assertFalse(refused.contains("hush"), refused);
    }

    @Test
    void whatCannotBeMeantIsRefused() {
        assertTrue(refusal("COUNTERSIGN_KEYS_USER", "me").contains("COUNTERSIGN_KEYS_URL"));
        assertTrue(refusal("COUNTERSIGN_OPAQUE_IDS", "yes").contains("true or false"));
        assertTrue(refusal("COUNTERSIGN_HOME", "a\u0000b").contains("COUNTERSIGN_HOME"));
    }

    @Test
    void rejectionsAreExplainedWhereThatIsAskedFor() throws Exception {
        assertFalse(Settings.from(Map.of()).explainsRejections());
        assertFalse(Settings.from(Map.of("COUNTERSIGN_EXPLAIN", "")).explainsRejections());
        assertTrue(Settings.from(Map.of("COUNTERSIGN_EXPLAIN", "1")).explainsRejections());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "true", "yes", " 1", "11"})
    void otherwiseExplainingIsRefused(String value) {
        assertTrue(refusal("COUNTERSIGN_EXPLAIN", value).contains("COUNTERSIGN_EXPLAIN must be 1, or left out"));
    }

    private static SigningPathsSetting paths(String rules, String unstripped) throws StartupException {
        return Settings.from(Map.of("COUNTERSIGN_SIGNING_PATHS", rules, "COUNTERSIGN_ACCEPT_UNSTRIPPED", unstripped))
                .signingPaths();
    }

    private static List<String> signed(String rules, String unstripped, String method, String path)
            throws StartupException {
        return paths(rules, unstripped).paths().signedPaths(method, path);
    }

    @Test
    void signingPathsAreTheDocumentsUnlessSet() throws Exception {
        for (String documented : List.of("", "ingest")) {
            assertEquals(List.of("/v1/hsi"), signed(documented, "", "POST", "/ingest/v1/hsi"));
            assertEquals(List.of("/ingest/v1/hsi"), signed(documented, "", "GET", "/ingest/v1/hsi"));
        }
        assertEquals(
                List.of("/v1/hsi"),
                Settings.from(Map.of()).signingPaths().paths().signedPaths("POST", "/ingest/v1/hsi"));
        assertEquals(List.of("/ingest/v1/hsi"), signed("none", "", "POST", "/ingest/v1/hsi"));
    }

    @Test
    void prefixesAreStripped() throws Exception {
        assertEquals(List.of("/v1/x"), signed("strip:/auth", "", "DELETE", "/auth/v1/x"));
        assertEquals(List.of("/ingest/v1/x"), signed("strip:/auth", "", "POST", "/ingest/v1/x"));
        assertEquals(List.of("/x"), signed("strip:/auth,strip:/consent", "", "GET", "/consent/x"));
        assertEquals(null, paths("strip:/auth", "").notice());
        String notice = paths("strip:/auth,strip:/consent", "").notice();
        assertEquals(
                "COUNTERSIGN_SIGNING_PATHS strips several prefixes: a signature for /auth/x is also one for /consent/x,"
                        + " so whoever can hold a request back chooses which service gets it",
                notice);
    }

    @Test
    void clientsThatDoNotStripAreNamed() throws Exception {
        for (String rules : List.of("", "ingest", "strip:/ingest", "strip:/auth,strip:/ingest")) {
            assertEquals(
                    List.of("/v1/hsi", "/ingest/v1/hsi"),
                    signed(rules, "/ingest/v1/hsi,/ingest/v1/other", "POST", "/ingest/v1/hsi"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Ingest",
                "none,strip:/a",
                "ingest,strip:/a",
                "strip",
                "strip:",
                "strip:auth",
                "strip:/auth/",
                "strip:/",
                "strip:/auth,",
                ",strip:/auth",
                "strip:/auth, strip:/consent",
                "strip:/a,strip:/a",
                "strip:/a,strip:/a/b",
                "strip:/a b",
                "/auth",
                " "
            })
    void otherSigningPathsAreRefused(String value) {
        String message = refusal("COUNTERSIGN_SIGNING_PATHS", value);
        assertTrue(message.contains("COUNTERSIGN_SIGNING_PATHS"), message);
    }

    @ParameterizedTest
    @CsvSource({
        "ingest, /auth/x",
        "ingest, ingest/v1/hsi",
        "none, /ingest/v1/hsi",
        "strip:/auth, /ingest/v1/hsi",
        "ingest, '/ingest/v1/hsi,'",
        "ingest, '/ingest/v1/hsi, /ingest/v1/x'",
        "ingest, ' '"
    })
    void otherUnstrippedPathsAreRefused(String rules, String value) {
        String message =
                assertThrows(StartupException.class, () -> paths(rules, value)).toString();
        assertTrue(message.contains("COUNTERSIGN_ACCEPT_UNSTRIPPED"), message);
    }
}

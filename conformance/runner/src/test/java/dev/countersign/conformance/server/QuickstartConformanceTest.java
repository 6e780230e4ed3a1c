package dev.countersign.conformance.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.generator.LiveCases;
import dev.countersign.conformance.generator.SuiteGenerator;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.servers.MariaDbServer;
import dev.countersign.servers.PostgresServer;
import dev.countersign.servers.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The quickstart's server gives every answer that can be asked of it over HTTP. */
@Timeout(300)
class QuickstartConformanceTest {
    /** So many cases of the suite are judged at least; the rest is skipped, for one of the reasons below. */
    private static final int JUDGED = 640;

    private static final List<String> REASONS = List.of(
            "not visible over HTTP: the role (message|keys|signature|signer)",
            "the server was started with another setting of [A-Za-z]+",
            "the server cannot be given a pending device",
            "the server cannot be given a key that is (provisional|previous|invalidated|retired)",
            "the server cannot be given a key that ends",
            "the server cannot be given a device with [02-9] keys",
            "the server registers no device with such ids",
            "the server cannot be restarted by a case",
            "the server's stores cannot be broken from outside",
            "a public key belongs to one device once: the server refuses a second time",
            "a revoked device lives again only with a new key",
            "time would have to pass between its steps",
            "a body would have to be withheld while time passes",
            "HTTP takes away white space around a header's value",
            "HTTP cannot carry control characters in a header's value",
            "HTTP cannot carry a header name that is no token",
            "HTTP cannot carry a line end in the request line",
            "HTTP cannot carry white space at the ends of method or target, or empty ones",
            "HTTP gives the header [A-Za-z-]+ a meaning of its own");

    /** Cases with odd targets that the quickstart's Jetty refuses before it reads a header. */
    private static final int REFUSED = 6;

    @TempDir
    private Path folder;

    private final List<String> notes = new ArrayList<>();

    private Run run(QuickstartProcess server, ObjectNode settings, List<Case> cases) {
        ServerOptions options = ServerOptions.defaults().withSettings(settings).withNotes(notes::add);
        try (ServerSubject subject = ServerSubject.at(server.url(), options)) {
            Run run = Run.of(subject, cases);
            assertEquals(cases.size(), run.results().size());
            assertEquals(List.of(), run.failures(), notes::toString);
            return run;
        }
    }

    @Test
    void passesTheSuite() throws Exception {
        passesTheSuite(Map.of());
    }

    @Test
    @Tag("full")
    void passesTheSuiteOverRedisAndPostgreSql() throws Exception {
        PostgresServer postgres = PostgresServer.shared();
        postgres.createDatabase("conformance");
        try (RedisServer redis = RedisServer.start()) {
            // A start on an empty folder declares in Redis that nobody came before, for those that follow.
            Map<String, String> withRedis = Map.of("COUNTERSIGN_NONCE_STORE", redis.uri());
            QuickstartProcess.start(folder.resolve("declares"), withRedis).close();
            Map<String, String> withBoth = new HashMap<>(withRedis);
            withBoth.put("COUNTERSIGN_KEYS_URL", postgres.jdbcUrl("conformance"));
            passesTheSuite(withBoth);
            assertFalse(Files.exists(folder.resolve("home")), "no state is kept beside these two");
        }
    }

    @Test
    @Tag("full")
    void passesTheSuiteOverMariaDb() throws Exception {
        MariaDbServer mariaDb = MariaDbServer.shared();
        mariaDb.createDatabase("conformance");
        passesTheSuite(Map.of("COUNTERSIGN_KEYS_URL", mariaDb.jdbcUrl("conformance")));
    }

    private void passesTheSuite(Map<String, String> settings) throws Exception {
        try (QuickstartProcess server = QuickstartProcess.start(folder.resolve("home"), settings)) {
            Run run = run(server, Json.object(), SuiteGenerator.suite().cases());
            assertTrue(run.ids(Outcome.PASSED).size() >= JUDGED, run.skips()::toString);
            Map<String, Integer> skips = run.skips();
            assertEquals(REFUSED, skips.remove("refused by the server itself, with 400"));
            for (String reason : skips.keySet()) {
                assertTrue(REASONS.stream().anyMatch(reason::matches), reason);
            }
        }
        assertTrue(
                notes.stream()
                        .anyMatch(
                                note -> note.matches("the server's clock is [01]\\.[0-9] s .* by x-server-timestamp")),
                notes::toString);
        assertTrue(notes.get(0).matches("seed [0-9a-f]{32}: .*"), notes::toString);
    }

    @Test
    void passesEveryKindOfCase() throws Exception {
        try (QuickstartProcess server = QuickstartProcess.start(folder.resolve("home"), Map.of())) {
            Run run = run(server, Json.object(), LiveCases.askable());
            assertEquals(List.of("live/skew-tells-head-nothing"), run.ids(Outcome.SKIPPED), run.skips()::toString);
            assertEquals(
                    "the answer has no responseBodyHex",
                    run.result("skew-tells-head-nothing").detail());
            Run again = run(server, Json.object(), LiveCases.askable());
            assertEquals(run.ids(Outcome.PASSED), again.ids(Outcome.PASSED), "nothing is in the way of a second run");
        }
    }

    @Test
    void settingsThatTheServerHasAreAsked() throws Exception {
        List<Case> cases = new ArrayList<>(LiveCases.unaskable());
        cases.addAll(LiveCases.askable());
        try (QuickstartProcess server =
                QuickstartProcess.start(folder.resolve("home"), Map.of("COUNTERSIGN_OPAQUE_IDS", "true"))) {
            Run run = run(server, Json.object().put("deviceIds", "opaque").put("freshnessSeconds", 300), cases);
            assertEquals(List.of("live/setting-opaque"), run.ids(Outcome.PASSED));
            assertEquals(
                    "the server was started with another setting of deviceIds",
                    run.result("plain").detail());
        }
    }

    @Test
    void aServerThatWasRestartedIsNotAskedAboutThePast() throws Exception {
        QuickstartProcess.start(folder.resolve("home"), Map.of()).close();
        try (QuickstartProcess server = QuickstartProcess.start(folder.resolve("home"), Map.of())) {
            Run run = run(server, Json.object(), LiveCases.askable());
            assertTrue(run.ids(Outcome.PASSED).size() > 20, run.skips()::toString);
            assertTrue(run.result("at-300").detail().startsWith("the server was started too recently"));
            assertEquals(Outcome.PASSED, run.result("at300").outcome());
        }
        assertTrue(notes.stream().anyMatch(note -> note.startsWith("the server answers 503")), notes::toString);
    }

    @Test
    void theSameSeedMakesTheSameRun() throws Exception {
        List<Case> plain = LiveCases.askable().subList(0, 1);
        ServerOptions seeded = ServerOptions.defaults().withSeed("again");
        List<String> answers = new ArrayList<>();
        for (String home : List.of("one", "two")) {
            try (QuickstartProcess server = QuickstartProcess.start(folder.resolve(home), Map.of());
                    ServerSubject subject = ServerSubject.at(server.url(), seeded)) {
                Run run = Run.of(subject, plain);
                assertEquals(List.of(), run.failures());
                Run used = Run.of(ServerSubject.at(server.url(), seeded), plain);
                assertTrue(used.failures().get(0).contains("was this seed never used there?"), used::toString);
                answers.add(String.valueOf(run.results().get(0).answer()).replaceAll(".*responseBodyHex", ""));
            }
        }
        assertFalse(answers.get(0).isEmpty());
        assertEquals(answers.get(0), answers.get(1));
    }
}

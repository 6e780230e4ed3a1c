package dev.countersign.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server's contract, over raw sockets. */
@Timeout(120)
class QuickstartServerTest {
    private static final long NOW = 1_700_000_000L;
    private static final String APP = "com.acme.app";
    private static final String ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private static final String OTHER_ID = "6ba7b811-9dad-41d1-80b4-00c04fd430c8";

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final Map<String, String> environment = new HashMap<>();
    private final Device device = new Device(APP, ID);

    @TempDir
    private Path folder;

    private QuickstartServer server;

    @BeforeEach
    void start() throws Exception {
        environment.put("PORT", "0");
        environment.put("COUNTERSIGN_HOME", folder.resolve("home").toString());
        server = QuickstartServer.start(Settings.from(environment), clock);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void restart() throws Exception {
        server.close();
        server = QuickstartServer.start(Settings.from(environment), clock);
    }

    private Answer exchange(String request) throws IOException {
        return RawHttp.exchange(server.port(), request);
    }

    private int status(String request) throws IOException {
        return exchange(request).status();
    }

    private static String request(String method, String target) {
        return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    }

    private static String sha256(String body) throws Exception {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.ISO_8859_1)));
    }

    // ---- protected paths

    @Test
    void anAcceptedRequestIsToldWhatWasVerified() throws Exception {
        assertEquals(201, status(device.put(device.spki())));
        Answer answer = exchange(device.signed("POST", "/v1/x?q=1", "the body", NOW));
        assertEquals(200, answer.status());
        assertEquals("application/json", answer.header("content-type"));
        assertEquals(
                "{\"app_id\":\"com.acme.app\",\"device_id\":\"" + ID
                        + "\",\"method\":\"POST\",\"path\":\"/v1/x\",\"signed_path\":\"/v1/x\",\"body_sha256\":\""
                        + sha256("the body") + "\",\"body_bytes\":8}",
                answer.text());
        Answer ingest = exchange(device.signed("POST", "/ingest/v1/x", "/v1/x", "", NOW));
        assertTrue(ingest.text().contains("\"path\":\"/ingest/v1/x\",\"signed_path\":\"/v1/x\""), ingest::toString);
        assertTrue(ingest.text().endsWith("\"body_sha256\":\"" + sha256("") + "\",\"body_bytes\":0}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "M-SEARCH"})
    void everyMethodIsAnsweredAlike(String method) throws Exception {
        status(device.put(device.spki()));
        Answer answer = exchange(device.signed(method, "/v1/x", "b", NOW));
        assertEquals(200, answer.status(), answer::toString);
        assertTrue(answer.text().contains("\"method\":\"" + method + "\""), answer::toString);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/a%2Fb",
                "/a%2fb",
                "//a//b//",
                "/a/../b",
                "/a/./b/..",
                "/a/%2e%2e/b",
                "/a/..;/b",
                "/a;p=1;q/b;",
                "/a%25b",
                "/a%5Cb",
                "/%0A",
                "/%ff%c3",
                "/WEB-INF/web.xml",
                "/META-INF/x",
                "/health/",
                "/Health",
                "//health",
                "/health;x",
                "/./health",
                "/x/../health",
                "/%68ealth",
                "/admin",
                "/admin/",
                "/admin/v1/apps/a/devices",
                "/admin/v1/apps/a/devices/b/",
                "/admin/v1/apps/a/devices/b/c",
                "//admin/v1/apps/a/devices/b",
                "/%61dmin/v1/apps/a/devices/b",
                "/x/../admin/v1/apps/a/devices/b",
                "/x/%2e%2e/admin/v1/apps/a/devices/b",
                "/admin;x/v1/apps/a/devices/b",
                "/admin%2Fv1/apps/a/devices/b",
                "/ADMIN/v1/apps/a/devices/b"
            })
    void everyOtherPathIsProtectedAndSeenAsItCame(String path) throws Exception {
        for (String method : new String[] {"GET", "PUT", "DELETE"}) {
            Answer unsigned = exchange(request(method, path));
            assertEquals(400, unsigned.status(), unsigned::toString);
            assertEquals("INVALID_REQUEST", unsigned.header("x-synheart-error"), unsigned::toString);
        }
        status(device.put(device.spki()));
        Answer answer = exchange(device.signed("POST", path, "b", NOW));
        assertEquals(200, answer.status(), answer::toString);
        assertTrue(answer.text().contains("\"path\":\"" + path + "\""), answer::toString);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "ftp://h/x",
                "h:80",
                "/a#b",
                "/a\\b",
                "/..",
                "http://u:p@h/x",
                "http:/x",
                "HTTPS:/x",
                "http:x",
                "http://",
                "http:///x",
                "http://?x",
                "http://localhost#f",
                "http://localhost#/v1/x",
                "http://localhost?x#f",
                "x"
            })
    void aTargetOfAnotherFormIsA400(String target) throws Exception {
        assertEquals(400, status(request("GET", target)));
        assertEquals(400, status(request("CONNECT", target)));
        assertEquals(400, status(device.signed("POST", target, "b", NOW)));
    }

    /** With the authority filled in from the Host header, or from nowhere in HTTP/1.0, it would be the path behind it. */
    @ParameterizedTest
    @ValueSource(strings = {"http:/health", "https:/health", "HTTP:/health"})
    void aSchemeWithoutAnAuthorityIsNoPath(String target) throws Exception {
        assertEquals(400, status(request("GET", target)));
        assertEquals(400, status("GET " + target + " HTTP/1.0\r\n\r\n"));
        assertEquals(201, status(device.put(device.spki())));
        assertEquals(400, status(device.signed("POST", target, "/health", "b", NOW)));
        assertEquals(
                400,
                status(device.signed("POST", target, "b", NOW).replace("HTTP/1.1\r\nHost: localhost", "HTTP/1.0")));
    }

    @Test
    void anAbsoluteTargetMeansItsPath() throws Exception {
        assertEquals(201, status(device.put(device.spki())));
        assertEquals(200, status(device.signed("POST", "http://localhost/v1/x", "/v1/x", "b", NOW)));
        assertEquals(200, status(request("GET", "http://localhost/health")));
    }

    @Test
    void rejectionsAreTheProtocols() throws Exception {
        Answer unknown = exchange(device.signed("POST", "/x", "b", NOW));
        assertEquals("401 INVALID_SIGNATURE", unknown.status() + " " + unknown.header("x-synheart-error"));
        status(device.put(device.spki()));
        Answer skew = exchange(device.signed("POST", "/x", "b", NOW - 301));
        assertEquals("401 CLOCK_SKEW", skew.status() + " " + skew.header("x-synheart-error"));
        assertEquals(Long.toString(NOW), skew.header("x-server-timestamp"));
        String request = device.signed("POST", "/x", "b", NOW);
        assertEquals(200, status(request));
        assertEquals("NONCE_REPLAY", exchange(request).header("x-synheart-error"));
        Answer tampered = exchange(device.signed("POST", "/x", "b", NOW).replaceAll("b$", "c"));
        assertEquals("INVALID_SIGNATURE", tampered.header("x-synheart-error"));
        assertEquals(204, status(device.delete()));
        Answer revoked = exchange(device.signed("POST", "/x", "b", NOW));
        assertEquals("DEVICE_REVOKED", revoked.header("x-synheart-error"));
    }

    // ---- administration

    @Test
    void registrationsAnswerAsTheContractSays() throws Exception {
        Device newKey = new Device(APP, ID);
        Device other = new Device(APP, OTHER_ID);
        Device sameKeyElsewhere = new Device(APP, OTHER_ID, device);
        assertEquals(404, status(device.delete()));
        Answer created = exchange(device.put(device.spki()));
        assertEquals(201, created.status());
        assertEquals(
                "{\"app_id\":\"com.acme.app\",\"device_id\":\"" + ID + "\",\"status\":\"active\"}", created.text());
        assertEquals(200, status(device.put(device.spki())));
        assertEquals(409, status(newKey.put(newKey.spki())));
        assertEquals(409, status(sameKeyElsewhere.put(device.spki())));
        assertEquals(204, status(device.delete()));
        assertEquals(204, status(device.delete()));
        assertEquals(409, status(device.put(device.spki())));
        assertEquals(201, status(newKey.put(newKey.spki())));
        assertEquals(409, status(device.put(device.spki())));
        assertEquals(201, status(other.put(other.spki())));
        assertEquals(200, status(newKey.signed("POST", "/x", "b", NOW)));
    }

    @Test
    void aKeyComesInThreeForms() throws Exception {
        assertEquals(201, status(device.put(device.point())));
        assertEquals(200, status(device.put(device.spki())));
        assertEquals(200, status(device.put(device.pem())));
    }

    @Test
    void upperCaseIdsAreTheSameDevice() throws Exception {
        Device upper = new Device(APP, ID.toUpperCase(Locale.ROOT), device);
        assertEquals(201, status(upper.put(device.spki())));
        assertEquals(200, status(device.put(device.spki())));
        assertEquals(200, status(upper.signed("POST", "/x", "b", NOW)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "null",
                "[]",
                "{}",
                "{\"public_key\":1}",
                "{\"public_key\":null}",
                "{\"public_key\":\"\"}",
                "{\"public_key\":\"AAAA\"}",
                "{\"public_key\":\"BA==\"",
                "{\"public_key\":\"a\",\"public_key\":\"a\"}",
                "{\"public_key\":\"a\"}{}",
                "{\"key\":{\"public_key\":\"a\"}}"
            })
    void aBodyWithoutAKeyIsA400(String body) throws Exception {
        Answer answer = exchange("PUT " + device.path() + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body);
        assertEquals(400, answer.status(), answer::toString);
        assertTrue(answer.text().contains("\"message\":"), answer::toString);
        assertTrue(answer.text().contains("public_key"), answer::toString);
    }

    @Test
    void aKeyOffTheCurveIsA400() throws Exception {
        String point = device.point();
        String off = point.substring(0, point.length() - 8) + "AAAAAAA=";
        Answer answer = exchange(device.put(off));
        assertEquals(400, answer.status());
        assertTrue(answer.text().contains("curve"), answer::toString);
    }

    @Test
    void anOverlongBodyIsA413() throws Exception {
        assertEquals(413, status(device.put("x".repeat(20_000))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/admin/v1/apps//devices/" + ID,
                "/admin/v1/apps/a/devices/",
                "/admin/v1/apps/a,b/devices/" + ID,
                "/admin/v1/apps/a%2Cb/devices/" + ID,
                "/admin/v1/apps/a%20b/devices/" + ID,
                "/admin/v1/apps/a%0Ab/devices/" + ID,
                "/admin/v1/apps/%c3%a9/devices/" + ID,
                "/admin/v1/apps/a/devices/device-123",
                "/admin/v1/apps/a/devices/1-1-1-1-1"
            })
    void anIdThatIsNoneIsA400(String path) throws Exception {
        for (String method : new String[] {"PUT", "DELETE"}) {
            Answer answer = exchange(request(method, path));
            assertEquals(400, answer.status(), answer::toString);
            assertTrue(answer.text().contains("INVALID_ID"), answer::toString);
        }
    }

    @Test
    void idsMayBePercentEncodedAndAreDecodedOnce() throws Exception {
        Device encoded = new Device("a%2Fb%25%2e%2e", ID, device);
        assertEquals(201, status(encoded.put(device.spki())));
        Device plain = new Device("a/b%..", ID, device);
        assertTrue(exchange(plain.signed("POST", "/x", "", NOW)).text().contains("\"app_id\":\"a/b%..\""));
    }

    /** As a web page would ask whose own name was made to point to this machine. */
    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example"})
    void administrationUnderAnotherNameIsA403(String host) throws Exception {
        Answer answer = exchange("DELETE " + device.path() + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        assertEquals(403, answer.status(), answer::toString);
        for (String own : List.of("127.0.0.1", "localhost:" + server.port(), "[::1]:1")) {
            assertEquals(404, status("DELETE " + device.path() + " HTTP/1.1\r\nHost: " + own + "\r\n\r\n"));
        }
    }

    @Test
    void whoAndWhyAreInTheAudit() throws Exception {
        assertEquals(
                201,
                status(administer(
                        "PUT",
                        "{\"public_key\":\"" + device.spki()
                                + "\",\"by\":\"J\\u00fcrgen\",\"reason\":\"new phone\"}")));
        assertEquals(204, status(administer("DELETE", "{\"reason\":\"it was lost\"}")));
        Device other = new Device(APP, OTHER_ID);
        assertEquals(201, status(other.put(other.spki())));
        server.close();
        List<String> notes = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:h2:file:" + folder.resolve("home/keys") + ";WRITE_DELAY=0", "sa", "");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT a.action, UTF8TOSTRING(n.by_whom), UTF8TOSTRING(n.reason) FROM countersign_audit a"
                                + " LEFT JOIN countersign_audit_note n ON n.version = a.version ORDER BY a.version")) {
            while (rows.next()) {
                notes.add(rows.getString(1) + ", " + rows.getString(2) + ", " + rows.getString(3));
            }
        }
        assertEquals(
                List.of(
                        "register, J\u00fcrgen, new phone",
                        "revoke, administrator, it was lost",
                        "register, null, null"),
                notes);
    }

    @Test
    void aNoteThatIsNoneIsA400AndChangesNothing() throws Exception {
        assertEquals(201, status(device.put(device.spki())));
        Answer answer = exchange(administer("DELETE", "{\"by\":\"two\\nlines\"}"));
        assertEquals(400, answer.status());
        assertTrue(answer.text().contains("\"code\":\"INVALID_NOTE\""), answer::text);
        assertTrue(answer.text().contains("no line end"), answer::text);
        assertEquals(200, status(device.signed("POST", "/x", "", NOW)));
    }

    private String administer(String method, String body) {
        return method + " " + device.path() + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body;
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "PATCH", "OPTIONS", "put"})
    void otherMethodsAreA405(String method) throws Exception {
        Answer answer = exchange(request(method, device.path()));
        assertEquals(405, answer.status());
        assertEquals("PUT, DELETE", answer.header("allow"));
    }

    @Test
    void opaqueIdsAreASetting() throws Exception {
        environment.put("COUNTERSIGN_OPAQUE_IDS", "true");
        restart();
        clock.advanceSeconds(2);
        Device opaque = new Device(APP, "device-123");
        assertEquals(201, status(opaque.put(opaque.spki())));
        assertEquals(200, status(opaque.signed("POST", "/x", "b", clock.second())));
        assertEquals(201, status(device.put(device.spki())));
        assertEquals(200, status(device.signed("POST", "/x", "b", clock.second())));
    }

    @Test
    void signingPathsAreASetting() throws Exception {
        environment.put("COUNTERSIGN_SIGNING_PATHS", "strip:/auth");
        restartLater();
        Answer answer = exchange(device.signed("GET", "/auth/x", "/x", "b", clock.second()));
        assertEquals(200, answer.status(), answer::toString);
        assertTrue(answer.text().contains("\"path\":\"/auth/x\",\"signed_path\":\"/x\""), answer::toString);
        Answer unstripped = exchange(device.signed("GET", "/auth/x", "b", clock.second()));
        assertEquals("401 INVALID_SIGNATURE", unstripped.status() + " " + unstripped.header("x-synheart-error"));
        Answer ingest = exchange(device.signed("POST", "/ingest/v1/x", "b", clock.second()));
        assertTrue(ingest.text().contains("\"signed_path\":\"/ingest/v1/x\""), ingest::toString);
    }

    @Test
    void pathsThatSomeSignUnstrippedAreASetting() throws Exception {
        environment.put("COUNTERSIGN_ACCEPT_UNSTRIPPED", "/ingest/v1/hsi");
        restartLater();
        for (String signed : List.of("/v1/hsi", "/ingest/v1/hsi")) {
            Answer answer = exchange(device.signed("POST", "/ingest/v1/hsi", signed, "b", clock.second()));
            assertEquals(200, answer.status(), answer::toString);
            assertTrue(
                    answer.text().contains("\"path\":\"/ingest/v1/hsi\",\"signed_path\":\"" + signed + "\""),
                    answer::toString);
        }
        Answer other = exchange(device.signed("POST", "/ingest/v1/other", "b", clock.second()));
        assertEquals("401 INVALID_SIGNATURE", other.status() + " " + other.header("x-synheart-error"));
    }

    /** With the device registered, and after the seconds of which the new memory knows too little. */
    private void restartLater() throws Exception {
        restart();
        clock.advanceSeconds(2);
        assertEquals(201, status(device.put(device.spki())));
    }

    // ---- health

    @Test
    void healthTellsWhichStoresAreInUse() throws Exception {
        Answer answer = exchange(request("GET", "/health"));
        assertEquals(200, answer.status());
        for (String part :
                new String[] {"\"status\":\"ok\"", "\"nonce_store\":\"memory\"", "\"key_store\":\"jdbc:h2"}) {
            assertTrue(answer.text().contains(part), answer::toString);
        }
        assertEquals(200, status(request("GET", "/health?x")));
        Answer post = exchange(request("POST", "/health"));
        assertEquals("405 GET, HEAD", post.status() + " " + post.header("allow"));
        try (RawHttp http = new RawHttp(server.port())) {
            assertEquals(200, http.send(request("HEAD", "/health")).read(true).status());
            assertEquals(200, http.send(request("GET", "/health")).read().status());
        }
    }

    // ---- starts

    @Test
    void theFirstStartIsAlwaysWatchingAndLaterOnesKeepTheGuard() throws Exception {
        status(device.put(device.spki()));
        String accepted = device.signed("POST", "/x", "b", NOW - 100);
        assertEquals(200, status(accepted));

        clock.advanceSeconds(5);
        restart();
        Answer replay = exchange(accepted);
        assertEquals("503 TEMPORARILY_UNAVAILABLE", replay.status() + " " + replay.header("x-synheart-error"));
        assertTrue(Integer.parseInt(replay.header("retry-after")) >= 1);
        assertEquals(503, status(device.signed("POST", "/x", "b", clock.second())));
        clock.advanceSeconds(1);
        assertEquals(200, status(device.signed("POST", "/x", "b", clock.second())), "the key survived");
        assertEquals(503, status(accepted));
    }

    @Test
    void theGuardDoesNotDependOnWhereTheKeysAre() throws Exception {
        environment.put("COUNTERSIGN_HOME", folder.resolve("second").toString());
        environment.put("COUNTERSIGN_KEYS_URL", "jdbc:h2:file:" + folder.resolve("elsewhere") + ";WRITE_DELAY=0");
        environment.put("COUNTERSIGN_KEYS_USER", "me");
        environment.put("COUNTERSIGN_KEYS_PASSWORD", "secret");
        restart();
        assertEquals(201, status(device.put(device.spki())));
        assertEquals(200, status(device.signed("POST", "/x", "b", NOW - 1)));
        assertTrue(!exchange(request("GET", "/health")).text().contains("elsewhere"));
        restart();
        assertEquals(503, status(device.signed("POST", "/x", "b", NOW - 1)));
        assertEquals(200, status(device.put(device.spki())));
        server.close();
        environment.put("COUNTERSIGN_KEYS_PASSWORD", "wrong");
        StartupException wrong = assertThrows(StartupException.class, this::restart);
        assertTrue(!wrong.toString().contains("wrong"), wrong::toString);
    }

    @Test
    void oneProcessUsesAFolder() {
        StartupException held =
                assertThrows(StartupException.class, () -> QuickstartServer.start(Settings.from(environment), clock));
        assertTrue(held.toString().contains("COUNTERSIGN_HOME"), held::toString);
    }

    @Test
    void aPortThatIsTakenIsSaidSo() {
        environment.put("PORT", Integer.toString(server.port()));
        environment.put("COUNTERSIGN_HOME", folder.resolve("second").toString());
        StartupException taken =
                assertThrows(StartupException.class, () -> QuickstartServer.start(Settings.from(environment), clock));
        assertTrue(taken.toString().contains("set PORT"), taken::toString);
        assertThrows(
                StartupException.class,
                () -> QuickstartServer.start(Settings.from(environment), clock),
                "the folder was let go of: it is the port again");
    }

    @Test
    void closingTwiceIsClosingOnce() throws Exception {
        server.close();
        server.close();
        assertThrows(IOException.class, () -> exchange(request("GET", "/health")));
        restart();
        assertEquals(200, status(request("GET", "/health")));
    }
}

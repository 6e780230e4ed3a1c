package dev.countersign.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.servers.Ports;
import dev.countersign.servers.PostgresServer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLInvalidAuthorizationSpecException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said when the key database cannot be opened, and what is not. */
@Timeout(120)
class KeyDatabaseTest {
    @TempDir
    private Path folder;

    private String refusal(KeyDatabase database) {
        String message = String.valueOf(assertThrows(StartupException.class, () -> {
                    try (HikariDataSource pool = database.open(folder)) {
                        throw new AssertionError("opened " + pool);
                    }
                })
                .getMessage());
        assertFalse(message.contains("hush"), message);
        assertFalse(message.contains("\n"), message);
        return message;
    }

    @ParameterizedTest
    @ValueSource(strings = {"postgresql", "mariadb", "mysql"})
    void nobodyListensThere(String vendor) throws Exception {
        String url = "jdbc:" + vendor + "://127.0.0.1:" + Ports.free() + "/keys?password=hush";
        String message = refusal(KeyDatabase.of(url, "me", "hush-hush"));
        assertTrue(message.contains("check the host and the port in COUNTERSIGN_KEYS_URL"), message);
    }

    /** A database that is stopped keeps its port and says nothing: the start ends nevertheless. */
    @ParameterizedTest
    @ValueSource(strings = {"postgresql", "mariadb"})
    void somebodyListensAndSaysNothing(String vendor) throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String url = "jdbc:" + vendor + "://127.0.0.1:" + silent.getLocalPort() + "/keys";
            // In a thread of its own, for a driver that waits for ever is not to be interrupted.
            String message =
                    assertTimeoutPreemptively(Duration.ofSeconds(60), () -> refusal(KeyDatabase.of(url, "me", "hush")));
            assertTrue(message.contains("COUNTERSIGN_KEYS_URL"), message);
        }
    }

    @Test
    void thereIsNoSuchDatabaseOrUser() throws Exception {
        PostgresServer server = PostgresServer.shared();
        String url = server.jdbcUrl("missing").replaceAll("\\?.*", "");
        String noDatabase = refusal(KeyDatabase.of(url, "postgres", "hush"));
        assertTrue(noDatabase.contains("create the database that COUNTERSIGN_KEYS_URL names"), noDatabase);
        assertTrue(noDatabase.contains("missing"), noDatabase);
        String noUser = refusal(KeyDatabase.of(url.replace("missing", "postgres"), "nobody-here", "hush"));
        assertTrue(noUser.contains("check COUNTERSIGN_KEYS_USER and COUNTERSIGN_KEYS_PASSWORD"), noUser);
    }

    @Test
    void aUrlThatTheDriverDoesNotUnderstandIsNotRepeated() throws Exception {
        Logger driver = Logger.getLogger("org.postgresql");
        List<LogRecord> logged = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                logged.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        driver.addHandler(handler);
        try {
            refuseUrlsThatNobodyUnderstands();
        } finally {
            driver.removeHandler(handler);
        }
        assertEquals(List.of(), logged);
    }

    private void refuseUrlsThatNobodyUnderstands() throws Exception {
        for (String url : new String[] {
            "jdbc:postgresql://host:port:hush/x?password=hush",
            "jdbc:mariadb:hush",
            "jdbc:mysql:hush",
            "jdbc:h2:tcp://hush:port:x/y;PASSWORD=hush",
            "jdbc:h2:hush;NO_SUCH_SETTING=hush"
        }) {
            String message = refusal(KeyDatabase.of(url, "me", "hush"));
            assertTrue(message.contains("COUNTERSIGN_KEYS_URL"), message);
        }
    }

    @Test
    void theDriversWordsAreTakenUnlessTheyGiveSomethingAway() throws Exception {
        KeyDatabase database = KeyDatabase.of("jdbc:postgresql://db/x?sslpassword=hush2&a=b", "me", "hush1");
        assertEquals(
                "no, sir - check COUNTERSIGN_KEYS_USER and COUNTERSIGN_KEYS_PASSWORD", explain(database, "no, sir"));
        for (String words : new String[] {"it is hush1", "it is hush2", "postgresql://db/x?sslpassword=hush2&a=b"}) {
            assertEquals("check COUNTERSIGN_KEYS_USER and COUNTERSIGN_KEYS_PASSWORD", explain(database, words));
        }
    }

    private static String explain(KeyDatabase database, String words) {
        SQLException refused = new SQLInvalidAuthorizationSpecException(words, "28P01");
        return database.explain(new RuntimeException("no pool", refused));
    }

    @Test
    void userAndPasswordMayBeInTheUrlOrBesideIt() throws Exception {
        PostgresServer server = PostgresServer.shared();
        String url = server.jdbcUrl("postgres");
        for (KeyDatabase database : new KeyDatabase[] {
            KeyDatabase.of(url, null, null), KeyDatabase.of(url.replaceAll("\\?.*", ""), "postgres", "postgres")
        }) {
            try (HikariDataSource pool = database.open(null);
                    Connection connection = pool.getConnection()) {
                assertEquals("postgres", connection.getMetaData().getUserName());
            }
        }
    }

    @Test
    void aFolderWithASemicolonIsRefused() {
        folder = folder.resolve("a;b");
        assertTrue(refusal(KeyDatabase.EMBEDDED).contains("COUNTERSIGN_HOME must not have a ';'"));
    }
}

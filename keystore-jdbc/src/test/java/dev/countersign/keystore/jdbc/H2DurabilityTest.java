package dev.countersign.keystore.jdbc;

import static dev.countersign.keystore.jdbc.Fixtures.await;
import static dev.countersign.keystore.jdbc.Fixtures.device;
import static dev.countersign.keystore.jdbc.Fixtures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceStatus;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged is there, also when the process was killed right after it. */
class H2DurabilityTest {
    private static final int DEVICES = 134;
    private static final int CHANGES = 201;

    @TempDir
    Path folder = Path.of("");

    private String url() {
        return "jdbc:h2:file:" + folder.resolve("keys");
    }

    @Test
    void everyAcknowledgedChangeOutlivesTheProcess() throws Exception {
        String url = url() + ";WRITE_DELAY=0";
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        AcknowledgingProcess.class.getName(),
                        url,
                        Integer.toString(DEVICES))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < CHANGES; i++) {
                assertEquals("changed", lines.readLine(), "change " + i);
            }
        } finally {
            process.destroyForcibly();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        }
        JdbcKeyStore store =
                JdbcKeyStore.builder(Fixtures.h2(url)).executor(Runnable::run).build();
        assertEquals(CHANGES, await(store.keys().cursor()), "changes of " + CHANGES + " that were acknowledged");
        for (int i = 0; i < DEVICES; i++) {
            assertEquals(
                    i % 2 == 0 ? DeviceStatus.REVOKED : DeviceStatus.ACTIVE,
                    await(store.keys().find(device(i))).orElseThrow().status());
        }
    }

    @Test
    void aFileThatIsWrittenLateIsRefused() throws Exception {
        JdbcDataSource late = Fixtures.h2(url());
        JdbcSchema.migrate(late);
        String refusal =
                "the H2 database writes changes to its file only some time after it has acknowledged them, so that"
                        + " a revocation can be lost when the process is killed: add ;WRITE_DELAY=0 to its URL";
        JdbcKeyStore.Builder builder = JdbcKeyStore.builder(late);
        assertEquals(refusal, message(assertThrows(JdbcKeyStoreException.class, builder::build)));
        JdbcKeyStore.builder(Fixtures.h2(url() + ";WRITE_DELAY=0")).build().close();
        Fixtures.execute(late, "SET WRITE_DELAY 0"); // which H2 keeps in the file, and does not go by
        assertEquals(refusal, message(assertThrows(JdbcKeyStoreException.class, builder::build)));
    }

    /**
     * What a kill leaves is what the file holds between two commits: a copy of it is opened, used, copied, and so on. The time
     * for which H2 keeps the space of old changes is set to 0, as if the process ran for long. H2 2.5.252 loses the last commits
     * of 3 copies of these 22.
     */
    @Test
    void whatWasCommittedIsInEachCopyOfTheFile() throws Exception {
        long seed = 2;
        Random random = new Random(seed);
        String options = ";DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0;RETENTION_TIME=0";
        Path file = folder.resolve("copy0.mv.db");
        Connection open = DriverManager.getConnection("jdbc:h2:file:" + folder.resolve("copy0") + options);
        try {
            prepare(open);
            int copies = 0;
            for (int commit = 1; commit <= 300; commit++) {
                write(open, commit, random.nextInt(300), "x".repeat(random.nextInt(400)));
                if (random.nextInt(12) == 0) {
                    copies++;
                    Path copy = folder.resolve("copy" + copies + ".mv.db");
                    Files.copy(file, copy);
                    try (Statement statement = open.createStatement()) {
                        statement.execute("SHUTDOWN IMMEDIATELY");
                    }
                    open = DriverManager.getConnection("jdbc:h2:file:" + folder.resolve("copy" + copies) + options);
                    file = copy;
                    assertEquals(commit, lastCommit(open), "copy " + copies + " of seed " + seed);
                }
            }
            assertTrue(copies >= 10, copies + " copies");
        } finally {
            open.close();
        }
    }

    private static void prepare(Connection open) throws SQLException {
        open.setAutoCommit(true);
        try (Statement statement = open.createStatement()) {
            statement.execute("CREATE TABLE filling(id INT PRIMARY KEY, commit_number INT, padding VARCHAR(400))");
            statement.execute("CREATE TABLE last(commit_number INT)");
            statement.execute("INSERT INTO last VALUES (0)");
        }
    }

    private static void write(Connection open, int commit, int row, String padding) throws SQLException {
        open.setAutoCommit(false);
        try (PreparedStatement filling = open.prepareStatement("MERGE INTO filling VALUES (?, ?, ?)");
                PreparedStatement last = open.prepareStatement("UPDATE last SET commit_number = ?")) {
            filling.setInt(1, row);
            filling.setInt(2, commit);
            filling.setString(3, padding);
            filling.executeUpdate();
            last.setInt(1, commit);
            last.executeUpdate();
        }
        open.commit();
    }

    private static int lastCommit(Connection open) throws SQLException {
        try (Statement statement = open.createStatement();
                ResultSet rows = statement.executeQuery("SELECT commit_number FROM last")) {
            assertTrue(rows.next());
            return rows.getInt(1);
        }
    }
}

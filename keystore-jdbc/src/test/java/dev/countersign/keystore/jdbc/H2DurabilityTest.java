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
import java.nio.file.Path;
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
                        + " a revocation can be lost when the process is killed: add ;WRITE_DELAY=0 to its URL, or run"
                        + " SET WRITE_DELAY 0 in it once";
        JdbcKeyStore.Builder builder = JdbcKeyStore.builder(late);
        assertEquals(refusal, message(assertThrows(JdbcKeyStoreException.class, builder::build)));
        JdbcKeyStore.builder(Fixtures.h2(url() + ";WRITE_DELAY=0")).build().close();
        JdbcKeyStore.builder(late).build().close(); // H2 keeps the setting in the file
        Fixtures.execute(late, "SET WRITE_DELAY 500");
        assertEquals(refusal, message(assertThrows(JdbcKeyStoreException.class, builder::build)));
    }
}

package dev.countersign.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.testkit.RawHttp;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program as a process. */
class QuickstartProcessTest {
    @TempDir
    private Path folder;

    private Process program(String port) throws Exception {
        return program(port, "");
    }

    private Process program(String port, String explain) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Quickstart.class.getName());
        builder.environment().put("PORT", port);
        builder.environment().put("COUNTERSIGN_HOME", folder.resolve("home").toString());
        builder.environment().put("COUNTERSIGN_EXPLAIN", explain);
        return builder.start();
    }

    private static int port(BufferedReader out) throws Exception {
        String line = String.valueOf(out.readLine());
        String prefix = "Countersign quickstart listening on http://127.0.0.1:";
        assertTrue(line.startsWith(prefix), line);
        return Integer.parseInt(line.substring(prefix.length()));
    }

    @Test
    @Timeout(120)
    void itPrintsOneLineAndEndsCleanlyWithASignal() throws Exception {
        for (int start = 0; start < 2; start++) { // the second one finds the folder free
            Process process = program("0");
            try (BufferedReader out = process.inputReader()) {
                int port = port(out);
                assertEquals(
                        200,
                        RawHttp.exchange(port, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                                .status());
                process.toHandle().destroy();
                assertTrue(process.waitFor(60, TimeUnit.SECONDS));
                assertEquals(143, process.exitValue());
                assertNull(out.readLine());
            } finally {
                process.destroyForcibly();
            }
        }
    }

    /** Standard error says first that it is on, and then what a client did that signs the query. */
    @Test
    @Timeout(120)
    void rejectionsAreExplainedOnStandardError() throws Exception {
        Process process = program("0", "1");
        try (BufferedReader out = process.inputReader();
                BufferedReader err = process.errorReader()) {
            int port = port(out);
            Device device = new Device("com.acme.app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
            assertEquals(201, RawHttp.exchange(port, device.put(device.spki())).status());
            long now = System.currentTimeMillis() / 1000;
            String request = device.signed("POST", "/v1/x?page=2", "/v1/x?page=2", "{}", now);
            assertEquals(401, RawHttp.exchange(port, request).status());
            List<String> lines = new ArrayList<>();
            for (String line = err.readLine(); line != null; line = err.readLine()) {
                lines.add(line);
                if (line.startsWith("  cause ")) {
                    break;
                }
            }
            String text = String.join("\n", lines);
            assertTrue(text.contains("quickstart: COUNTERSIGN EXPLAINS REJECTIONS"), text);
            assertTrue(text.contains("quickstart: Rejected, verification "), text);
            assertTrue(text.contains("\n  message head  POST\\n/v1/x\\n" + now + "\\n\n"), text);
            assertTrue(text.contains("\n  cause         PATH_WITH_QUERY: "), text);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    @Timeout(120)
    void whatIsWrongIsToldInOneLine() throws Exception {
        Process process = program("x");
        try (BufferedReader err = process.errorReader()) {
            List<String> lines = err.lines().toList();
            assertEquals(List.of("quickstart: PORT must be a number from 0 to 65535; 0 lets the system choose"), lines);
            assertTrue(process.waitFor(60, TimeUnit.SECONDS));
            assertEquals(1, process.exitValue());
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    @Tag("full")
    @Timeout(600)
    void theDemoShowsWhatItExpects() throws Exception {
        Path script = Path.of("..", "quickstart").toAbsolutePath().normalize();
        Process process = new ProcessBuilder(script.toString(), "demo")
                .directory(folder.toFile()) // called from another folder
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = process.inputReader()) {
            List<String> lines = out.lines().toList();
            assertEquals(7, lines.size(), lines::toString);
            assertTrue(lines.stream().allMatch(line -> line.startsWith("ok ")), lines::toString);
            assertTrue(process.waitFor(60, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue());
        } finally {
            process.destroyForcibly();
        }
    }
}

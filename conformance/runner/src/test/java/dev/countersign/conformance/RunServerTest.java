package dev.countersign.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.server.LittleServer;
import dev.countersign.conformance.server.QuickstartProcess;
import dev.countersign.conformance.server.VerifyingServer;
import dev.countersign.conformance.suite.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command line against live servers. */
@Timeout(120)
class RunServerTest {
    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();

    private int run(String... arguments) {
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(out, true));
        String[] all = new String[arguments.length + 1];
        all[0] = "run";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return command.execute(all);
    }

    private void told(String part) {
        assertTrue(out.toString().contains(part), out::toString);
    }

    @Test
    void theQuickstartIsGreen() throws Exception {
        try (QuickstartProcess server = QuickstartProcess.start(folder.resolve("home"), Map.of())) {
            assertEquals(Main.GREEN, run("--server", server.url(), "--only", "ingest", "--seed", "x"), out::toString);
            told("seed x: ");
            told("by x-server-timestamp");
            assertEquals(
                    Main.NOTHING_JUDGED,
                    run("--server", server.url(), "--only", "ingest", "--server-setting", "deviceIds=opaque"));
            told("the server was started with another setting of deviceIds");
        }
    }

    @Test
    void aFailureIsExplainedWithWhatReallyWentOut() throws Exception {
        Path json = folder.resolve("run.json");
        VerifyingServer wrong = VerifyingServer.answering(
                (request, answer) -> Json.object().put("verdict", "accepted").put("signedPath", "/wrong"));
        try (LittleServer server = LittleServer.start(wrong)) {
            assertEquals(
                    Main.FAILED,
                    run("--server", server.url(), "--only", "ingest/post-*", "--seed", "s", "--json", json.toString()),
                    out::toString);
        }
        told("seed s: ");
        told("signedPath  /v1/hsi   /wrong");
        told("conformance.");
        assertTrue(!out.toString().contains("com.example.a"), "those are the committed names");
        assertTrue(Files.readString(json).contains("\"HTTP\""));
    }

    @Test
    void aUrlThatIsNoServersIsAnErrorOfTheCommandLine() {
        assertEquals(Main.USAGE, run("--server", "http://localhost:1/base"));
        told("a base path (/base) is not supported");
        assertEquals(Main.USAGE, run("--server", "http://localhost:1", "--harness", "x"));
        assertEquals(Main.USAGE, run("--harness", "x", "--seed", "x"));
        assertEquals(Main.USAGE, run("--server", "http://localhost:1", "--time-limit", "0"));
    }
}

package dev.countersign.conformance.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.suite.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JSON is read back. */
class JsonReportTest {
    @TempDir
    Path folder;

    @Test
    void saysEverything() throws Exception {
        Path file = folder.resolve("x/report.json");
        JsonReport.write(Runs.mixed(), file);
        JsonNode report = Json.parse(Files.readString(file));
        assertEquals(1, report.path("schemaVersion").asInt());
        assertEquals("1.2.3", report.path("suiteVersion").asText());
        assertEquals("impl 1", report.path("implementation").asText());
        assertEquals("Go", report.path("language").asText());
        assertEquals("./harness", report.path("target").asText());
        assertFalse(report.path("green").asBoolean(true));
        assertEquals(
                Json.parse("{\"cases\":5,\"passed\":1,\"failed\":2,\"knownFailing\":1,\"skipped\":1}"),
                report.path("counts"));
        assertEquals(Json.parse("[\"h/gone\"]"), report.path("stale"));
        assertEquals(Json.parse("[\"did not exit\"]"), report.path("faults"));
        assertEquals(5, report.path("results").size());
        assertEquals(
                Json.parse("{\"id\":\"g/good\",\"role\":\"message\",\"rule\":\"rule.message\",\"flags\":[\"Plain\"],"
                        + "\"positive\":true,\"outcome\":\"passed\",\"knownFailing\":false,\"micros\":1500000}"),
                report.path("results").get(0));
        assertEquals(
                Json.parse("{\"id\":\"g/bad\",\"role\":\"message\",\"rule\":\"rule.message\",\"flags\":[\"Plain\"],"
                        + "\"positive\":true,\"outcome\":\"failed\",\"knownFailing\":false,\"micros\":5,"
                        + "\"detail\":\"messageHex: expected 00, was 01\",\"step\":0,\"mismatches\":"
                        + "[{\"field\":\"messageHex\",\"expected\":\"00\",\"actual\":\"01\"}],\"answer\":{\"id\":3}}"),
                report.path("results").get(1));
        assertTrue(report.path("results").get(3).path("knownFailing").asBoolean());
    }

    @Test
    void leavesOutAnEndlessAnswer() {
        JsonNode answer = Json.object().put("padding", "x".repeat(200_000));
        CaseResult result = CaseResult.wrong(Runs.BAD, 0, List.of(new Mismatch("a", "1", "2")), answer, 1);
        JsonNode report = JsonReport.of(Runs.run(List.of(), List.of(), result));
        assertFalse(report.path("results").get(0).has("answer"));
    }

    /** Nothing that a harness says keeps the report from being written and read again. */
    @Test
    void leavesOutABottomlessAnswer() {
        for (int levels : new int[] {800, 998}) {
            JsonNode answer = Json.parse("{\"id\":1,\"x\":" + "[".repeat(levels) + "]".repeat(levels) + "}");
            CaseResult result = CaseResult.wrong(Runs.BAD, 0, List.of(new Mismatch("a", "1", "2")), answer, 1);
            String text = Json.pretty(JsonReport.of(Runs.run(List.of(), List.of(), result)));
            assertEquals(levels == 800, Json.parse(text).at("/results/0").has("answer"));
        }
    }

    @Test
    void holdsALoneSurrogate() throws Exception {
        Path file = folder.resolve("report.json");
        JsonReport.write(Runs.run(List.of(), List.of("\ud800x\u0000"), CaseResult.passed(Runs.GOOD, 1)), file);
        JsonNode report = Json.parse(Files.readString(file));
        assertEquals("?x\u0000", report.path("faults").get(0).asText());
    }
}

package dev.countersign.conformance.mutants;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.conformance.Main;
import dev.countersign.conformance.generator.SuiteGenerator;
import dev.countersign.conformance.suite.Json;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a person would do: the whole command against a harness in a process of its own, its exit code and its report. */
class MutantCommandTest {
    private static final int LONGEST_MINUTES = 2;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path folder;

    @Test
    void theRightHarnessIsGreen() throws Exception {
        JsonNode report = run(0);
        assertTrue(report.path("green").asBoolean());
        assertEquals(
                SuiteGenerator.suite().cases().size(),
                report.path("counts").path("passed").asInt());
    }

    @ParameterizedTest
    @EnumSource(names = {"DOUBLE_HASH", "INGEST_LOOK_ALIKE", "LOSER_LEAVES_TOKENS"})
    void theMutantIsRedOnItsCases(Mutant mutant) throws Exception {
        JsonNode report = run(1, mutant.label());
        List<String> failed = new ArrayList<>();
        for (JsonNode result : report.path("results")) {
            if (result.path("outcome").asText().equals("failed")) {
                failed.add(result.path("id").asText());
            }
        }
        assertEquals(MutantFile.read(mutant).ids(), failed);
        assertEquals(failed.size(), report.path("counts").path("failed").asInt());
    }

    /** The report of a run against {@link MutantMain}. */
    private JsonNode run(int exitCode, String... mutant) throws Exception {
        Path report = folder.resolve("report.json");
        File console = folder.resolve("console.txt").toFile();
        Process runner = new ProcessBuilder(TestJava.words(
                        Main.class, List.of("run", "--harness", TestJava.command(mutant), "--json", report.toString())))
                .redirectErrorStream(true)
                .redirectOutput(console)
                .start();
        try {
            assertTrue(runner.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES), "the run does not end");
            assertEquals(exitCode, runner.exitValue(), () -> text(console.toPath()));
        } finally {
            runner.destroyForcibly();
        }
        return Json.parse(Files.readString(report));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }
}

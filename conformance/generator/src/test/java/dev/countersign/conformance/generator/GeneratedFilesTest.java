package dev.countersign.conformance.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Suite;
import dev.countersign.conformance.suite.SuiteFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The committed files are what the generator makes, byte for byte, and nothing else lies beside them. */
class GeneratedFilesTest {
    private static final String HOW = """

            If the change is meant, make the files again, build again, and commit them:
              mvn -q -pl conformance/runner -am package -DskipTests
              java -jar conformance/runner/target/countersign-conformance.jar generate conformance-vectors
            FORMAT.md, Versions, says which part of suiteVersion grows.""";

    /** Where the data lies, seen from the module's folder, in which the build runs tests. */
    private static final Path DATA = Path.of("../../conformance-vectors");

    private static final Map<String, String> MADE = SuiteGenerator.files();

    @TempDir
    static Path written;

    @BeforeAll
    static void write() throws IOException {
        Files.createDirectories(written.resolve("vectors/schema"));
        Files.writeString(written.resolve("vectors/schema/kept.json"), "{}");
        Files.writeString(written.resolve("vectors/old-group.json"), "{}");
        Files.writeString(written.resolve("RULES.md"), "x".repeat(1_000_000));
        SuiteGenerator.write(written);
    }

    @Test
    void theCommittedFilesAreWhatTheGeneratorMakes() throws IOException {
        for (Map.Entry<String, String> file : MADE.entrySet()) {
            Path committed = DATA.resolve(file.getKey());
            assertTrue(Files.exists(committed), () -> file.getKey() + " is missing." + HOW);
            byte[] made = file.getValue().getBytes(StandardCharsets.UTF_8);
            byte[] there = Files.readAllBytes(committed);
            int at = Arrays.mismatch(made, there);
            assertEquals(
                    -1,
                    at,
                    () -> file.getKey() + " differs from what the generator makes, from byte " + at + " on." + HOW);
        }
    }

    @Test
    void nothingElseLiesBesideThem() throws IOException {
        Set<String> there;
        try (Stream<Path> files = Files.walk(DATA.resolve("vectors"))) {
            there = files.filter(Files::isRegularFile)
                    .map(file -> DATA.relativize(file).toString().replace('\\', '/'))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
        Set<String> expected = MADE.keySet().stream()
                .filter(name -> name.startsWith("vectors/"))
                .collect(Collectors.toCollection(TreeSet::new));
        expected.addAll(List.of("vectors/schema/suite.schema.json", "vectors/schema/vectors.schema.json"));
        assertEquals(expected, there, () -> "vectors/ holds other files than it should." + HOW);
    }

    /** In another folder, with files in it already, as when somebody makes the files anew. */
    @Test
    void makingThemAgainGivesTheSame() throws IOException {
        for (Map.Entry<String, String> file : MADE.entrySet()) {
            assertEquals(file.getValue(), Files.readString(written.resolve(file.getKey())), file.getKey());
        }
    }

    @Test
    void whatIsNoLongerMadeIsTakenAway() {
        assertFalse(Files.exists(written.resolve("vectors/old-group.json")));
        assertTrue(Files.exists(written.resolve("vectors/schema/kept.json")));
    }

    @Test
    void readingAndWritingGivesTheSame() throws IOException {
        assertIsMade(SuiteFiles.read(written.resolve("vectors")));
    }

    @Test
    void theProgramHoldsTheCommittedSuite() {
        assertIsMade(SuiteFiles.bundled());
    }

    private static void assertIsMade(Suite suite) {
        SuiteFiles.write(suite)
                .forEach((name, text) -> assertTrue(text.equals(MADE.get("vectors/" + name)), () -> name + HOW));
        assertEquals(MADE.size(), 1 + SuiteFiles.write(suite).size());
    }

    @Test
    void theTableOfRulesNamesEveryCase() {
        String page = MADE.getOrDefault("RULES.md", "");
        Suite suite = SuiteFiles.bundled();
        for (Case aCase : suite.cases()) {
            assertTrue(page.contains("`" + aCase.id() + "`"), aCase::id);
        }
        assertTrue(page.contains("| cases | " + suite.cases().size() + " |"));
    }
}

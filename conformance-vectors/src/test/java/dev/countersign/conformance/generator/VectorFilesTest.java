package dev.countersign.conformance.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.suite.SuiteFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files in the repository are exactly what the generator makes. */
class VectorFilesTest {
    private static final Path FOLDER = Path.of("vectors");
    private static final String HINT =
            " is not what the generator makes; run java -jar <the conformance jar> generate conformance-vectors/vectors";

    @Test
    void areTheGeneratorsOutput() throws IOException {
        Map<String, String> made = SuiteFiles.write(SuiteGenerator.suite());
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertEquals(
                    new TreeSet<>(made.keySet()),
                    files.filter(Files::isRegularFile)
                            .map(file -> file.getFileName().toString())
                            .collect(Collectors.toCollection(TreeSet::new)));
        }
        for (Map.Entry<String, String> file : made.entrySet()) {
            String name = file.getKey();
            assertTrue(Files.readString(FOLDER.resolve(name)).equals(file.getValue()), () -> name + HINT);
        }
    }
}

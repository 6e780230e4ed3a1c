package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The build runs classes called …Test: tests in a class with another name would be green for ever. */
class TestsAreRunTest {
    private static final Pattern TEST =
            Pattern.compile("(?m)^ +@(Test|FuzzTest|Property|Example|ParameterizedTest|RepeatedTest)\\b");
    private static final Pattern SWITCHED_OFF = Pattern.compile("(?m)^ *@Disabled\\b");

    @Test
    void everyClassWithTestsIsCalledTest() throws IOException {
        Set<String> neverRun = new TreeSet<>();
        Set<String> switchedOff = new TreeSet<>();
        int looked = 0;
        for (Path source : testSources()) {
            String text = Files.readString(source);
            String name = String.valueOf(source.getFileName());
            if (TEST.matcher(text).find() && !name.endsWith("Test.java")) {
                neverRun.add(name);
            }
            if (SWITCHED_OFF.matcher(text).find()) {
                switchedOff.add(name);
            }
            looked++;
        }
        assertTrue(looked > 40, looked + " sources of tests");
        assertEquals(Set.of(), neverRun);
        assertEquals(Set.of(), switchedOff);
    }

    private static List<Path> testSources() throws IOException {
        Path root = PublishedModules.root();
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> root.relativize(file).toString().contains("src/test/java"))
                    .toList();
        }
    }
}

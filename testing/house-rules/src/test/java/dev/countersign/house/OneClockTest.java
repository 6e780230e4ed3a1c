package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** There is one clock for tests, the test kit's: each further one would have ways of its own. */
class OneClockTest {
    private static final Pattern A_CLOCK = Pattern.compile(
            "\\bextends Clock\\b|\\bimplements (\\w+, )*InstantSource\\b|\\bnew (Clock|InstantSource)\\(");

    @Test
    void theTestKitHasTheOnlyClockOfOurs() throws IOException {
        Path root = PublishedModules.root();
        Set<String> clocks = new TreeSet<>();
        int looked = 0;
        try (Stream<Path> files = Files.walk(root)) {
            for (Path source : files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> root.relativize(file).toString().matches("(.*/)?src/(main|test)/java/.*"))
                    .toList()) {
                if (A_CLOCK.matcher(Files.readString(source)).find()) {
                    clocks.add(String.valueOf(source.getFileName()));
                }
                looked++;
            }
        }
        assertTrue(looked > 400, looked + " sources");
        assertEquals(Set.of("MutableClock.java"), clocks);
    }

    @Test
    void aClockIsSeen() {
        // In two parts, so that this is not one itself.
        for (String before : Set.of("class A extends ", "clock = new ")) {
            assertTrue(A_CLOCK.matcher(before + "Clock() {").find(), before);
        }
        assertTrue(A_CLOCK.matcher("class A implements B, " + "InstantSource {").find());
        assertFalse(A_CLOCK.matcher("class A extends " + "Clocks {").find());
    }
}

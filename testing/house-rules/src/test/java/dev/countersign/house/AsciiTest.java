package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the libraries, the quickstart's server and the conformance runner print, throw and report is ASCII: logs are read in
 * any encoding. Comments may have what they like.
 */
class AsciiTest {
    /** Requests of cases, which may hold any bytes. */
    private static final List<String> NOT_FOR_LOGS = List.of("conformance/generator");

    @Test
    void literalsOfMainSourcesAreAscii() throws IOException {
        List<String> wrong = new ArrayList<>();
        int looked = 0;
        for (Path source : mainSources()) {
            List<String> lines = Files.readAllLines(source);
            for (int i = 0; i < lines.size(); i++) {
                if (!isAscii(withoutComment(lines.get(i)))) {
                    wrong.add(source.getFileName() + ":" + (i + 1));
                }
            }
            looked++;
        }
        assertTrue(looked > 80, looked + " main sources");
        assertEquals(List.of(), wrong);
    }

    @Test
    void whatCountsAsCode() {
        assertEquals("", withoutComment("     * \u2026 of Javadoc"));
        assertEquals("", withoutComment("    /** \u2264 */"));
        assertEquals("int i = 0; ", withoutComment("int i = 0; // \u2264"));
        assertEquals("\"http://\u2026\"", withoutComment("\"http://\u2026\""));
        assertEquals("\"\u2026\" + x; ", withoutComment("\"\u2026\" + x; // why"));
    }

    /** The line without what is a comment on it, as the formatter lays comments out. */
    private static String withoutComment(String line) {
        String trimmed = line.strip();
        if (trimmed.startsWith("*") || trimmed.startsWith("/*") || trimmed.startsWith("//")) {
            return "";
        }
        boolean inText = false;
        for (int i = 0; i < line.length(); i++) {
            char each = line.charAt(i);
            if (each == '\\') {
                i++;
            } else if (each == '"') {
                inText = !inText;
            } else if (!inText && line.startsWith("//", i)) {
                return line.substring(0, i);
            }
        }
        return line;
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(each -> each < 0x80);
    }

    private static List<Path> mainSources() throws IOException {
        Path root = PublishedModules.root();
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> root.relativize(file).toString().contains("src/main/java"))
                    .filter(file -> NOT_FOR_LOGS.stream()
                            .noneMatch(root.relativize(file).toString()::startsWith))
                    .toList();
        }
    }
}

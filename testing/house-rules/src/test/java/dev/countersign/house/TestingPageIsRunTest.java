package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The Java that docs/testing.md shows is code that compiles and runs: each block stands in a test, line by line. */
class TestingPageIsRunTest {
    private static final Path PAGE = PublishedModules.root().resolve("docs").resolve("testing.md");
    private static final Path SOURCE =
            PublishedModules.folder().resolve("src/test/java/dev/countersign/example/TestingPageTest.java");

    @Test
    void whatThePageShowsIsRun() throws IOException {
        List<String> source = stripped(Files.readAllLines(SOURCE));
        List<List<String>> blocks = blocks(Files.readAllLines(PAGE));
        assertTrue(blocks.size() > 5, blocks.size() + " blocks");
        List<List<String>> missing = new ArrayList<>();
        for (List<String> block : blocks) {
            if (Collections.indexOfSubList(source, block) < 0) {
                missing.add(block);
            }
        }
        assertEquals(List.of(), missing);
    }

    @Test
    void aBlockIsWhatStandsBetweenFences() {
        assertEquals(
                List.of(List.of("a();", "b();"), List.of("c();")),
                blocks(List.of(
                        "text",
                        "```java",
                        "a();",
                        "",
                        "    b();",
                        "```",
                        "```sh",
                        "x",
                        "```",
                        "```java",
                        "c();",
                        "```")));
    }

    /** The blocks of Java, without indentation and empty lines. */
    private static List<List<String>> blocks(List<String> page) {
        List<List<String>> blocks = new ArrayList<>();
        for (int i = 0; i < page.size(); i++) {
            if (page.get(i).equals("```java")) {
                int end = i + 1 + page.subList(i + 1, page.size()).indexOf("```");
                blocks.add(stripped(page.subList(i + 1, end)));
                i = end;
            }
        }
        return blocks;
    }

    private static List<String> stripped(List<String> lines) {
        return lines.stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }
}

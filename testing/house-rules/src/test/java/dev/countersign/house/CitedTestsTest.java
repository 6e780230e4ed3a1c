package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The documents say which test shows what: each of them is there. A document writes {@code `ClassTest.method`}, {@code `ClassTest`}
 * alone, or {@code `.method`} for another one of the class that it named last.
 */
class CitedTestsTest {
    private static final Pattern CITED =
            Pattern.compile("`(?:([A-Z]\\w*(?:Test|Contract))(?:[.#](\\w+))?|\\.([a-z]\\w+))`");
    private static final Pattern METHOD = Pattern.compile("\\bvoid (\\w+)\\(");
    private static final Pattern EXTENDS = Pattern.compile("(?m)^[^*\n]*\\bclass \\w+ extends (\\w+)");

    @Test
    void everyTestThatADocumentNamesIsThere() throws IOException {
        Map<String, Set<String>> tests = tests();
        Set<String> missing = new TreeSet<>();
        int cited = 0;
        for (Path document : files(".md")) {
            for (String line : Files.readAllLines(document)) {
                cited += check(document, line, tests, missing);
            }
        }
        assertTrue(cited > 150, cited + " tests are cited");
        assertEquals(Set.of(), missing);
    }

    /** In a line, since a table has one row in each. */
    private static int check(Path document, String line, Map<String, Set<String>> tests, Set<String> missing) {
        String name = "";
        int cited = 0;
        Matcher matcher = CITED.matcher(line);
        while (matcher.find()) {
            String other = matcher.group(3);
            if (matcher.group(1) == null && name.isEmpty()) {
                continue; // `.method` of something else
            }
            name = matcher.group(1) == null ? name : matcher.group(1);
            String method = matcher.group(1) == null ? other : matcher.group(2);
            Set<String> methods = tests.get(name);
            if (methods == null || (method != null && !methods.contains(method))) {
                missing.add(document.getFileName() + ": " + name + (method == null ? "" : "." + method));
            }
            cited++;
        }
        return cited;
    }

    /** By class: its methods, inherited ones included. */
    private static Map<String, Set<String>> tests() throws IOException {
        Map<String, Set<String>> tests = new HashMap<>();
        Map<String, String> parents = new HashMap<>();
        for (Path source : files(".java")) {
            String name = String.valueOf(source.getFileName()).replace(".java", "");
            if (name.endsWith("Test") || name.endsWith("Contract") || name.endsWith("Fixture")) {
                String text = Files.readString(source);
                Set<String> methods = tests.computeIfAbsent(name, none -> new HashSet<>());
                Matcher matcher = METHOD.matcher(text);
                while (matcher.find()) {
                    methods.add(matcher.group(1));
                }
                Matcher parent = EXTENDS.matcher(text);
                if (parent.find()) {
                    parents.put(name, parent.group(1));
                }
            }
        }
        Map<String, Set<String>> all = new HashMap<>();
        for (String name : tests.keySet()) {
            Set<String> methods = new HashSet<>();
            Set<String> passed = new HashSet<>();
            for (String at = name; at != null && tests.containsKey(at) && passed.add(at); at = parents.get(at)) {
                methods.addAll(tests.getOrDefault(at, Set.of()));
            }
            all.put(name, methods);
        }
        return all;
    }

    private static List<Path> files(String end) throws IOException {
        Path root = PublishedModules.root();
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(end))
                    .filter(file -> !root.relativize(file).toString().matches("(.*/)?(target|node_modules)/.*"))
                    .sorted()
                    .toList();
        }
    }
}

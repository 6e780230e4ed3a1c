package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the libraries, the quickstart's server and the conformance runner print, throw and report is ASCII: logs are read in
 * any encoding. Comments may have what they like.
 */
class AsciiTest {
    /** Requests of cases, which may hold any bytes. */
    private static final List<String> NOT_FOR_LOGS = List.of(
            "conformance/generator",
            "verifier-tck/src/main/java/dev/countersign/tck/adapter",
            "adapters/servlet-tests");

    /** What tests of stores ask for: names and reasons in any language. */
    private static final List<String> TEST_DATA = List.of("DeviceRegistryContract.java");

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

    /** As the compiler reads them: text blocks and constants of type char too, and what an escape stands for. */
    @Test
    void valuesOfLiteralsAreAscii() throws IOException {
        Literals literals = Literals.of(mainSources().stream()
                .filter(source -> !TEST_DATA.contains(source.getFileName().toString()))
                .toList());
        assertTrue(literals.looked > 2000, literals.looked + " literals");
        assertEquals(List.of(), literals.wrong);
    }

    @Test
    void whatCountsAsALiteral(@TempDir Path folder) throws IOException {
        Path source = Files.writeString(folder.resolve("Wrong.java"), """
                class Wrong {
                    // "~"
                    String text = "~", escape = "\\u2264", octal = "\\344", plain = "a\\u0062";
                    char one = '~', other = '\\u00e4', ascii = '-';
                    @Deprecated(since = "~") String block = \"""
                            // ~
                            \""";
                    int number = 0xe4;
                }
                """.replace('~', '\u2264'));
        assertEquals(
                List.of(
                        "Wrong.java:3",
                        "Wrong.java:3",
                        "Wrong.java:3",
                        "Wrong.java:4",
                        "Wrong.java:4",
                        "Wrong.java:5",
                        "Wrong.java:5"),
                Literals.of(List.of(source)).wrong);
    }

    /** Finds literals with a character outside ASCII. */
    private static final class Literals extends TreeScanner<Void, CompilationUnitTree> {
        final List<String> wrong = new ArrayList<>();
        int looked;
        private final SourcePositions positions;

        private Literals(SourcePositions positions) {
            this.positions = positions;
        }

        static Literals of(List<Path> sources) throws IOException {
            JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
            try (StandardJavaFileManager files = javac.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
                JavacTask task = (JavacTask) javac.getTask(
                        null,
                        files,
                        null,
                        List.of("-proc:none"),
                        null,
                        files.getJavaFileObjectsFromFiles(
                                sources.stream().map(Path::toFile).toList()));
                Literals literals = new Literals(Trees.instance(task).getSourcePositions());
                for (CompilationUnitTree unit : task.parse()) {
                    literals.scan(unit, unit);
                }
                return literals;
            }
        }

        @Override
        public @Nullable Void visitLiteral(LiteralTree node, CompilationUnitTree unit) {
            looked++;
            Object value = node.getValue();
            if ((value instanceof String || value instanceof Character) && !isAscii(value.toString())) {
                long start = positions.getStartPosition(unit, node);
                wrong.add(Path.of(unit.getSourceFile().getName()).getFileName() + ":"
                        + unit.getLineMap().getLineNumber(start));
            }
            return null;
        }
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

package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * The Java of documents and of the libraries' Javadoc compiles: every code block of the Javadoc of a main source, and every
 * block of Java of a document. A block is statements, or one expression. What it may use besides the JDK and the libraries
 * stands in the resource snippets/Names.java.
 */
class SnippetsTest {
    private static final Pattern JAVADOC =
            Pattern.compile("<pre>\\{@code\\R(.*?)\\R\\s*\\*\\s*\\}</pre>", Pattern.DOTALL);
    private static final Pattern MARKDOWN = Pattern.compile("(?m)^```java\\R(.*?)\\R```", Pattern.DOTALL);
    private static final Pattern PACKAGE = Pattern.compile("(?m)^package (dev\\.countersign\\.[\\w.]+);");

    /** Main sources, but not those of modules that are not published. */
    private static final String LIBRARIES =
            "/src/main/java/dev/countersign/(?!conformance|benchmarks|quickstart|servers|servlet/tests).*\\.java";

    /** Examples with a library that is not on the class path of this test; the Netty adapter compiles its own, and a contract is extended. */
    private static final Pattern FOREIGN = Pattern.compile("Flyway\\.|CountersignHandler|extends AdapterContract");

    @Test
    void theJavaOfDocumentsAndJavadocCompiles() throws IOException {
        Map<String, String> blocks = blocks();
        assertTrue(blocks.size() >= 25, blocks.size() + " blocks");
        assertEquals(List.of(), compile(blocks));
    }

    /** The test of the test. */
    @Test
    void aBlockThatDoesNotCompileIsFound() throws IOException {
        List<String> found = compile(Map.of("here", "verifier.verifyAll(head);"));
        assertEquals(1, found.size(), found.toString());
        assertTrue(found.get(0).startsWith("here: "), found.toString());
    }

    /** By the file and the number of the block in it. */
    private static Map<String, String> blocks() throws IOException {
        Map<String, String> blocks = new TreeMap<>();
        for (Path file : files()) {
            if (file.endsWith("testing.md")) {
                continue; // stands in a test that runs: TestingPageIsRunTest
            }
            boolean java = file.toString().endsWith(".java");
            Matcher matcher = (java ? JAVADOC : MARKDOWN).matcher(Files.readString(file));
            while (matcher.find()) {
                String block = Objects.requireNonNull(matcher.group(1));
                if (!FOREIGN.matcher(block).find()) {
                    blocks.put(
                            file.getFileName() + " " + blocks.size(),
                            java ? block.replaceAll("(?m)^\\s*\\* ?", "") : block);
                }
            }
        }
        return blocks;
    }

    /** Main sources of the published modules, and documents. */
    private static List<Path> files() throws IOException {
        Path root = PublishedModules.root();
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> {
                        String name = root.relativize(file).toString().replace('\\', '/');
                        return name.matches("(?!.*/?target/).*(" + LIBRARIES + "|\\.md)");
                    })
                    .sorted()
                    .toList();
        }
    }

    /** What does not compile. Nothing is written: the compiler stops before it makes classes. */
    private static List<String> compile(Map<String, String> blocks) throws IOException {
        List<JavaFileObject> sources = new ArrayList<>();
        List<String> names = List.copyOf(blocks.keySet());
        String imports = imports();
        for (int i = 0; i < names.size(); i++) {
            String block = Objects.requireNonNull(blocks.get(names.get(i)));
            String code = block.replaceAll("(?m)(^|\\s+)//.*$", "").strip();
            String body = code.endsWith(";") || code.endsWith("}") ? block : "Object value = " + block + "\n;";
            boolean returns = Pattern.compile("(?m)^return ").matcher(block).find();
            sources.add(new Source(
                    "Snippet" + i,
                    imports + "abstract class Snippet" + i + " extends Names {\n" + (returns ? "Object" : "void")
                            + " snippet() throws Exception {\n" + body + "\n}\n}\n"));
        }
        try (var in = Objects.requireNonNull(SnippetsTest.class.getResourceAsStream("/snippets/Names.java"))) {
            sources.add(new Source("Names", imports + new String(in.readAllBytes(), StandardCharsets.UTF_8)));
        }
        JavaCompiler compiler = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler());
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        List<String> options =
                List.of("-proc:none", "-implicit:none", "-classpath", System.getProperty("java.class.path", ""));
        var task = (JavacTask) compiler.getTask(new StringWriter(), null, problems, options, null, sources);
        task.analyze();
        List<String> found = new ArrayList<>();
        problems.getDiagnostics().stream()
                .filter(problem -> problem.getKind() == Diagnostic.Kind.ERROR)
                .forEach(problem -> {
                    JavaFileObject source = problem.getSource();
                    String of = source == null ? "" : source.getName().replaceAll("\\D", "");
                    found.add((of.isEmpty() ? "Names" : names.get(Integer.parseInt(of))) + ": "
                            + problem.getMessage(Locale.ROOT));
                });
        return found;
    }

    /** Every package of the libraries, as a reader of an example would import from them. */
    private static String imports() throws IOException {
        StringBuilder imports = new StringBuilder();
        for (String name :
                List.of("java.nio.charset.StandardCharsets.UTF_8", "org.junit.jupiter.api.Assertions.assertEquals")) {
            imports.append("import static ").append(name).append(";\n");
        }
        for (String name : List.of(
                "java.nio",
                "java.nio.file",
                "java.security",
                "java.time",
                "java.util",
                "java.util.concurrent",
                "javax.sql",
                "jakarta.servlet")) {
            imports.append("import ").append(name).append(".*;\n");
        }
        for (Path file : files()) {
            if (file.endsWith("package-info.java")) {
                Matcher matcher = PACKAGE.matcher(Files.readString(file));
                if (matcher.find()) {
                    imports.append("import ").append(matcher.group(1)).append(".*;\n");
                }
            }
        }
        return imports.toString();
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String name, String text) {
            super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}

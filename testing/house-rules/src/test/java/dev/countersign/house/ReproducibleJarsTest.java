package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The release profile, tried twice: from two folders, in two time zones and two languages, the same sources give the same bytes in
 * each jar, sources and Javadoc and the lists of contents included.
 */
class ReproducibleJarsTest {
    private static final long LIMIT_SECONDS = 900;
    private static final Set<String> LEFT_OUT =
            Set.of("target", ".git", ".countersign", ".cifuzz-corpus", "node_modules");

    @TempDir
    private Path folder;

    @Test
    void whatDiffersIsNamed() throws IOException {
        Path jar = jar("one.jar", "same", "a", 1_800_000_000_000L);
        assertEquals(Set.of(), differences("x.jar", jar, jar("other.jar", "same", "a", 1_800_000_000_000L)));
        assertEquals(
                Set.of("x.jar: part"), differences("x.jar", jar, jar("content.jar", "same", "b", 1_800_000_000_000L)));
        assertEquals(
                Set.of("x.jar: order or times"),
                differences("x.jar", jar, jar("time.jar", "same", "a", 1_900_000_000_000L)));
        assertEquals(
                Set.of("bom.json"), differences("bom.json", jar, jar("list.json", "other", "a", 1_800_000_000_000L)));
    }

    private Path jar(String name, String first, String content, long millis) throws IOException {
        Path jar = folder.resolve(name);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (String part : List.of(first, "part")) {
                ZipEntry entry = new ZipEntry(part);
                entry.setTime(millis);
                zip.putNextEntry(entry);
                zip.write((part.equals("part") ? content : part).getBytes(StandardCharsets.UTF_8));
            }
        }
        return jar;
    }

    @Test
    @Tag("full")
    void theSameSourcesGiveTheSameBytes() throws Exception {
        Path one = copy("one");
        Path other = copy("the other");
        Set<String> modules = published();
        String version = version();
        build(one, modules, "-Duser.timezone=UTC -Duser.language=en");
        build(other, modules, "-Duser.timezone=Pacific/Auckland -Duser.language=de");

        Map<String, Path> first = artifacts(one);
        Map<String, Path> second = artifacts(other);
        assertEquals(first.keySet(), second.keySet());
        for (String module : modules) {
            String name = module.substring(module.lastIndexOf('/') + 1);
            for (String end : List.of(".jar", "-sources.jar", "-javadoc.jar")) {
                String jar = module + "/target/countersign-" + name + "-" + version + end;
                assertTrue(first.containsKey(jar), jar + " is not among " + first.keySet());
            }
            assertTrue(first.containsKey(module + "/target/bom.json"), module + " has no list of its contents");
        }
        Set<String> different = new TreeSet<>();
        for (Map.Entry<String, Path> artifact : first.entrySet()) {
            different.addAll(differences(
                    artifact.getKey(), artifact.getValue(), second.getOrDefault(artifact.getKey(), folder)));
        }
        assertEquals(Set.of(), different);
    }

    /** The modules that this one lists, for it lists all that are published; by folder. */
    private static Set<String> published() throws IOException {
        Map<String, String> folders = new HashMap<>();
        for (String module : between(Files.readString(root().resolve("pom.xml")), "<module>", "</module>")) {
            Path pom = root().resolve(module).resolve("pom.xml");
            folders.put(
                    between(Files.readString(pom), "<artifactId>", "</artifactId>")
                            .get(1),
                    module);
        }
        Set<String> published = new TreeSet<>();
        for (String artifact : between(
                Files.readString(PublishedModules.folder().resolve("pom.xml")), "<artifactId>", "</artifactId>")) {
            if (artifact.startsWith("countersign-") && folders.containsKey(artifact)) {
                published.add(folders.getOrDefault(artifact, ""));
            }
        }
        published.remove("testing/house-rules");
        assertTrue(published.size() > 7, published.toString());
        return published;
    }

    private static List<String> between(String text, String before, String after) {
        List<String> found = new ArrayList<>();
        for (int at = text.indexOf(before); at >= 0; at = text.indexOf(before, at + 1)) {
            found.add(text.substring(at + before.length(), text.indexOf(after, at)));
        }
        return found;
    }

    private static String version() throws IOException {
        return between(Files.readString(root().resolve("pom.xml")), "<version>", "</version>")
                .get(0);
    }

    private static Path root() {
        return PublishedModules.root();
    }

    /** The sources as they are now, without what builds and servers leave. */
    private Path copy(String name) throws IOException {
        Path copy = folder.resolve(name);
        Files.walkFileTree(root(), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                String last = String.valueOf(directory.getFileName());
                return LEFT_OUT.contains(last) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path target = copy.resolve(root().relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
                return FileVisitResult.CONTINUE;
            }
        });
        return copy;
    }

    private void build(Path copy, Set<String> modules, String mavenOptions) throws Exception {
        run(
                copy,
                List.of(
                        "mvn",
                        "-B",
                        "-ntp",
                        "-q",
                        "-Prelease",
                        "-Dmaven.test.skip=true",
                        "-pl",
                        String.join(",", modules),
                        "-am",
                        "package"),
                mavenOptions);
    }

    private void run(Path where, List<String> command, String mavenOptions) throws Exception {
        Path output = Files.createTempFile(folder, "output", ".txt");
        Path errors = Files.createTempFile(folder, "errors", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(where.toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        builder.environment().put("MAVEN_OPTS", mavenOptions);
        Process process = builder.start();
        process.getOutputStream().close();
        boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly().waitFor();
        }
        String printed = Files.readString(output, StandardCharsets.UTF_8);
        assertTrue(ended, command + " does not end:\n" + printed);
        assertEquals(0, process.exitValue(), command + ":\n" + printed + Files.readString(errors));
    }

    private static Map<String, Path> artifacts(Path copy) throws IOException {
        Map<String, Path> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(copy)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = copy.relativize(file).toString();
                if (name.matches(".*/target/(countersign-[^/]*\\.jar|bom\\.json)")) {
                    found.put(name, file);
                }
            }
        }
        return found;
    }

    /** Which parts of two jars differ, or which whole files. */
    private static Set<String> differences(String name, Path one, Path other) throws IOException {
        Set<String> different = new TreeSet<>();
        if (Files.mismatch(one, other) < 0) {
            return different;
        }
        if (!name.endsWith(".jar")) {
            return Set.of(name);
        }
        Map<String, String> first = entries(one);
        Map<String, String> second = entries(other);
        Set<String> all = new TreeSet<>(first.keySet());
        all.addAll(second.keySet());
        for (String entry : all) {
            if (!first.getOrDefault(entry, "missing").equals(second.getOrDefault(entry, "missing"))) {
                different.add(name + ": " + entry);
            }
        }
        return different.isEmpty() ? Set.of(name + ": order or times") : different;
    }

    private static Map<String, String> entries(Path jar) throws IOException {
        Map<String, String> entries = new TreeMap<>();
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            for (ZipEntry entry : zip.stream().toList()) {
                try (InputStream in = zip.getInputStream(entry)) {
                    entries.put(entry.getName(), sha256(in.readAllBytes()));
                }
            }
        }
        return entries;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException absurd) {
            throw new IllegalStateException(absurd);
        }
    }
}

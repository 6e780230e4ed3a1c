package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A change of what users compile against is a change of a committed file, which a reviewer sees. */
class ApiBaselineTest {
    private static final Path BASELINES = PublishedModules.folder().resolve("src/test/resources/api");
    private static final boolean UPDATE = Boolean.getBoolean("api.update");

    @ParameterizedTest
    @MethodSource("modules")
    void apiIsAsCommitted(String name) throws Exception {
        ModuleReference module = PublishedModules.named(name);
        List<String> actual = ApiPrinter.print(module);
        Path file = BASELINES.resolve(name + ".txt");
        if (UPDATE) {
            Files.createDirectories(BASELINES);
            Files.writeString(file, String.join("\n", actual) + "\n");
        }
        List<String> committed = Files.exists(file) ? Files.readAllLines(file) : List.of();
        List<String> difference = difference(committed, actual);
        assertTrue(
                difference.isEmpty(),
                () -> "the API of " + name + " is not the one in " + file.getFileName()
                        + ". If it is meant to change, write the files anew and commit them:\n"
                        + "  mvn verify -pl testing/house-rules -am -Dapi.update=true -Dtest=ApiBaselineTest"
                        + " -Dsurefire.failIfNoSpecifiedTests=false\n"
                        + String.join("\n", difference));
        assertEquals(committed, actual);
    }

    @Test
    void noBaselineOfAModuleThatIsGone() throws Exception {
        Set<String> expected = new TreeSet<>();
        PublishedModules.all().keySet().forEach(name -> expected.add(name + ".txt"));
        try (Stream<Path> files = Files.list(BASELINES)) {
            Set<String> present = new TreeSet<>();
            files.forEach(file -> present.add(String.valueOf(file.getFileName())));
            assertEquals(expected, present);
        }
    }

    /** What the printer must see: a sample with one of each. */
    public abstract static sealed class Sample<T extends Comparable<T>> implements Comparable<Sample<T>> {
        public static final int NUMBER = 7;
        protected static final String TEXT = "seven";
        protected @Nullable String field;
        int hidden;

        protected Sample(byte @Nullable [] bytes) {}

        public abstract <X extends Exception> @Nullable T find(List<? extends @Nullable T> from, String[]... more)
                throws X;

        void invisible() {}

        @Override
        public int compareTo(Sample<T> other) {
            return 0;
        }
    }

    static final class OnlySample extends Sample<String> {
        OnlySample() {
            super(null);
        }

        @Override
        public <X extends Exception> @Nullable String find(List<? extends @Nullable String> from, String[]... more) {
            return null;
        }
    }

    @Test
    void thePrinterShowsMembersAndNullness() throws Exception {
        String name = Sample.class.getName();
        assertEquals(
                List.of(
                        "public abstract static sealed class " + name
                                + "<T extends java.lang.Comparable<T>> implements" + " java.lang.Comparable<" + name
                                + "<T>> permits " + OnlySample.class.getName(),
                        "  protected <init>(byte @Nullable [])",
                        "  protected @Nullable java.lang.String field",
                        "  protected static final java.lang.String TEXT = seven",
                        "  public abstract <X extends java.lang.Exception> @Nullable T find(java.util.List<? extends"
                                + " @Nullable T>, java.lang.String[][]) throws X",
                        "  public int compareTo(" + name + "<T>)",
                        "  public static final int NUMBER = 7"),
                ApiPrinter.print(Sample.class));
        assertFalse(ApiPrinter.print(OnlySample.class).isEmpty());
    }

    @Test
    void theDifferenceNamesLines() {
        assertEquals(List.of("- b", "+ c"), difference(List.of("a", "b"), List.of("a", "c")));
        assertEquals(List.of(), difference(List.of("a", "b"), List.of("a", "b")));
    }

    /** Each line under the type it belongs to, so that equal members of two types are not mixed up. */
    private static List<String> difference(List<String> committed, List<String> actual) {
        List<String> difference = new ArrayList<>();
        Set<String> before = new TreeSet<>(qualified(committed));
        Set<String> after = new TreeSet<>(qualified(actual));
        before.stream().filter(line -> !after.contains(line)).forEach(line -> difference.add("- " + line));
        after.stream().filter(line -> !before.contains(line)).forEach(line -> difference.add("+ " + line));
        return difference;
    }

    private static List<String> qualified(List<String> lines) {
        List<String> qualified = new ArrayList<>();
        String type = "";
        for (String line : lines) {
            if (line.startsWith("  ")) {
                qualified.add(type + " |" + line);
            } else if (!line.isEmpty()) {
                type = line;
                qualified.add(line);
            }
        }
        return qualified;
    }

    static List<String> modules() {
        return List.copyOf(PublishedModules.all().keySet());
    }
}

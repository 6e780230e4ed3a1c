package dev.countersign.conformance.mutants;

import dev.countersign.conformance.suite.Case;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * What a mutant must fail, as {@code src/test/resources/mutants/<name>.txt} says: lines with {@code #}, the mistake, its
 * origin, and why it fails exactly these cases; bounds, which a reviewer wrote without looking at the list; and the list
 * of ids. Bounds:
 *
 * <ul>
 *   <li>{@code only: term}: every case on the list fits this {@link CaseTerm}
 *   <li>{@code all: term}: every case that fits is on the list
 *   <li>{@code must: id}: this case is on the list
 * </ul>
 */
final class MutantFile {
    private static final Path FOLDER = Path.of("src", "test", "resources", "mutants");

    private final Mutant mutant;
    private final List<String> head;
    private final List<String> ids;

    private MutantFile(Mutant mutant, List<String> head, List<String> ids) {
        this.mutant = mutant;
        this.head = head;
        this.ids = ids;
    }

    static MutantFile read(Mutant mutant) throws IOException {
        List<String> head = new ArrayList<>();
        List<String> ids = new ArrayList<>();
        Path path = path(mutant);
        if (Files.exists(path)) {
            for (String line : Files.readAllLines(path)) {
                (isId(line) ? ids : head).add(line);
            }
        }
        return new MutantFile(mutant, head, ids);
    }

    private static boolean isId(String line) {
        return !line.isBlank() && !line.startsWith("#") && !line.contains(": ");
    }

    private static Path path(Mutant mutant) {
        return FOLDER.resolve(mutant.label() + ".txt");
    }

    /** The listed ids, in the order of the suite. */
    List<String> ids() {
        return List.copyOf(ids);
    }

    /** The names of all files that are there. */
    static List<String> names() throws IOException {
        try (var files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** The same head, another list; the first two lines say what the mutant says of itself. */
    void rewrite(List<String> failed) throws IOException {
        List<String> lines = new ArrayList<>(firstLines());
        lines.addAll(head.subList(Math.min(2, head.size()), head.size()));
        if (head.size() <= 2) {
            lines.addAll(List.of("#", "# Why these: TODO", "", "only: TODO", ""));
        }
        lines.addAll(failed);
        Files.createDirectories(FOLDER);
        Files.write(path(mutant), lines);
    }

    private List<String> firstLines() {
        return List.of("# " + mutant.mistake, "# Origin: " + mutant.origin);
    }

    /** What is wrong with the file itself, given what fails; empty if nothing is. */
    List<String> objections(List<Case> suite, List<String> failed) {
        List<String> objections = new ArrayList<>();
        if (head.size() < 2 || !head.subList(0, 2).equals(firstLines())) {
            objections.add("the file does not begin with " + firstLines());
        }
        if (head.stream().noneMatch(line -> line.startsWith("# Why these: "))
                || head.toString().contains("TODO")) {
            objections.add("the file does not say why these cases");
        }
        missing(failed, ids).forEach(id -> objections.add("is to fail and passes: " + id));
        missing(ids, failed).forEach(id -> objections.add("is to pass and fails: " + id));
        int bounds = 0;
        for (String line : head) {
            if (line.startsWith("only: ")) {
                CaseTerm term = CaseTerm.of(line.substring("only: ".length()));
                suite.stream()
                        .filter(aCase -> failed.contains(aCase.id()) && !term.test(aCase))
                        .forEach(aCase -> objections.add("fails and is not " + term + ": " + aCase.id()));
                bounds++;
            } else if (line.startsWith("all: ")) {
                CaseTerm term = CaseTerm.of(line.substring("all: ".length()));
                suite.stream()
                        .filter(aCase -> !failed.contains(aCase.id()) && term.test(aCase))
                        .forEach(aCase -> objections.add("passes and is " + term + ": " + aCase.id()));
                bounds++;
            } else if (line.startsWith("must: ")) {
                missing(failed, List.of(line.substring("must: ".length()).split(" ")))
                        .forEach(id -> objections.add("must fail and passes: " + id));
                bounds++;
            }
        }
        if (bounds == 0) {
            objections.add("the file has no bound: only, all or must");
        }
        return objections;
    }

    private static List<String> missing(List<String> from, List<String> all) {
        TreeSet<String> missing = new TreeSet<>(all);
        missing.removeAll(from);
        return List.copyOf(missing);
    }
}

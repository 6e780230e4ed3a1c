package dev.countersign.conformance.runner;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Suite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Cases that are announced to fail: one id on a line, the rest of a line after {@code #} being a comment. The list must
 * be true: an entry whose case passes or is skipped, and one that names no case, is stale. Of cases that were not
 * selected nothing is known, so their entries are left alone.
 *
 * @param ids in the order of the file
 */
public record KnownFailing(Set<String> ids) {
    /** Nothing is announced. */
    public static final KnownFailing NONE = new KnownFailing(Set.of());

    /** Makes the set unmodifiable. */
    public KnownFailing {
        ids = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(ids));
    }

    /** Reads the text of such a file. */
    public static KnownFailing parse(String text) {
        Set<String> ids = new LinkedHashSet<>();
        text.lines()
                .map(line -> line.replaceFirst("#.*", "").strip())
                .filter(line -> !line.isEmpty())
                .forEach(ids::add);
        return new KnownFailing(ids);
    }

    /**
     * Reads such a file.
     *
     * @throws IOException if it cannot be read
     */
    public static KnownFailing read(Path file) throws IOException {
        return parse(Files.readString(file));
    }

    /** The result, marked if it is an announced failure. */
    CaseResult mark(CaseResult result) {
        boolean announced = result.outcome() == Outcome.FAILED
                && ids.contains(result.subject().id());
        return announced ? result.asKnownFailing() : result;
    }

    /** Entries that are not true; {@link RunResult#whyStale} tells why. */
    List<String> stale(Suite suite, List<CaseResult> results) {
        List<String> stale = new ArrayList<>();
        for (String id : ids) {
            if (suite.cases().stream().map(Case::id).noneMatch(id::equals)) {
                stale.add(id);
            }
        }
        for (CaseResult result : results) {
            if (ids.contains(result.subject().id()) && result.outcome() != Outcome.FAILED) {
                stale.add(result.subject().id());
            }
        }
        return stale;
    }
}

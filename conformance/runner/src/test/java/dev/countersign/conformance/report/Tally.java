package dev.countersign.conformance.report;

import dev.countersign.conformance.runner.CaseResult;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** How many cases ended how. */
final class Tally {
    private final EnumMap<Ending, Integer> counts = new EnumMap<>(Ending.class);

    void add(CaseResult result) {
        counts.merge(Ending.of(result), 1, Integer::sum);
    }

    int count(Ending ending) {
        return counts.getOrDefault(ending, 0);
    }

    int all() {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Failures, announced or not. */
    int failures() {
        return count(Ending.FAILED) + count(Ending.KNOWN_FAILING);
    }

    static Tally of(List<CaseResult> results) {
        Tally tally = new Tally();
        results.forEach(tally::add);
        return tally;
    }

    /** One for each name, in the order in which the names come up. */
    static Map<String, Tally> by(Function<CaseResult, List<String>> names, List<CaseResult> results) {
        Map<String, Tally> tallies = new LinkedHashMap<>();
        for (CaseResult result : results) {
            for (String name : names.apply(result)) {
                tallies.computeIfAbsent(name, first -> new Tally()).add(result);
            }
        }
        return tallies;
    }
}

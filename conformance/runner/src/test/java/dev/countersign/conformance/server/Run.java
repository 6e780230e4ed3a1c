package dev.countersign.conformance.server;

import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.runner.Subject;
import dev.countersign.conformance.suite.Case;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a test's run found. */
record Run(List<CaseResult> results) {
    static Run of(Subject subject, List<Case> cases) {
        List<CaseResult> results = new ArrayList<>();
        subject.run(cases, results::add);
        return new Run(results);
    }

    List<String> ids(Outcome outcome) {
        return results.stream()
                .filter(result -> result.outcome() == outcome)
                .map(result -> result.subject().id())
                .toList();
    }

    /** Each failure on a line. */
    List<String> failures() {
        return results.stream()
                .filter(result -> result.outcome() == Outcome.FAILED)
                .map(result -> result.subject().id() + ": " + result.detail())
                .toList();
    }

    /** The reasons of the skips, and how many cases each has. */
    Map<String, Integer> skips() {
        Map<String, Integer> skips = new TreeMap<>();
        results.stream()
                .filter(result -> result.outcome() == Outcome.SKIPPED)
                .forEach(result -> skips.merge(result.detail(), 1, Integer::sum));
        return skips;
    }

    CaseResult result(String name) {
        return results.stream()
                .filter(result -> result.subject().id().equals("live/" + name))
                .findFirst()
                .orElseThrow();
    }
}

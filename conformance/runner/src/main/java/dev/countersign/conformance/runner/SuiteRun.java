package dev.countersign.conformance.runner;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Suite;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** One run: a subject is asked the selected cases, and what comes of it is counted. */
public final class SuiteRun {
    private SuiteRun() {}

    /**
     * Runs.
     *
     * @param selected cases of the suite, in its order
     * @param progress gets each result when it is known
     */
    public static RunResult run(
            Suite suite, List<Case> selected, Subject subject, KnownFailing known, Consumer<CaseResult> progress) {
        Map<String, CaseResult> byId = new HashMap<>();
        List<String> faults = new ArrayList<>();
        subject.run(selected, result -> {
            CaseResult marked = known.mark(result);
            if (byId.putIfAbsent(marked.subject().id(), marked) == null) {
                progress.accept(marked);
            } else {
                faults.add("the runner judged " + marked.subject().id() + " twice; please report this");
            }
        });
        List<CaseResult> results = new ArrayList<>();
        for (Case one : selected) {
            CaseResult result = byId.get(one.id());
            // Green is what was counted, so a case that got lost on the way counts, too.
            results.add(
                    result == null
                            ? CaseResult.broken(one, -1, "the runner lost this case; please report this", 0)
                            : result);
        }
        faults.addAll(subject.faults());
        return new RunResult(
                subject.implementation(),
                subject.language(),
                subject.target(),
                suite.suiteVersion(),
                results,
                known.stale(suite, results),
                faults);
    }
}

package dev.countersign.conformance.report;

import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Cases;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Suite;
import java.util.List;

/** Runs to report on. */
final class Runs {
    static final Case GOOD = Cases.stateless("g/good", "/ok");
    static final Case BAD = Cases.stateless("g/bad", "/wrong");
    static final Case BROKEN = Cases.stateful("h/broken", "/die");
    static final Case KNOWN = Cases.stateless("h/known", "/wrong");
    static final Case SKIPPED = Cases.stateless("h/skipped", "/skip");
    static final Suite SUITE = Cases.suite(List.of(GOOD, BAD, BROKEN, KNOWN, SKIPPED));

    private Runs() {}

    /** One of each kind. */
    static RunResult mixed() {
        return run(
                List.of("h/gone"),
                List.of("did not exit"),
                CaseResult.passed(GOOD, 1_500_000),
                wrong(BAD),
                CaseResult.broken(BROKEN, 1, "the harness ended with exit code 7; last lines:\nhelp\u0007!", 5),
                wrong(KNOWN).asKnownFailing(),
                CaseResult.skipped(SKIPPED, "cannot <do> \"it\"", 5));
    }

    static RunResult run(List<String> stale, List<String> faults, CaseResult... results) {
        return new RunResult("impl 1", "Go", "./harness", "1.2.3", List.of(results), stale, faults);
    }

    static CaseResult wrong(Case subject) {
        return CaseResult.wrong(
                subject, 0, List.of(new Mismatch("messageHex", "00", "01")), Json.parse("{\"id\":3}"), 5);
    }
}

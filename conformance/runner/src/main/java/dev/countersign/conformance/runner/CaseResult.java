package dev.countersign.conformance.runner;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.conformance.suite.Case;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of one case.
 *
 * @param subject the case
 * @param outcome how it ended
 * @param detail why it failed or was skipped, in a sentence, maybe with what the harness wrote to its standard error on
 *     further lines; empty if it passed
 * @param step the step that failed, from 0; −1 if none did
 * @param mismatches of that step
 * @param answer the answer of that step as it came, or null
 * @param knownFailing whether the case was named as failing beforehand
 * @param micros how long it took
 */
public record CaseResult(
        Case subject,
        Outcome outcome,
        String detail,
        int step,
        List<Mismatch> mismatches,
        @Nullable JsonNode answer,
        boolean knownFailing,
        long micros) {
    /** Makes the list unmodifiable. */
    public CaseResult {
        mismatches = List.copyOf(mismatches);
    }

    /** Every answer was right. */
    public static CaseResult passed(Case subject, long micros) {
        return new CaseResult(subject, Outcome.PASSED, "", -1, List.of(), null, false, micros);
    }

    /** Not judged. */
    public static CaseResult skipped(Case subject, String why, long micros) {
        return new CaseResult(subject, Outcome.SKIPPED, why, -1, List.of(), null, false, micros);
    }

    /** Failed without an answer that could be compared. */
    public static CaseResult broken(Case subject, int step, String why, long micros) {
        return new CaseResult(subject, Outcome.FAILED, why, step, List.of(), null, false, micros);
    }

    /** Failed because an answer was not as expected. */
    public static CaseResult wrong(Case subject, int step, List<Mismatch> mismatches, JsonNode answer, long micros) {
        Mismatch first = mismatches.get(0);
        String detail = first.field() + ": expected " + Shown.excerpt(first.expected()) + ", was "
                + Shown.excerpt(first.actual());
        return new CaseResult(subject, Outcome.FAILED, detail, step, mismatches, answer, false, micros);
    }

    /** Whether it counts against the implementation: it failed, and nobody said it would. */
    public boolean isUnexpectedFailure() {
        return outcome == Outcome.FAILED && !knownFailing;
    }

    /** The same result, named as failing beforehand. */
    public CaseResult asKnownFailing() {
        return new CaseResult(subject, outcome, detail, step, mismatches, answer, true, micros);
    }
}

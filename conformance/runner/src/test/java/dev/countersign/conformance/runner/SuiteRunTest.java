package dev.countersign.conformance.runner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Counting, announced failures, and what is never green. */
class SuiteRunTest {
    private static final Case A = Cases.stateless("g/a", "/ok");
    private static final Case B = Cases.stateless("g/b", "/ok");
    private static final Case C = Cases.stateless("h/c", "/ok");

    /** Gives these results, in this order. */
    private record Canned(List<CaseResult> results, List<String> faults) implements Subject {
        Canned(CaseResult... results) {
            this(List.of(results), List.of());
        }

        @Override
        public String implementation() {
            return "canned 1";
        }

        @Override
        public String language() {
            return "none";
        }

        @Override
        public String target() {
            return "here";
        }

        @Override
        public void run(List<Case> cases, Consumer<CaseResult> done) {
            results.forEach(done);
        }

        @Override
        public void close() {}
    }

    private static RunResult run(List<Case> selected, String known, Subject subject) {
        return SuiteRun.run(Cases.suite(List.of(A, B, C)), selected, subject, KnownFailing.parse(known), result -> {});
    }

    private static CaseResult passed(Case subject) {
        return CaseResult.passed(subject, 1);
    }

    private static CaseResult failed(Case subject) {
        return CaseResult.wrong(subject, 0, List.of(new Mismatch("x", "1", "2")), Json.object(), 1);
    }

    private static CaseResult skipped(Case subject) {
        return CaseResult.skipped(subject, "why", 1);
    }

    @Test
    void resultsAreInTheSuitesOrder() {
        RunResult run = run(List.of(A, B, C), "", new Canned(passed(C), passed(A), failed(B)));
        assertEquals(
                List.of(A, B, C),
                run.results().stream().map(CaseResult::subject).toList());
        assertEquals(1, run.unexpectedFailures());
        assertFalse(run.isGreen());
    }

    @Test
    void allPassedIsGreen() {
        assertTrue(run(List.of(A, B), "", new Canned(passed(A), skipped(B))).isGreen());
    }

    @Test
    void aCaseThatIsNeverReportedCountsAsFailed() {
        RunResult run = run(List.of(A, B), "", new Canned(passed(A)));
        assertEquals(1, run.unexpectedFailures());
        assertFalse(run.isGreen());
    }

    @Test
    void aCaseThatIsReportedTwiceIsAFault() {
        RunResult run = run(List.of(A), "", new Canned(failed(A), passed(A)));
        assertEquals(1, run.unexpectedFailures());
        assertEquals(1, run.faults().size());
        assertFalse(run(List.of(A), "", new Canned(passed(A), passed(A))).isGreen());
    }

    @Test
    void aFaultIsNotGreen() {
        assertFalse(run(List.of(A), "", new Canned(List.of(passed(A)), List.of("broken")))
                .isGreen());
    }

    @Test
    void anAnnouncedFailureIsGreen() {
        RunResult run = run(List.of(A, B), "# all of it\n\ng/b # issue 7\n", new Canned(passed(A), failed(B)));
        assertEquals(List.of(), run.stale());
        assertEquals(0, run.unexpectedFailures());
        assertEquals(1, run.knownFailures());
        assertTrue(run.isGreen());
    }

    @Test
    void announcedFailuresAloneAreNotGreen() {
        RunResult run = run(List.of(B), "g/b", new Canned(failed(B)));
        assertEquals(List.of(), run.stale());
        assertFalse(run.isGreen());
    }

    @Test
    void anAnnouncedCaseThatPassesIsStale() {
        RunResult run = run(List.of(A, B), "g/a\ng/b", new Canned(passed(A), failed(B)));
        assertEquals(List.of("g/a"), run.stale());
        assertEquals("the case passed", run.whyStale("g/a"));
        assertFalse(run.isGreen());
    }

    @Test
    void anAnnouncedCaseThatIsSkippedIsStale() {
        RunResult run = run(List.of(A, B), "g/b", new Canned(passed(A), skipped(B)));
        assertEquals(List.of("g/b"), run.stale());
        assertEquals("the case was skipped (why)", run.whyStale("g/b"));
        assertFalse(run.isGreen());
    }

    @Test
    void anAnnouncedCaseThatDoesNotExistIsStale() {
        RunResult run = run(List.of(A), "g/*", new Canned(passed(A)));
        assertEquals(List.of("g/*"), run.stale());
        assertEquals("there is no such case", run.whyStale("g/*"));
        assertFalse(run.isGreen());
    }

    @Test
    void ofACaseThatWasNotSelectedNothingIsKnown() {
        RunResult run = run(List.of(A), "h/c", new Canned(passed(A)));
        assertEquals(List.of(), run.stale());
        assertTrue(run.isGreen());
    }

    @Test
    void nothingIsNotGreen() {
        assertFalse(run(List.of(), "", new Canned()).isGreen());
        assertFalse(run(List.of(A), "", new Canned(skipped(A))).isGreen());
    }
}

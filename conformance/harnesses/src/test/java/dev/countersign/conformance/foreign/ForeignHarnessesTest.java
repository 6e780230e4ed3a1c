package dev.countersign.conformance.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.report.ConsoleReport;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.HarnessSubject;
import dev.countersign.conformance.runner.KnownFailing;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.runner.SuiteRun;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Suite;
import dev.countersign.conformance.suite.SuiteFiles;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every harness gives every answer of the suite that it can give. The vectors and four other readers of the protocol agree. */
@Tag("full")
class ForeignHarnessesTest {
    /** So many cases there were once; there are never fewer. */
    private static final int WHOLE_SUITE = 1450;

    /** So many of them need no whole verifier. */
    private static final int PRIMITIVES = 320;

    /** And so many can be asked of an SDK without settings and without a life of keys. */
    private static final int EXAMPLE = 800;

    /** What the shell harness leaves out, and what it says then. */
    private static final Map<Role, String> OPENSSL_SKIPS = Map.of(
            Role.VERIFIER, "the harness does not offer reset",
            Role.KEYS, "only point, compressed, spki and pem");

    private final Suite suite = SuiteFiles.bundled();

    @ParameterizedTest
    @EnumSource(names = {"NODE", "PYTHON", "GO", "KOTLIN"})
    void wholeImplementationPassesEverything(Implementation implementation) {
        // They name the reasons as the library does, so that part of an answer is compared, too.
        RunResult run = run(implementation, true);
        assertEquals(suite.cases().size(), run.count(Outcome.PASSED), () -> report(run));
        assertTrue(run.count(Outcome.PASSED) >= WHOLE_SUITE, () -> "the suite has shrunk: " + report(run));
    }

    @Test
    void opensslPassesWhatItCanAnswer() {
        RunResult run = run(Implementation.OPENSSL, false);
        assertTrue(run.count(Outcome.PASSED) >= PRIMITIVES, () -> report(run));
        for (CaseResult result : run.results()) {
            if (result.outcome() == Outcome.SKIPPED) {
                Role role = result.subject().role();
                assertEquals(
                        OPENSSL_SKIPS.get(role),
                        result.detail(),
                        () -> result.subject().id() + " is not for it to skip");
            }
        }
    }

    @Test
    void exampleOfTheGuidePassesWhatItCanAnswer() {
        RunResult run = run(Implementation.startExample());
        assertTrue(run.count(Outcome.PASSED) >= EXAMPLE, () -> report(run));
    }

    private RunResult run(Implementation implementation, boolean reasons) {
        return run(implementation.start(reasons));
    }

    private RunResult run(HarnessSubject started) {
        try (started) {
            RunResult run = SuiteRun.run(suite, suite.cases(), started, KnownFailing.NONE, result -> {});
            assertTrue(run.unexpectedFailures() == 0 && run.faults().isEmpty(), () -> report(run));
            return run;
        }
    }

    private String report(RunResult run) {
        StringWriter text = new StringWriter();
        ConsoleReport console =
                new ConsoleReport(new PrintWriter(text, true), suite, ConsoleReport.Detail.USUAL, false, false);
        console.started(
                run.implementation(),
                run.language(),
                run.target(),
                run.results().size());
        console.finished(run);
        return text.toString();
    }
}

package dev.countersign.conformance.findings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.foreign.Tool;
import dev.countersign.conformance.runner.HarnessLimits;
import dev.countersign.conformance.runner.HarnessSubject;
import dev.countersign.conformance.runner.Judge;
import dev.countersign.conformance.runner.KnownFailing;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.runner.SuiteRun;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Suite;
import dev.countersign.conformance.suite.SuiteFiles;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The bare harnesses of {@code findings/} still measure something: each answers many cases as the protocol wants, and some
 * otherwise. Which ones depends on installed versions, so the table in docs/p256-findings.md is not compared.
 */
@Tag("full")
class BareHarnessesTest {
    private static final String JAVA = ProcessHandle.current().info().command().orElse("java");
    private static final HarnessLimits LIMITS =
            HarnessLimits.USUAL.withStart(Duration.ofMinutes(3)).withAnswer(Duration.ofMinutes(1));

    private static final Suite SUITE = SuiteFiles.bundled();

    /** What is run, and how many cases it answers at least. */
    enum Bare {
        NODE(150, "node", "findings/bare.mjs", "crypto"),
        NODE_WEB_CRYPTO(80, "node", "findings/bare.mjs", "webcrypto"),
        PYTHON(150, Tool.python(), "findings/bare.py"),
        GO(150, "go", "run", "findings/bare.go"),
        OPENSSL(150, "python3", "findings/bare-openssl.py"),
        SUN_EC(150, JAVA, "-cp", classPath(), "findings/BareJca.java", "SunEC"),
        BOUNCY_CASTLE_PROVIDER(150, JAVA, "-cp", classPath(), "findings/BareJca.java", "BC"),
        BOUNCY_CASTLE(150, JAVA, "-cp", classPath(), "findings/BareBouncyCastle.java", "asn1");

        private final int judged;
        private final String command;

        Bare(int judged, String... words) {
            this.judged = judged;
            this.command = Tool.commandLine(List.of(words));
        }

        private static String classPath() {
            return System.getProperty("java.class.path");
        }
    }

    @ParameterizedTest
    @EnumSource
    void differsFromTheProtocolInSomeCasesOnly(Bare bare) {
        List<Case> cases = SUITE.cases().stream()
                .filter(each -> Set.of(Role.KEYS, Role.SIGNATURE).contains(each.role()))
                .toList();
        RunResult run;
        try (HarnessSubject subject = HarnessSubject.start(bare.command, new Judge(false), LIMITS)) {
            run = SuiteRun.run(SUITE, cases, subject, KnownFailing.NONE, result -> {});
        }
        List<String> failed = run.results().stream()
                .filter(result -> result.outcome() == Outcome.FAILED)
                .map(result -> result.subject().id())
                .toList();
        assertEquals(List.of(), run.faults());
        assertTrue(run.judged() >= bare.judged, () -> run.judged() + " judged; failed: " + failed);
        assertTrue(!failed.isEmpty(), "no difference at all: does it read strictly before the library does?");
        assertTrue(failed.size() < run.judged() / 2, () -> "more than half differ: " + failed);
    }
}

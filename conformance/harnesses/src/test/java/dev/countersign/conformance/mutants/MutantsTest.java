package dev.countersign.conformance.mutants;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.countersign.conformance.generator.SuiteGenerator;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.HarnessLimits;
import dev.countersign.conformance.runner.HarnessSubject;
import dev.countersign.conformance.runner.Judge;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Step;
import dev.countersign.conformance.suite.Suite;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The runner fails each mutant on exactly the cases that a reviewed file lists. It asks all of them in one process, one
 * after the other; {@link MutantCommandTest} does the same with the whole command for a few.
 *
 * <p>After the suite has changed, {@code -Dmutants.update=true} rewrites the lists of ids:
 *
 * <pre>mvn -pl conformance/harnesses -am verify -Dtest=MutantsTest -Dsurefire.failIfNoSpecifiedTests=false -Dmutants.update=true
 * </pre>
 *
 * <p>The texts and the bounds before the lists stay, and are checked again in the next run without it. Read the difference
 * before you commit it: for each case that came or went, does the reason at the top of the file still hold? A new mutant
 * gets a file with a reason to be filled in.
 */
class MutantsTest {
    private static final String BETWEEN = "//";

    private static Suite suite = new Suite("none", List.of(), List.of(), List.of());
    private static final Map<Mutant, List<CaseResult>> RESULTS = new EnumMap<>(Mutant.class);

    @BeforeAll
    static void askEveryMutant() {
        suite = SuiteGenerator.suite();
        List<Case> questions = new ArrayList<>();
        for (Mutant mutant : Mutant.values()) {
            RESULTS.put(mutant, new ArrayList<>());
            questions.add(become(mutant));
            suite.cases().forEach(aCase -> questions.add(asked(mutant, aCase)));
        }
        // One case under way at a time, or one could be answered by the next mutant; and no second process, which would
        // not know whose turn it is.
        HarnessLimits usual = HarnessLimits.USUAL;
        HarnessLimits limits = new HarnessLimits(usual.start(), usual.answer(), usual.end(), usual.lineBytes(), 1, 0);
        try (HarnessSubject subject =
                HarnessSubject.start(TestJava.command(MutantMain.Switch.OPTION), new Judge(false), limits)) {
            subject.run(questions, result -> {
                String[] id = result.subject().id().split(BETWEEN, 2);
                results(Mutant.of(id[0])).add(result);
            });
            assertEquals(List.of(), subject.faults());
        }
    }

    private static List<CaseResult> results(Mutant mutant) {
        return RESULTS.getOrDefault(mutant, List.of());
    }

    private static Case become(Mutant mutant) {
        Step step =
                new Step(MutantMain.Switch.become(mutant.label()), Json.object().put("ok", true), null, null);
        return new Case(
                mutant.label() + BETWEEN + "become",
                Role.MESSAGE,
                "none",
                List.of(),
                true,
                "The process is this mutant now.",
                null,
                List.of(),
                List.of(step));
    }

    private static Case asked(Mutant mutant, Case aCase) {
        return new Case(
                mutant.label() + BETWEEN + aCase.id(),
                aCase.role(),
                aCase.rule(),
                aCase.flags(),
                aCase.positive(),
                aCase.comment(),
                aCase.difference(),
                aCase.needs(),
                aCase.steps());
    }

    @ParameterizedTest
    @EnumSource
    void failsExactlyTheExpectedCases(Mutant mutant) throws IOException {
        List<CaseResult> results = results(mutant);
        assertEquals(suite.cases().size() + 1, results.size());
        List<String> skipped = ids(results, Outcome.SKIPPED);
        assertEquals(List.of(), skipped, () -> mutant.label() + " is not to skip anything: " + skipped);
        List<String> broken = results.stream()
                .filter(result -> result.outcome() == Outcome.FAILED
                        && result.mismatches().isEmpty())
                .map(result -> result.subject().id() + ": " + result.detail())
                .toList();
        assertEquals(List.of(), broken, "a mutant gives wrong answers, not none");
        List<String> failed = ids(results, Outcome.FAILED);
        assertFalse(failed.isEmpty(), () -> "no case sees this: " + mutant.mistake);
        if (Boolean.getBoolean("mutants.update")) {
            MutantFile.read(mutant).rewrite(failed);
        } else {
            List<String> objections = MutantFile.read(mutant).objections(suite.cases(), failed);
            assertEquals(List.of(), objections, () -> mutant.label() + ":\n" + String.join("\n", objections));
        }
    }

    private static List<String> ids(List<CaseResult> results, Outcome outcome) {
        return results.stream()
                .filter(result -> result.outcome() == outcome)
                .map(result -> result.subject().id().split(BETWEEN, 2)[1])
                .toList();
    }

    @Test
    void everyFileIsOfAMutant() throws IOException {
        List<String> files = Arrays.stream(Mutant.values())
                .map(mutant -> mutant.label() + ".txt")
                .sorted()
                .toList();
        assertEquals(files, MutantFile.names());
    }
}

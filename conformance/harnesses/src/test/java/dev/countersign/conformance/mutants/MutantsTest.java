package dev.countersign.conformance.mutants;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.countersign.conformance.generator.SuiteGenerator;
import dev.countersign.conformance.protocol.Harness;
import dev.countersign.conformance.protocol.HarnessLoop;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Judge;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Suite;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The runner's judge fails each mutant on exactly the cases that a reviewed file lists. The mutants are asked in this
 * process, as many at a time as there are processors; {@link MutantCommandTest} lets the whole command ask a few in
 * processes of their own.
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
    private static final int LONGEST_MINUTES = 10;
    private static final Judge JUDGE = new Judge(false);
    private static final Suite SUITE = SuiteGenerator.suite();

    /** The lines that a runner would send, by the ids of the cases. */
    private static final Map<String, List<String>> QUESTIONS = new HashMap<>();

    private static final Map<Mutant, List<CaseResult>> RESULTS = new EnumMap<>(Mutant.class);

    @BeforeAll
    static void askEveryMutant() throws Exception {
        for (Case aCase : SUITE.cases()) {
            QUESTIONS.put(
                    aCase.id(),
                    aCase.steps().stream()
                            .map(step -> Json.line(step.request()))
                            .toList());
        }
        ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            Map<Mutant, Future<List<CaseResult>>> all = new EnumMap<>(Mutant.class);
            for (Mutant mutant : Mutant.values()) {
                all.put(mutant, pool.submit(() -> ask(mutant.harness())));
            }
            for (Map.Entry<Mutant, Future<List<CaseResult>>> each : all.entrySet()) {
                RESULTS.put(each.getKey(), each.getValue().get(LONGEST_MINUTES, TimeUnit.MINUTES));
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private static List<CaseResult> ask(Harness harness) {
        return SUITE.cases().stream().map(aCase -> ask(harness, aCase)).toList();
    }

    private static CaseResult ask(Harness harness, Case aCase) {
        int step = 0;
        for (String question : QUESTIONS.getOrDefault(aCase.id(), List.of())) {
            Optional<CaseResult> result = JUDGE.result(aCase, step, HarnessLoop.answer(harness, question), 0);
            if (result.isPresent()) {
                return result.get();
            }
            step++;
        }
        throw new AssertionError(aCase.id() + " does not end");
    }

    private static List<CaseResult> results(Mutant mutant) {
        return RESULTS.getOrDefault(mutant, List.of());
    }

    @ParameterizedTest
    @EnumSource
    void failsExactlyTheExpectedCases(Mutant mutant) throws IOException {
        List<CaseResult> results = results(mutant);
        assertEquals(SUITE.cases().size(), results.size());
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
            List<String> objections = MutantFile.read(mutant).objections(SUITE.cases(), failed);
            assertEquals(List.of(), objections, () -> mutant.label() + ":\n" + String.join("\n", objections));
        }
    }

    private static List<String> ids(List<CaseResult> results, Outcome outcome) {
        return results.stream()
                .filter(result -> result.outcome() == outcome)
                .map(result -> result.subject().id())
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

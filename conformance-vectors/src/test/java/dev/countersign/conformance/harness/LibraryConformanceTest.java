package dev.countersign.conformance.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.generator.SuiteGenerator;
import dev.countersign.conformance.runner.Judge;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import dev.countersign.conformance.suite.Suite;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The library gives every answer of the suite, precise reasons included, on every engine. */
class LibraryConformanceTest {
    static Set<String> engines() {
        return Engines.names();
    }

    @ParameterizedTest
    @MethodSource("engines")
    void givesEveryAnswer(String engine) {
        Suite suite = SuiteGenerator.suite();
        List<String> wrong = new ArrayList<>();
        try (LibraryHarness harness = new LibraryHarness(Engines.named(engine))) {
            for (Case aCase : suite.cases()) {
                judge(harness, aCase, wrong);
            }
        }
        assertEquals(List.of(), wrong, () -> wrong.size() + " cases differ:\n" + String.join("\n", wrong));
        assertTrue(suite.cases().size() > 1);
    }

    private static void judge(Harness harness, Case aCase, List<String> wrong) {
        int number = 0;
        for (Step step : aCase.steps()) {
            ObjectNode answer = HarnessLoop.answer(harness, Json.line(step.request()));
            List<Mismatch> mismatches = new Judge(true).judge(step, answer);
            if (!mismatches.isEmpty()) {
                wrong.add(aCase.id() + ", step " + number + ": " + mismatches
                        + (answer.has("error") ? " " + answer.path("error") : ""));
                return;
            }
            number++;
        }
    }
}

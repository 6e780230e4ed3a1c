package dev.countersign.conformance.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.generator.SuiteGenerator;
import dev.countersign.conformance.harness.Engines;
import dev.countersign.conformance.harness.LibraryHarness;
import dev.countersign.conformance.protocol.Harness;
import dev.countersign.conformance.protocol.HarnessLoop;
import dev.countersign.conformance.runner.Judge;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import dev.countersign.conformance.suite.Suite;
import dev.countersign.core.explain.ExplanationListener;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The library gives every answer of the suite, precise reasons included, on every engine. */
class LibraryConformanceTest {
    private static final Suite SUITE = SuiteGenerator.suite();

    /** What the JDK's provider gets wrong before 25: a valid signature whose point has an x above n. */
    private static final Set<String> JDK_BEFORE_25 = Set.of("signatures/x-above-n", "signatures/x-below-p");

    @ParameterizedTest
    @ValueSource(strings = {"bouncycastle", "bouncycastle-table"})
    void givesEveryAnswer(String engine) {
        Map<String, String> wrong = wrongAnswers(engine);
        assertEquals(Map.of(), wrong, () -> wrong.size() + " cases differ");
    }

    @Test
    void differsOnTheJdksProviderWhereThatIsWrong() {
        Set<String> known = Runtime.version().feature() < 25 ? JDK_BEFORE_25 : Set.of();
        Map<String, String> wrong = wrongAnswers("jdk");
        assertEquals(known, wrong.keySet(), wrong::toString);
    }

    /** Explaining takes no part in a verdict: no answer of the suite changes, and no explanation fails. */
    @Test
    void givesEveryAnswerWhileItExplains() {
        AtomicInteger texts = new AtomicInteger();
        Map<String, String> wrong = wrongAnswers(new LibraryHarness(
                Engines.named("bouncycastle"),
                builder -> builder.explainRejections(ExplanationListener.printing(text -> {
                    assertTrue(text.matches("[ -~\n]+"), text);
                    texts.incrementAndGet();
                }))));
        assertEquals(Map.of(), wrong, () -> wrong.size() + " cases differ");
        assertTrue(texts.get() > SUITE.cases().size(), "each case turns it on, and many are rejected: " + texts);
    }

    @Test
    void everyEngineIsTried() {
        assertEquals(Set.of("bouncycastle", "bouncycastle-table", "jdk"), Engines.names());
    }

    /** What is wrong, by the ids of the cases. */
    private static Map<String, String> wrongAnswers(String engine) {
        return wrongAnswers(new LibraryHarness(Engines.named(engine)));
    }

    private static Map<String, String> wrongAnswers(LibraryHarness library) {
        assertTrue(SUITE.cases().size() > 1);
        Map<String, String> wrong = new TreeMap<>();
        try (library) {
            for (Case aCase : SUITE.cases()) {
                judge(library, aCase, wrong);
            }
        }
        return wrong;
    }

    private static void judge(Harness harness, Case aCase, Map<String, String> wrong) {
        int number = 0;
        for (Step step : aCase.steps()) {
            ObjectNode answer = HarnessLoop.answer(harness, Json.line(step.request()));
            List<Mismatch> mismatches = new Judge(true).judge(step, answer);
            if (!mismatches.isEmpty()) {
                wrong.put(aCase.id(), "step " + number + ": " + mismatches + answer.path("error"));
                return;
            }
            number++;
        }
    }
}

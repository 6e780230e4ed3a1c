package dev.countersign.conformance.mutants;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.conformance.generator.SuiteGenerator;
import dev.countersign.conformance.protocol.HarnessLoop;
import dev.countersign.conformance.runner.Judge;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import dev.countersign.conformance.suite.Suite;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The second implementation gives every answer of the suite, precise reasons included. So the vectors follow from the
 * protocol, and do not merely repeat what the library does.
 */
class ObviousHarnessTest {
    @Test
    void givesEveryAnswer() throws IOException {
        Suite suite = SuiteGenerator.suite();
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        HarnessLoop.serve(new ObviousHarness(), new ByteArrayInputStream(questions(suite)), answers);
        Iterator<String> lines =
                answers.toString(StandardCharsets.UTF_8).lines().iterator();
        List<String> wrong = new ArrayList<>();
        for (Case aCase : suite.cases()) {
            int number = 0;
            for (Step step : aCase.steps()) {
                String line = lines.next();
                List<Mismatch> mismatches = new Judge(true).judge(step, Json.parse(line));
                if (!mismatches.isEmpty()) {
                    wrong.add(aCase.id() + ", step " + number + ": " + mismatches + " " + line);
                }
                number++;
            }
        }
        assertEquals(List.of(), wrong, () -> wrong.size() + " answers differ:\n" + String.join("\n", wrong));
    }

    private static byte[] questions(Suite suite) {
        StringBuilder lines = new StringBuilder();
        for (Case aCase : suite.cases()) {
            aCase.steps()
                    .forEach(step -> lines.append(Json.line(step.request())).append('\n'));
        }
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }
}

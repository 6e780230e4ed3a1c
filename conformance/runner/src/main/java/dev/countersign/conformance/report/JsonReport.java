package dev.countersign.conformance.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** What a run found, as JSON; README.md describes it. */
public final class JsonReport {
    /** Version of the report's shape. It grows when a reader of the old shape could misread the new one. */
    public static final int SCHEMA_VERSION = 1;

    /** A longer answer is left out: a megabyte of hex helps nobody. */
    private static final int LONGEST_ANSWER = 100_000;

    /**
     * A deeper answer is left out, too: the report has levels of its own, and 1000 are the most that Jackson writes.
     */
    private static final int DEEPEST_ANSWER = 900;

    private JsonReport() {}

    /**
     * Writes the report.
     *
     * @throws IOException if it cannot be written
     */
    public static void write(RunResult run, Path file) throws IOException {
        ReportFile.write(file, Json.pretty(of(run)));
    }

    static ObjectNode of(RunResult run) {
        ObjectNode report = Json.object()
                .put("schemaVersion", SCHEMA_VERSION)
                .put("suiteVersion", run.suiteVersion())
                .put("implementation", run.implementation())
                .put("language", run.language())
                .put("target", run.target())
                .put("green", run.isGreen());
        report.putObject("counts")
                .put("cases", run.results().size())
                .put("passed", run.count(Outcome.PASSED))
                .put("failed", run.unexpectedFailures())
                .put("knownFailing", run.knownFailures())
                .put("skipped", run.count(Outcome.SKIPPED));
        run.stale().forEach(report.putArray("stale")::add);
        run.faults().forEach(report.putArray("faults")::add);
        var results = report.putArray("results");
        run.results().forEach(result -> results.add(of(result)));
        return report;
    }

    private static ObjectNode of(CaseResult result) {
        Case subject = result.subject();
        ObjectNode node = Json.object()
                .put("id", subject.id())
                .put("role", subject.role().label())
                .put("rule", subject.rule());
        subject.flags().forEach(node.putArray("flags")::add);
        node.put("positive", subject.positive())
                .put("outcome", result.outcome().name().toLowerCase(Locale.ROOT))
                .put("knownFailing", result.knownFailing())
                .put("micros", result.micros());
        if (!result.detail().isEmpty()) {
            node.put("detail", result.detail());
        }
        if (result.outcome() == Outcome.FAILED) {
            node.put("step", result.step());
            var mismatches = node.putArray("mismatches");
            result.mismatches()
                    .forEach(mismatch -> mismatches
                            .addObject()
                            .put("field", mismatch.field())
                            .put("expected", mismatch.expected())
                            .put("actual", mismatch.actual()));
            JsonNode answer = result.answer();
            if (answer != null && Json.line(answer).length() <= LONGEST_ANSWER && isFlat(answer, DEEPEST_ANSWER)) {
                node.set("answer", answer);
            }
        }
        return node;
    }

    /** Whether nothing is nested deeper than so many levels. */
    private static boolean isFlat(JsonNode value, int levels) {
        if (!value.isContainerNode()) {
            return true;
        }
        if (levels == 0) {
            return false;
        }
        for (JsonNode inner : value) {
            if (!isFlat(inner, levels - 1)) {
                return false;
            }
        }
        return true;
    }
}

package dev.countersign.conformance.report;

import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.runner.RunResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a run found, in the XML that CI servers read: a suite for each group, and one called {@code run} for what is wrong
 * outside of any case, so that a reader of this file alone sees a failure exactly when the run is not green. An announced
 * failure is a skipped test with its reason.
 */
public final class JUnitReport {
    private static final String PREFIX = "conformance.";

    private JUnitReport() {}

    /** A test of the report. */
    private record Test(String name, double seconds, Outcome outcome, String message, String text) {}

    /**
     * Writes the report.
     *
     * @throws IOException if it cannot be written
     */
    public static void write(RunResult run, Path file) throws IOException {
        ReportFile.write(file, of(run));
    }

    static String of(RunResult run) {
        Map<String, List<Test>> suites = new LinkedHashMap<>();
        for (CaseResult result : run.results()) {
            suites.computeIfAbsent(result.subject().group(), group -> new ArrayList<>())
                    .add(test(result));
        }
        List<Test> outside = outside(run);
        if (!outside.isEmpty()) {
            suites.put("run", outside);
        }
        List<Test> all = suites.values().stream().flatMap(List::stream).toList();
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        xml.append("<testsuites").append(attribute("name", "Countersign conformance " + run.suiteVersion()));
        counts(xml, all);
        xml.append(">\n");
        suites.forEach((name, tests) -> {
            xml.append("  <testsuite").append(attribute("name", PREFIX + name));
            counts(xml, tests);
            xml.append(">\n");
            tests.forEach(test -> append(xml, name, test));
            xml.append("  </testsuite>\n");
        });
        return xml.append("</testsuites>\n").toString();
    }

    private static Test test(CaseResult result) {
        String id = result.subject().id();
        String name = id.substring(id.indexOf('/') + 1);
        double seconds = result.micros() / 1e6;
        if (result.outcome() == Outcome.FAILED && result.knownFailing()) {
            return new Test(name, seconds, Outcome.SKIPPED, "failed as announced: " + result.detail(), "");
        }
        return new Test(name, seconds, result.outcome(), result.detail(), text(result));
    }

    private static String text(CaseResult result) {
        StringBuilder text = new StringBuilder(result.subject().comment()).append('\n');
        text.append("rule ").append(result.subject().rule());
        text.append(", flags ")
                .append(String.join(", ", result.subject().flags()))
                .append('\n');
        if (result.step() >= 0) {
            text.append("step ").append(result.step() + 1).append(" of ");
            text.append(result.subject().steps().size()).append('\n');
        }
        for (Mismatch mismatch : result.mismatches()) {
            text.append(mismatch.field()).append('\n');
            text.append("  expected ").append(mismatch.expected()).append('\n');
            text.append("  actual   ").append(mismatch.actual()).append('\n');
        }
        return text.append(result.detail()).append('\n').toString();
    }

    private static List<Test> outside(RunResult run) {
        List<Test> tests = new ArrayList<>();
        run.faults().forEach(fault -> tests.add(failed("fault " + (tests.size() + 1), fault)));
        run.stale().forEach(stale -> tests.add(failed("known-failing entry " + stale, run.whyStale(stale))));
        if (run.count(Outcome.PASSED) == 0 && run.unexpectedFailures() == 0) {
            tests.add(failed("something passes", "no case passed"));
        }
        return tests;
    }

    private static Test failed(String name, String message) {
        return new Test(name, 0, Outcome.FAILED, message, message);
    }

    private static void counts(StringBuilder xml, List<Test> tests) {
        xml.append(attribute("tests", Integer.toString(tests.size())));
        xml.append(attribute("failures", Long.toString(count(tests, Outcome.FAILED))));
        xml.append(attribute("errors", "0"));
        xml.append(attribute("skipped", Long.toString(count(tests, Outcome.SKIPPED))));
        xml.append(attribute(
                "time", seconds(tests.stream().mapToDouble(Test::seconds).sum())));
    }

    private static long count(List<Test> tests, Outcome outcome) {
        return tests.stream().filter(test -> test.outcome() == outcome).count();
    }

    private static void append(StringBuilder xml, String suite, Test test) {
        xml.append("    <testcase").append(attribute("classname", PREFIX + suite));
        xml.append(attribute("name", test.name())).append(attribute("time", seconds(test.seconds())));
        switch (test.outcome()) {
            case PASSED -> xml.append("/>\n");
            case SKIPPED ->
                xml.append(">\n      <skipped")
                        .append(attribute("message", test.message()))
                        .append("/>\n    </testcase>\n");
            case FAILED ->
                xml.append(">\n      <failure")
                        .append(attribute("message", test.message()))
                        .append(attribute("type", "conformance"))
                        .append('>')
                        .append(escape(test.text()))
                        .append("</failure>\n    </testcase>\n");
        }
    }

    private static String attribute(String name, String value) {
        return " " + name + "=\"" + escape(value) + "\"";
    }

    private static String seconds(double value) {
        return String.format(Locale.ROOT, "%.6f", value);
    }

    /**
     * The text in XML, in an element as well as in an attribute. What XML 1.0 cannot hold at all (most control characters,
     * lone surrogates, two non-characters) is written as {@code \}{@code uXXXX}.
     */
    static String escape(String text) {
        StringBuilder xml = new StringBuilder(text.length());
        for (int at = 0; at < text.length(); ) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            switch (c) {
                case '&' -> xml.append("&amp;");
                case '<' -> xml.append("&lt;");
                case '>' -> xml.append("&gt;");
                case '"' -> xml.append("&quot;");
                // A parser would turn these into spaces or line feeds.
                case '\t', '\n', '\r' -> xml.append("&#").append(c).append(';');
                default -> {
                    if (isAllowed(c)) {
                        xml.appendCodePoint(c);
                    } else {
                        xml.append(String.format("\\u%04x", c));
                    }
                }
            }
        }
        return xml.toString();
    }

    /** The characters of XML 1.0. */
    private static boolean isAllowed(int c) {
        return c == '\t'
                || c == '\n'
                || c == '\r'
                || (c >= 0x20 && c <= 0xd7ff)
                || (c >= 0xe000 && c <= 0xfffd)
                || (c >= 0x10000 && c <= 0x10ffff);
    }
}

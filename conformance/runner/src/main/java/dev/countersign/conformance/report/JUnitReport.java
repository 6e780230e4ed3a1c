package dev.countersign.conformance.report;

import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.runner.RunResult;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * What a run found, in the XML that CI servers read: a suite for each group, and one called {@code run} for what is
 * wrong outside of any case, so that a reader of this file alone sees a failure exactly when the run is not green. An
 * announced failure is a skipped test with its reason.
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
        StringWriter xml = new StringWriter();
        try {
            XMLStreamWriter writer = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(xml);
            write(writer, run);
            writer.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("a writer to memory failed", e);
        }
        return xml.toString();
    }

    private static void write(XMLStreamWriter xml, RunResult run) throws XMLStreamException {
        Map<String, List<Test>> suites = suites(run);
        xml.writeStartDocument("UTF-8", "1.0");
        line(xml, 0);
        xml.writeStartElement("testsuites");
        attribute(xml, "name", "Countersign conformance " + run.suiteVersion());
        counts(xml, suites.values().stream().flatMap(List::stream).toList());
        for (Map.Entry<String, List<Test>> suite : suites.entrySet()) {
            line(xml, 1);
            xml.writeStartElement("testsuite");
            attribute(xml, "name", PREFIX + suite.getKey());
            counts(xml, suite.getValue());
            for (Test test : suite.getValue()) {
                write(xml, suite.getKey(), test);
            }
            line(xml, 1);
            xml.writeEndElement();
        }
        line(xml, 0);
        xml.writeEndElement();
        line(xml, 0);
        xml.writeEndDocument();
    }

    private static void write(XMLStreamWriter xml, String suite, Test test) throws XMLStreamException {
        line(xml, 2);
        if (test.outcome() == Outcome.PASSED) {
            xml.writeEmptyElement("testcase");
        } else {
            xml.writeStartElement("testcase");
        }
        attribute(xml, "classname", PREFIX + suite);
        attribute(xml, "name", test.name());
        attribute(xml, "time", seconds(test.seconds()));
        if (test.outcome() == Outcome.PASSED) {
            return;
        }
        line(xml, 3);
        if (test.outcome() == Outcome.SKIPPED) {
            xml.writeEmptyElement("skipped");
            attribute(xml, "message", test.message());
        } else {
            xml.writeStartElement("failure");
            attribute(xml, "message", test.message());
            attribute(xml, "type", "conformance");
            text(xml, test.text());
            xml.writeEndElement();
        }
        line(xml, 2);
        xml.writeEndElement();
    }

    private static Map<String, List<Test>> suites(RunResult run) {
        Map<String, List<Test>> suites = new LinkedHashMap<>();
        for (CaseResult result : run.results()) {
            suites.computeIfAbsent(result.subject().group(), group -> new ArrayList<>())
                    .add(test(result));
        }
        List<Test> outside = outside(run);
        if (!outside.isEmpty()) {
            suites.put("run", outside);
        }
        return suites;
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

    private static void counts(XMLStreamWriter xml, List<Test> tests) throws XMLStreamException {
        attribute(xml, "tests", Integer.toString(tests.size()));
        attribute(xml, "failures", Long.toString(count(tests, Outcome.FAILED)));
        attribute(xml, "errors", "0");
        attribute(xml, "skipped", Long.toString(count(tests, Outcome.SKIPPED)));
        attribute(xml, "time", seconds(tests.stream().mapToDouble(Test::seconds).sum()));
    }

    private static long count(List<Test> tests, Outcome outcome) {
        return tests.stream().filter(test -> test.outcome() == outcome).count();
    }

    private static String seconds(double value) {
        return String.format(Locale.ROOT, "%.6f", value);
    }

    private static void line(XMLStreamWriter xml, int depth) throws XMLStreamException {
        xml.writeCharacters("\n" + "  ".repeat(depth));
    }

    /** A value on one line: a parser makes spaces of a value's line ends anyway. */
    private static void attribute(XMLStreamWriter xml, String name, String value) throws XMLStreamException {
        xml.writeAttribute(name, spelled(value).replaceAll("[\t\n\r]", " "));
    }

    private static void text(XMLStreamWriter xml, String text) throws XMLStreamException {
        // A parser would make a line feed of a carriage return that is not a reference.
        String[] parts = spelled(text).split("\r", -1);
        for (int i = 0; i < parts.length; i++) {
            if (i > 0) {
                xml.writeEntityRef("#13");
            }
            xml.writeCharacters(parts[i]);
        }
    }

    /**
     * The text with what XML 1.0 cannot hold at all (most control characters, lone surrogates, two non-characters)
     * written as {@code \}{@code uXXXX}.
     */
    private static String spelled(String text) {
        StringBuilder spelled = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (isAllowed(c)) {
                spelled.appendCodePoint(c);
            } else {
                spelled.append(String.format("\\u%04x", c));
            }
        });
        return spelled.toString();
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

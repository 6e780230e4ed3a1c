package dev.countersign.conformance.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Cases;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Step;
import dev.countersign.conformance.suite.Suite;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a person reads. */
class ConsoleReportTest {
    private static String print(Suite suite, RunResult run, ConsoleReport.Detail detail, boolean coloured) {
        StringWriter text = new StringWriter();
        ConsoleReport report = new ConsoleReport(new PrintWriter(text), suite, detail, false, coloured);
        report.started(
                run.implementation(),
                run.language(),
                run.target(),
                run.results().size());
        run.results().forEach(report::progress);
        report.finished(run);
        return text.toString();
    }

    private static String print(RunResult run) {
        return print(Runs.SUITE, run, ConsoleReport.Detail.USUAL, false);
    }

    private static void assertHas(String text, String... parts) {
        for (String part : parts) {
            assertTrue(text.contains(part), () -> "lacks: " + part + "\n" + text);
        }
    }

    @Test
    void tellsEverythingOnce() {
        String text = print(Runs.mixed());
        assertHas(
                text,
                "Countersign conformance suite 1.2.3, 5 cases",
                "impl 1 (Go): ./harness",
                "FAILED g/bad",
                "Also failed\n  h/broken  the harness ended with exit code 7",
                "Skipped\n  1  cannot <do> \"it\"",
                "Failed as announced\n  h/known",
                "not true\n  h/gone  there is no such case",
                "What went wrong outside of any case\n  did not exit",
                "FAILED  1 passed, 2 failed, 1 failed as announced, 1 skipped, 1 stale known-failing,"
                        + " 1 fault outside of cases\n");
        assertFalse(text.contains("\u001b"), text);
        assertFalse(text.contains("\u0007"), text);
    }

    @Test
    void countsByGroupAndRole() {
        assertHas(
                print(Runs.mixed()),
                "group      passed  failed   known skipped\n",
                "g               1       1       .       .\n",
                "h               .       1       1       1\n",
                "message         1       1       1       1\n",
                "verifier        .       1       .       .\n");
    }

    @Test
    void greenIsShort() {
        String text = print(Runs.run(List.of(), List.of(), CaseResult.passed(Runs.GOOD, 1)));
        assertTrue(text.endsWith("PASSED  1 passed, 0 failed, 0 skipped\n"), text);
        assertTrue(text.lines().count() < 12, text);
    }

    @Test
    void quietIsTheVerdictAlone() {
        RunResult run = Runs.run(List.of(), List.of(), CaseResult.passed(Runs.GOOD, 1), Runs.wrong(Runs.BAD));
        assertEquals(
                "FAILED  1 passed, 1 failed, 0 skipped\n", print(Runs.SUITE, run, ConsoleReport.Detail.QUIET, false));
    }

    @Test
    void verboseShowsEveryCase() {
        assertHas(
                print(Runs.SUITE, Runs.mixed(), ConsoleReport.Detail.VERBOSE, false),
                "passed  g/good\n",
                "FAILED  g/bad  messageHex: expected 00, was 01\n",
                "known   h/known",
                "skipped h/skipped  cannot <do> \"it\"\n");
    }

    @Test
    void coloursOnDemandOnly() {
        assertTrue(print(Runs.SUITE, Runs.mixed(), ConsoleReport.Detail.USUAL, true)
                .contains("\u001b[31;1mFAILED\u001b[0m"));
    }

    @Test
    void nothingJudgedIsSaid() {
        assertHas(
                print(Runs.run(List.of(), List.of(), CaseResult.skipped(Runs.SKIPPED, "why", 1))),
                "NOTHING WAS JUDGED  0 passed, 0 failed, 1 skipped");
    }

    @Test
    void marksTheFirstByteThatDiffers() {
        String right = "POST\n/v1/hsi\n1767225600\n{\"n\":1}";
        String wrong = "POST\n/v1/hsi\n1767225600{\"n\":1}";
        ObjectNode values = Cases.object("messageHex", hex(right));
        Case subject = Cases.of(
                "m/1",
                Role.MESSAGE,
                List.of("Ordinary"),
                new Step(Cases.message("/v1/hsi"), Cases.object("messageHex", hex(right)), values, null));
        CaseResult result = CaseResult.wrong(
                subject,
                0,
                List.of(new Mismatch("messageHex", hex(right), hex(wrong)), new Mismatch("valid", "true", "false")),
                Json.object(),
                1);
        String text = Explanation.of(Cases.suite(List.of(subject)), result, new Style(false));
        assertHas(
                text,
                "    expected  POST\\n/v1/hsi\\n1767225600\\n{\"n\":1}\n",
                "    actual    POST\\n/v1/hsi\\n1767225600{\"n\":1}\n",
                "\n" + " ".repeat(14 + 25) + "^ byte 23: expected 0a (line feed), was 7b ({)\n",
                "         expected  actual\n  valid  true      false\n",
                "= POST\\n/v1/hsi\\n1767225600\\n{\"n\":1}\n");
    }

    @Test
    void aLongMessageIsShownWhereItDiffers() {
        byte[] expected = "a".repeat(5000).getBytes(StandardCharsets.ISO_8859_1);
        byte[] actual = expected.clone();
        actual[3000] = 0;
        String text = Octets.difference("", expected, actual);
        assertHas(text, "...aaaa", "byte 3000: expected 61 (a), was 00 (\\x00)");
        assertTrue(text.length() < 600, text);
        assertHas(Octets.difference("", new byte[] {1, 2}, new byte[] {1}), "byte 1: expected 02 (\\x02), was the end");
        assertEquals("", Octets.difference("", expected, expected.clone()));
    }

    private static String hex(String text) {
        return Hex.of(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void aFlagThatAllFailuresShareIsAHint() {
        Step step = new Step(Cases.message("/"), Cases.object("messageHex", "00"), null, null);
        List<Case> cases = List.of(
                Cases.of("g/1", Role.MESSAGE, List.of("DoubleHash"), step),
                Cases.of("g/2", Role.MESSAGE, List.of("DoubleHash", "Ordinary"), step),
                Cases.of("g/3", Role.MESSAGE, List.of("Ordinary"), step));
        RunResult run = Runs.run(
                List.of(),
                List.of(),
                Runs.wrong(cases.get(0)),
                Runs.wrong(cases.get(1)),
                CaseResult.passed(cases.get(2), 1));
        String text = print(Cases.suite(cases), run, ConsoleReport.Detail.USUAL, false);
        assertHas(text, "all 2 cases with flag DoubleHash failed: Explains DoubleHash.");
        assertFalse(text.contains("with flag Ordinary"), text);
        assertFalse(text.contains("with rule"), text);
    }

    @Test
    void neverFloods() {
        List<Case> cases = IntStream.range(0, 2000)
                .mapToObj(i -> Cases.stateless("g/" + i, "/x"))
                .toList();
        String endless = "ab".repeat(100_000);
        ObjectNode answer = Cases.object("messageHex", endless);
        List<Mismatch> mismatches = List.of(new Mismatch("messageHex", "00", endless));
        CaseResult[] results = cases.stream()
                .map(subject -> CaseResult.wrong(subject, 0, mismatches, answer, 1))
                .toArray(CaseResult[]::new);
        String text =
                print(Cases.suite(cases), Runs.run(List.of(), List.of(), results), ConsoleReport.Detail.USUAL, false);
        assertTrue(text.lines().count() < 80, () -> text.lines().count() + " lines");
        assertTrue(text.length() < 10_000, () -> text.length() + " characters");
        assertHas(text, "... and 1974 more (--verbose shows all)");
    }

    @Test
    void casesThatWereNeverAskedAreOneLine() {
        CaseResult[] results = IntStream.range(0, 300)
                .mapToObj(i -> CaseResult.broken(Cases.stateless("g/" + i, "/x"), -1, "not asked: it died", 0))
                .toArray(CaseResult[]::new);
        String text = print(Runs.run(List.of(), List.of("it died"), results));
        assertHas(text, "Not asked\n  300 cases\n", "outside of any case\n  it died\n");
        assertTrue(text.lines().count() < 25, text);
    }

    @Test
    void explainsEveryCaseOfTheSuite() {
        Suite suite = dev.countersign.conformance.suite.SuiteFiles.bundled();
        for (Case subject : suite.cases()) {
            String text = Explanation.of(suite, subject);
            assertHas(text, subject.id(), "  rule ", "  flag ", "  expected");
            assertTrue(text.chars().allMatch(c -> c == '\n' || c >= 0x20), text);
        }
    }

    @Test
    void theLiveLineIsOneLine() {
        StringWriter text = new StringWriter();
        ConsoleReport report =
                new ConsoleReport(new PrintWriter(text), Runs.SUITE, ConsoleReport.Detail.USUAL, true, false);
        report.started("impl", "Go", "./harness", 2);
        report.progress(CaseResult.passed(Runs.GOOD, 1));
        report.progress(Runs.wrong(Runs.BAD));
        assertTrue(
                text.toString()
                        .endsWith("\r[============            ] 1 of 2\r[========================] 2 of 2, 1 failed"),
                text::toString);
        report.finished(Runs.run(List.of(), List.of(), CaseResult.passed(Runs.GOOD, 1)));
        assertHas(text.toString(), "1 failed\r    ");
    }
}

package dev.countersign.conformance.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Suite;
import dev.countersign.conformance.suite.SuiteFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HtmlReportTest {
    private static Document small() {
        return SMALL;
    }

    private static final Document SMALL = ReportPage.shown(Samples.small().page());

    private static Element caseOf(Document page, String id) {
        return page.expectFirst(".case:has(> .body[id=" + id + "])");
    }

    /** A report of one case that failed with this answer. */
    private static Document answered(List<Mismatch> mismatches, @Nullable ObjectNode answer) {
        Suite suite = Samples.small().suite();
        CaseResult failed = Samples.failed(suite.cases().get(0), mismatches, answer);
        return ReportPage.shown(suite, new RunResult("i", "l", "t", "1", List.of(failed), List.of()));
    }

    // What is there.

    @Test
    void theHeadSaysWhatWasRunAndWhatCameOut() {
        Document page = small();
        assertEquals("sample-sdk 0.9", page.expectFirst("h1").text());
        assertEquals("sample-sdk 0.9 · 1 of 3 judged cases failed", page.title());
        assertEquals(
                List.of("Language Dart", "Target dart run harness.dart", "Suite 1.2.3", "Cases 4 of 4", "Took 6.2 ms"),
                page.select(".meta > div").eachText());
        assertEquals(
                List.of("1 failed", "1 known failing", "1 skipped", "1 passed"),
                page.select(".total").eachText());
        assertEquals(
                "1 failed, 1 known failing, 1 skipped, 1 passed",
                page.expectFirst("svg.bar").attr("aria-label"));
        assertEquals(
                "✗ 1 of 3 judged cases failed", page.expectFirst("#verdict").text());
    }

    @Test
    void theVerdictIsThatOfTheRun() {
        Suite suite = Samples.small().suite();
        CaseResult passed = Samples.passed(suite.cases().get(1));
        CaseResult failed = Samples.failed(suite.cases().get(0), List.of(), null);
        CaseResult skipped = new CaseResult(suite.cases().get(3), Outcome.SKIPPED, "", -1, List.of(), null, false, 1);
        assertEquals("✓ All 2 judged cases passed", verdict(suite, List.of(passed, passed, skipped), List.of()));
        assertEquals("✓ The one judged case passed", verdict(suite, List.of(passed), List.of()));
        assertEquals(
                "✓ 1 of 2 judged cases passed, the others are known",
                verdict(suite, List.of(passed, failed.asKnownFailing()), List.of()));
        assertEquals("✗ 1 of 1 judged case failed", verdict(suite, List.of(failed, skipped), List.of()));
        assertEquals(
                "✗ The list of known failures is out of date", verdict(suite, List.of(passed), List.of("message/x")));
        assertEquals("✗ Nothing was judged", verdict(suite, List.of(skipped), List.of()));
        assertEquals("✗ Nothing was judged", verdict(suite, List.of(), List.of()));
        // Nothing but announced failures: the run is not green, and the words do not say that it is.
        assertEquals(
                "✗ 0 of 1 judged case passed, the others are known",
                verdict(suite, List.of(failed.asKnownFailing()), List.of()));
    }

    private static String verdict(Suite suite, List<CaseResult> results, List<String> stale) {
        return ReportPage.shown(suite, new RunResult("i", "l", "t", "1", results, stale))
                .expectFirst("#verdict")
                .text();
    }

    @Test
    void everyRuleIsCounted() {
        Document page = small();
        assertEquals(
                List.of("Rule", "failed", "known failing", "skipped", "passed"),
                page.select("#rules th[scope=col]").eachText());
        assertEquals(
                List.of("message.body The body 0 1 0 0", "message.path The path 1 0 0 1"),
                page.select("#failures .tables > div:first-child tbody tr").eachText());
        assertEquals(
                List.of("keys.point The point 0 0 1 0"),
                page.select("#rules tbody tr").eachText());
        assertFalse(page.text().contains("unused.rule"));
    }

    @Test
    void theFlagOfWhichMostCasesFailComesFirst() {
        assertEquals(
                List.of("Encoded", "LongBody", "Ordinary"),
                small().select("#failures .tables > div:nth-child(2) tbody th a")
                        .eachText());
    }

    @Test
    void aCaseTellsEverything() {
        Element encoded = caseOf(small(), "message/encoded");
        assertEquals(
                "✗ failed message/encoded messageHex is not as expected",
                encoded.expectFirst("summary").text());
        String text = encoded.text();
        for (String part : List.of(
                "The message of message/encoded is as the protocol says.",
                "Step 1 of 1 (message) failed. messageHex is not as expected",
                "The path: The raw path is signed, never a decoded one. message.path · docs/protocol.md, “The message”",
                "The path has a percent sign. from message/plain",
                "Encoded: Percent signs in the path, which a decoder would change.",
                "message, negative: a breach or a near miss · took 2.5 ms",
                "\"path\": \"/a%2Fb\"",
                "sha256Hex")) {
            assertTrue(text.contains(part), () -> part + " in " + text);
        }
        assertEquals(
                "#message/plain",
                encoded.expectFirst("a:containsOwn(message/plain)").attr("href"));
        Element passed = caseOf(small(), "message/plain");
        assertTrue(passed.text().contains("positive: a rule kept"));
        assertEquals(0, passed.select(".callout, .mismatch, .answer").size());
        assertTrue(caseOf(small(), "keys/point").text().contains("Skipped. no parser here"));
        assertTrue(caseOf(small(), "message/body").text().contains("No answer to show: "));
    }

    @Test
    void onlyTheFirstFailureIsOpen() {
        Document page = small();
        assertEquals(
                List.of("message/encoded"), page.select(".case[open] > .body").eachAttr("id"));
        try (ReportPage many = ReportPage.open(Samples.many(60).page(), "")) {
            assertEquals(1, many.open().size());
        }
    }

    @Test
    void whereTheBytesPartIsMarkedInHexAndInText() {
        Element mismatch = small().expectFirst(".mismatch");
        assertEquals(
                "First difference at byte 7 (from 0): 25 “%” was expected, 2f “/” came. 30 bytes expected, 28 came.",
                mismatch.expectFirst(".where").text());
        assertEquals(List.of("25", "%"), mismatch.select(".expected mark").eachText());
        assertEquals(List.of("2f", "/"), mismatch.select(".actual mark").eachText());
        assertTrue(mismatch.expectFirst(".expected pre:last-child").wholeText().startsWith("POST\\n\n/a%2Fb\\n\n"));
    }

    @Test
    void aMessageThatEndsTooEarlyIsMarkedAtItsEnd() {
        String whole = Samples.hex("POST\n/ab\n1767225600\n");
        Document page = answered(
                List.of(
                        new Mismatch("messageHex", whole, whole.substring(0, whole.length() - 2)),
                        new Mismatch("messageHex", whole, whole + "0a")),
                Json.object());
        assertEquals(
                List.of(
                        "It ends too early: at byte 19 (from 0) 0a (line feed) was expected. 20 bytes expected, 19 came.",
                        "It should have ended: at byte 20 (from 0) came 0a (line feed). 20 bytes expected, 21 came."),
                page.select(".where").eachText());
        assertEquals(
                List.of("0a", "\\n", "end", "end"),
                page.select(".expected mark").eachText());
        assertEquals(
                List.of("end", "end", "0a", "\\n"), page.select(".actual mark").eachText());
    }

    @Test
    void ofLongBytesThePartAroundTheDifferenceIsShown() {
        String expected = "00".repeat(5000) + "ff" + "00".repeat(5000);
        Document page = answered(List.of(new Mismatch("messageHex", expected, "00".repeat(10_001))), Json.object());
        assertTrue(page.expectFirst(".where")
                .text()
                .startsWith("First difference at byte 5,000 (from 0): ff was expected, 00 came."));
        assertEquals(
                List.of("… 4,840 more bytes", "… 4,681 more bytes"),
                page.select(".expected .cut").eachText());
        assertEquals("ff", page.expectFirst(".expected mark").text());
    }

    @Test
    void longTextsAreComparedToo() {
        String signature = "MEUCIQ" + "a".repeat(80);
        Document page = answered(
                List.of(
                        new Mismatch("headers.x", signature, signature + "="),
                        new Mismatch("headers.y", "DEVICE-A-DEVICE-A", "device-a-device-a"),
                        new Mismatch("headers.z", "😀".repeat(20) + "b", "😀".repeat(20) + "\uD83D")),
                Json.object());
        assertEquals(
                List.of(
                        "First difference at character 86 (from 0).",
                        "Only upper and lower case differ.",
                        "First difference at character 40 (from 0)."),
                page.select(".where").eachText());
        assertEquals(List.of("=", "\\ud83d"), page.select(".actual mark").eachText());
    }

    @Test
    void staleEntriesAreShown() {
        assertEquals(
                List.of("message/plain passed", "old/*"),
                small().select("#stale li").eachText());
        assertEquals("#message/plain", small().expectFirst("#stale a").attr("href"));
    }

    @Test
    void faultsAreShownAndNamed() {
        RunResult run = new RunResult(
                "i",
                "l",
                "t",
                "1",
                Samples.small().suite().cases().stream().map(Samples::passed).toList(),
                List.of(),
                List.of("exited with <3>", "talked"));
        Document page = ReportPage.shown(Samples.small().suite(), run);
        assertEquals(
                List.of("exited with <3>", "talked"), page.select("#faults li").eachText());
        assertEquals(
                "✗ Something went wrong outside of the cases",
                page.expectFirst("#verdict").text());
    }

    @Test
    void skippedCasesAreCountedByReason() {
        assertEquals("Why 1 case was skipped", small().expectFirst("#skips h2").text());
        assertEquals(
                List.of("1 case: no parser here"), small().select("#skips li").eachText());
    }

    @Test
    void theBundledSuiteIsThereWhole() {
        Suite suite = SuiteFiles.bundled();
        List<CaseResult> results = suite.cases().stream().map(Samples::passed).toList();
        try (ReportPage page =
                ReportPage.open(HtmlReport.page(suite, new RunResult("i", "l", "t", "1", results, List.of())), "")) {
            assertEquals(suite.cases().stream().map(Case::id).toList(), page.rows());
            assertEquals(
                    String.format(Locale.ROOT, "\u2713 All %,d judged cases passed", results.size()),
                    page.text("#verdict"));
            assertTrue(page.isTrue("document.querySelector('#failures, #stale, #skips') === null"));
        }
    }

    @Test
    void casesOfEveryGroupAreShownWithTheirSteps() {
        List<CaseResult> results = SuiteFiles.bundled().groups().stream()
                .flatMap(group -> group.cases().stream().limit(1))
                .map(Samples::passed)
                .toList();
        Document page = ReportPage.shown(SuiteFiles.bundled(), new RunResult("i", "l", "t", "1", results, List.of()));
        int steps =
                results.stream().mapToInt(each -> each.subject().steps().size()).sum();
        assertEquals(steps, page.select(".step").size());
        // A whole request is shown as it stands on the wire.
        Element http = page.expectFirst("pre.http");
        assertTrue(http.wholeText().startsWith("POST /"), http.wholeText());
        assertTrue(http.wholeText().contains("\nX-App-ID: "), http.wholeText());
        assertTrue(page.text().contains("at 1767225600 (2026-01-01T00:00:00Z)"));
    }

    @Test
    void aServerGotAnotherInstanceOfTheTemplate() {
        Suite suite = SuiteFiles.bundled();
        List<CaseResult> one = suite.cases().stream()
                .filter(each -> each.steps().stream().anyMatch(step -> step.template() != null))
                .limit(1)
                .map(Samples::passed)
                .toList();
        String note = "The committed instance.";
        RunResult server = new RunResult("i", "HTTP", "http://127.0.0.1:8080", "1", one, List.of());
        assertTrue(ReportPage.shown(suite, server).text().contains(note));
        RunResult harness = new RunResult("i", "Go", "./harness", "1", one, List.of());
        assertFalse(ReportPage.shown(suite, harness).text().contains(note));
    }

    @Test
    void requestsJudgedTogetherAreShownOneByOne() {
        Case plain = Samples.small().suite().cases().get(1);
        ObjectNode verify = Json.object()
                .put("serverTime", 5)
                .put("finishTime", 9)
                .put("method", "PUT")
                .put("target", "/x?y");
        verify.putObject("bodyRepeat").put("hex", "00").put("count", 4096);
        verify.putArray("headers");
        ObjectNode request = Json.object().put("op", "verifyAll");
        request.putArray("requests").add(verify).add(verify.deepCopy().put("method", "GET"));
        Case together = new Case(
                "message/together",
                plain.role(),
                plain.rule(),
                plain.flags(),
                true,
                "c",
                null,
                List.of(),
                List.of(new dev.countersign.conformance.suite.Step(
                        request, Json.object(), Json.array().add(Json.object().put("rHex", "zz")), null)));
        Suite suite = Samples.small().suite();
        Document page = ReportPage.shown(
                suite, new RunResult("i", "l", "t", "1", List.of(Samples.passed(together)), List.of()));
        assertEquals(
                List.of("PUT /x?y", "GET /x?y"), page.select("pre.http > b").eachText());
        assertEquals(
                "at 5 (1970-01-01T00:00:05Z), the end of its body at 9 (1970-01-01T00:00:09Z)",
                page.expectFirst(".when").text());
        assertTrue(page.text().contains("Body: these bytes, 4,096 times"));
    }

    // What comes from outside.

    @Test
    void hostileTextAddsNothingToThePage() {
        Document page = ReportPage.shown(Samples.hostile().page());
        assertEquals(
                0,
                page.select("img, script:not(body > script), iframe, object, embed, link, base")
                        .size());
        assertEquals(2, page.select("script").size());
        assertEquals(1, page.select("svg").size());
        assertEquals(1, page.select("style").size());
        assertTrue(page.select("*").stream()
                .noneMatch(element -> element.attributes().asList().stream()
                        .anyMatch(attribute -> attribute.getKey().startsWith("on"))));
        // The same elements as in the tame report's head, and the text in full.
        assertTrue(page.expectFirst("h1").text().startsWith("</script></style></title></pre><img src=x onerror="));
        assertTrue(page.title().startsWith("</script></style></title></pre><img"));
        assertEquals(0, page.expectFirst("title").childrenSize());
        String shown = Samples.HOSTILE
                + "a\\u0000b\\u001b[31mc\\u202ed\\u2028e\\u00a0f\\u200bg\\ud800h\\udc00i\\ufffej\\u0085k\\r\\n\\tl";
        assertEquals(shown, page.expectFirst(".meta dd").text());
        assertTrue(
                caseOf(page, "message/encoded").expectFirst(".callout").text().endsWith(shown));
        assertTrue(page.expectFirst(".answer").text().contains("\\ud800h\\udc00"));
    }

    /** Text from outside stands between tags only, where one way of escaping does. */
    @Test
    void nothingHostileIsInAnAttributeOrInTheScript() {
        Document page = ReportPage.shown(Samples.hostile().page());
        for (Element element : page.select("*")) {
            element.attributes()
                    .forEach(attribute -> assertFalse(
                            attribute.getValue().contains("pwned"), () -> element.tagName() + " " + attribute));
        }
        assertFalse(page.expectFirst("body > script:not([type])").data().contains("pwned"));
        assertFalse(page.expectFirst("style").data().contains("pwned"));
    }

    @Test
    void noCharacterOfThePageIsInvisible() {
        String page = Samples.hostile().page();
        assertTrue(StandardCharsets.UTF_8.newEncoder().canEncode(page));
        assertTrue(page.codePoints()
                .noneMatch(point -> point != '\n'
                        && (Character.isISOControl(point) || Character.getType(point) == Character.FORMAT)));
    }

    @Test
    void longAnswersAreCut() {
        ObjectNode answer = Json.object().put("x", "y".repeat(30_000));
        ArrayNode list = answer.putArray("list");
        for (int i = 0; i < 10_000; i++) {
            list.add(i);
        }
        Document page = answered(List.of(new Mismatch("x", "z", "y".repeat(3_000_000))), answer);
        assertEquals(
                "\u2026 2,999,520 more characters",
                page.expectFirst(".actual .cut").text());
        String shown = page.expectFirst(".answer").text();
        assertTrue(shown.contains("y... 29,400 more characters\""), shown);
        assertTrue(shown.contains("\"... the rest is not shown\""), shown);
        assertTrue(page.html().length() < 150_000, () -> page.html().length() + " characters");
    }

    @Test
    void answersThatAreNestedDeeplyAreCut() {
        JsonNode deep = Json.object();
        for (int i = 0; i < 800; i++) {
            deep = Json.array().add(deep);
        }
        ObjectNode nested = Json.object().set("deep", deep);
        assertTrue(answered(List.of(), nested).text().contains("\u2026 nested too deeply to show"));
    }

    /** The file has a part of both values; what the page says is about the whole. */
    @Test
    void ofVeryLongBytesTheFileHasThePartAroundTheDifference() {
        String expected = "00".repeat(500_000) + "ff" + "00".repeat(500_000);
        Document page = answered(List.of(new Mismatch("messageHex", expected, "00".repeat(1_000_000))), Json.object());
        assertEquals(
                "First difference at byte 500,000 (from 0): ff was expected, 00 came. 1,000,001 bytes expected,"
                        + " 1,000,000 came.",
                page.expectFirst(".where").text());
        assertEquals(
                List.of("\u2026 499,840 more bytes", "\u2026 499,681 more bytes"),
                page.select(".expected .cut").eachText());
        assertEquals("ff", page.expectFirst(".expected mark").text());
        assertTrue(page.html().length() < 100_000, () -> page.html().length() + " characters");
    }

    @Test
    void manyLongAnswersDoNotMakeALongReport() {
        Suite suite = SuiteFiles.bundled();
        Samples.Sample many = Samples.many(600);
        ObjectNode answer = Json.object();
        for (int i = 0; i < 50; i++) {
            answer.put("field" + i, "\u0000<".repeat(5_000));
        }
        String long1 = "\u0000<".repeat(50_000);
        List<CaseResult> results = many.run().results().stream()
                .map(result -> new CaseResult(
                        result.subject(),
                        Outcome.FAILED,
                        long1,
                        1,
                        Collections.nCopies(3, new Mismatch("x", "accepted", long1)),
                        answer,
                        false,
                        1))
                .toList();
        String page = HtmlReport.page(
                suite, new RunResult(long1, long1, long1, "1", results, Collections.nCopies(1000, long1)));
        assertTrue(page.length() < 12_000_000, () -> page.length() + " characters");
    }

    @Test
    void sixHundredCasesAreAFewMegabytes() {
        String page = Samples.many(600).page();
        assertTrue(page.length() < 5_000_000, () -> page.length() + " characters");
        try (ReportPage open = ReportPage.open(page, "")) {
            assertEquals(600, open.rows().size());
        }
    }

    // The page as such.

    @Test
    void thePageAsksForNothing() throws Exception {
        Document page = ReportPage.parsed(Samples.small().page());
        String code = page.expectFirst("script:not([type])").data();
        String policy =
                page.expectFirst("meta[http-equiv=Content-Security-Policy]").attr("content");
        assertEquals(
                "default-src 'none'; style-src "
                        + hash(page.expectFirst("style").data()) + "; script-src " + hash(code)
                        + "; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'",
                policy);
        // Nothing that it forbids comes before it.
        assertEquals("meta", page.head().child(0).tagName());
        assertEquals("utf-8", page.head().child(0).attr("charset"));
        assertEquals("Content-Security-Policy", page.head().child(1).attr("http-equiv"));
        assertFalse(page.expectFirst("style").data().contains("url("));
        assertFalse(page.expectFirst("style").data().contains("@import"));
        for (Document each : List.of(page, small())) {
            assertEquals(
                    0,
                    each.select(
                                    "[src], [style], link, iframe, object, embed, base, form[action], [formaction], use, image")
                            .size());
            assertTrue(each.select("[href]").eachAttr("href").stream().allMatch(href -> href.startsWith("#")));
        }
        try (ReportPage open = ReportPage.open(Samples.hostile().page(), "")) {
            open.assertAskedForNothing();
        }
    }

    /** But for its data, the file is always the same. */
    @Test
    void theDataIsAllThatDiffers() {
        Document hostile = ReportPage.parsed(Samples.hostile().page());
        Document small = ReportPage.parsed(Samples.small().page());
        assertEquals(2, hostile.select("script").size());
        hostile.expectFirst("script[type=application/json]").empty();
        Element data = small.expectFirst("script[type=application/json]");
        // The report as it is, where nothing in it is long.
        assertEquals(
                Json.parse(Json.line(JsonReport.of(Samples.small().run()))),
                Json.parse(data.data()).get("report"));
        data.empty();
        assertEquals(small.outerHtml(), hostile.outerHtml());
    }

    /** The script makes text of the data: it uses nothing that makes markup or code of a text. */
    @Test
    void nothingInTheScriptMakesMarkupOrCode() {
        String code = ReportPage.parsed(Samples.small().page())
                .expectFirst("script:not([type])")
                .data();
        for (String forbidden : List.of(
                "innerHTML",
                "outerHTML",
                "insertAdjacent",
                "document.write",
                "DOMParser",
                "Fragment(",
                "srcdoc",
                "setHTML",
                "eval",
                "Function",
                "import",
                "fetch",
                "XMLHttp",
                "WebSocket",
                "setTimeout",
                "'on")) {
            assertFalse(code.contains(forbidden), forbidden);
        }
    }

    /** Every colour of text on every background it may stand on, by the formula of WCAG 2. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void colourOfTextHasContrast(int scheme) {
        String style =
                ReportPage.parsed(Samples.small().page()).expectFirst("style").data();
        // By light, in the dark and on paper; the latter two say only what differs.
        Map<String, String> colours = new HashMap<>();
        List<String> blocks = Pattern.compile(":root \\{([^}]*)\\}")
                .matcher(style)
                .results()
                .map(block -> block.group(1))
                .toList();
        assertEquals(3, blocks.size());
        for (String block : List.of(blocks.get(0), blocks.get(scheme))) {
            Pattern.compile("--([a-z-]+): #([0-9a-f]{3,6})[;\\s]")
                    .matcher(block)
                    .results()
                    .forEach(each -> colours.put(each.group(1), each.group(2)));
        }
        for (String text : List.of("ink", "muted", "link", "passed", "failed", "known", "skipped")) {
            for (String behind : List.of("page", "card", "well")) {
                assertContrast(colours, text, behind);
            }
        }
        for (String text : List.of("passed", "failed", "known", "skipped")) {
            assertContrast(colours, text, text + "-soft");
            assertContrast(colours, "ink", text + "-soft");
        }
        assertContrast(colours, "mark-ink", "mark");
    }

    private static void assertContrast(Map<String, String> colours, String text, String behind) {
        double one = light(colours.getOrDefault(text, ""));
        double other = light(colours.getOrDefault(behind, ""));
        double ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        assertTrue(ratio >= 4.5, () -> text + " on " + behind + ": " + ratio);
    }

    private static double light(String colour) {
        String six = colour.length() == 3 ? colour.replaceAll("(.)", "$1$1") : colour;
        double sum = 0;
        double[] weights = {0.2126, 0.7152, 0.0722};
        for (int i = 0; i < 3; i++) {
            double value = Integer.parseInt(six.substring(2 * i, 2 * i + 2), 16) / 255.0;
            sum += weights[i] * (value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4));
        }
        return sum;
    }

    private static String hash(String text) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    }

    @Test
    void idsAreUniqueAndLinksLeadSomewhere() {
        Document page = small();
        List<String> ids = page.select("[id]").eachAttr("id");
        Set<String> unique = new HashSet<>(ids);
        assertEquals(ids.size(), unique.size());
        for (String href : page.select("[href]").eachAttr("href")) {
            assertTrue(href.contains("=") || unique.contains(href.substring(1)), href);
        }
        // A positive case that was not run has no link.
        Samples.Sample small = Samples.small();
        RunResult one = new RunResult("i", "l", "t", "1", small.run().results().subList(0, 1), List.of());
        Document part = ReportPage.shown(small.suite(), one);
        assertEquals(0, part.select("a[href=#message/plain]").size());
        assertTrue(part.text().contains("from message/plain (not in this run)"));
    }

    @Test
    void everyControlHasAName() {
        Document page = small();
        assertEquals(
                List.of("role", "group", "rule", "flag"),
                page.select("label.field > span + select").eachAttr("name"));
        assertEquals(
                4,
                page.select("fieldset:has(> legend) label > input[type=checkbox][name=outcome]")
                        .size());
        assertEquals("Text", page.expectFirst("label:has(#q) > span").text());
        assertTrue(page.select("button").stream().allMatch(Element::hasText));
        assertEquals("polite", page.expectFirst("#count[role=status]").attr("aria-live"));
        assertTrue(page.select("select[name=flag] option").eachText().contains("Ordinary (3)"));
    }

    @Test
    void withoutTheScriptThereIsAWordAndNoDeadControl() {
        Document page = ReportPage.parsed(Samples.small().page());
        assertTrue(page.expectFirst("noscript").text().contains("JavaScript"));
        assertTrue(page.select("input, select, button, main, header").stream()
                .allMatch(control -> control.closest("[hidden]") != null));
        assertEquals(0, small().select("main[hidden], header[hidden]").size());
    }

    @Test
    void theSameRunGivesTheSameFile(@TempDir Path folder) throws Exception {
        Samples.Sample hostile = Samples.hostile();
        Path file = folder.resolve("report.html");
        HtmlReport.write(hostile.suite(), hostile.run(), file);
        assertEquals(hostile.page(), Files.readString(file));
    }

    @Test
    void anEmptyRunIsAReportToo() {
        Document page = ReportPage.shown(
                new Suite("1.0.0", List.of(), List.of(), List.of()),
                new RunResult("", "", "", "", List.of(), List.of()));
        assertEquals("All 0 cases", page.expectFirst("#count").text());
    }
}

package dev.countersign.conformance.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The report in a real browser. */
@Tag("full")
@Timeout(300)
class HtmlReportInBrowserTest {
    /** The rows that can be seen, by id. */
    private static final String SHOWN =
            "[...document.querySelectorAll('.case')].filter(e => e.checkVisibility()).map(e => e.querySelector('.body').id)";

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    static Path folder;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static Chromium browser;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Chromium.Tab tab;

    @BeforeAll
    static void start() throws IOException {
        write("small", Samples.small());
        write("hostile", Samples.hostile());
        write("many", Samples.many(600));
        browser = Chromium.start(folder);
    }

    private static void write(String name, Samples.Sample sample) throws IOException {
        HtmlReport.write(sample.suite(), sample.run(), file(name));
    }

    private static Path file(String name) {
        return folder.resolve(name + ".html");
    }

    @AfterAll
    @SuppressWarnings("ConstantValue") // null if there is no browser
    static void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void open() {
        tab = browser.tab();
        tab.size(1200, 900);
    }

    @AfterEach
    void nothingWasComplainedAboutAndNothingWasAsked() {
        List<String> complaints = tab.complaints();
        List<String> requests = tab.requests();
        tab.close();
        assertEquals(List.of(), complaints);
        assertTrue(
                requests.stream().allMatch(url -> url.startsWith("file:") && url.contains(".html")),
                requests::toString);
    }

    private List<String> shown() {
        return tab.list(SHOWN);
    }

    private String count() {
        return tab.text("#count");
    }

    private String fragment() {
        return tab.evaluate("location.hash").asText();
    }

    private List<String> outcomeCounts() {
        return tab.list("[...document.querySelectorAll('.chip .n')].map(e => e.textContent)");
    }

    // What the other tests rely on.

    @Test
    void theBrowserTellsOfViolationsErrorsDialogsAndRequests() throws IOException {
        Path file = folder.resolve("guilty.html");
        Files.writeString(file, """
                <!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="style-src 'none'">
                <p style="color: red">x</p><img src="missing.png">
                <script>console.warn('warned'); confirm('asked'); throw new Error('thrown')</script>
                """);
        tab.load(file, "");
        String complaints = String.join("\n", tab.complaints());
        assertTrue(complaints.contains("Content Security Policy"), complaints);
        assertTrue(complaints.contains("warned"), complaints);
        assertTrue(complaints.contains("asked"), complaints);
        assertTrue(complaints.contains("thrown"), complaints);
        assertTrue(tab.requests().stream().anyMatch(url -> url.endsWith("missing.png")), tab.requests()::toString);
        tab.load(file("small"), ""); // forgets it
    }

    // Filters.

    @Test
    void everythingIsShownAtFirst() {
        tab.load(file("small"), "");
        assertEquals(List.of("message/encoded", "message/plain", "message/body", "keys/point"), shown());
        assertEquals("All 4 cases: 1 failed, 1 known failing, 1 skipped, 1 passed", count());
        assertEquals(List.of("1", "1", "1", "1"), outcomeCounts());
        assertEquals("", fragment());
        assertTrue(tab.evaluate("document.querySelector('#filters').checkVisibility()")
                .asBoolean());
        assertTrue(tab.evaluate("document.querySelector('#clear').disabled").asBoolean());
        tab.screenshot("small-light");
    }

    @Test
    void outcomesAreClicked() {
        tab.load(file("small"), "");
        tab.click(".chip.failed");
        assertEquals(List.of("message/encoded"), shown());
        assertEquals("1 of 4 cases: 1 failed", count());
        assertEquals("#outcome=failed", fragment());
        // What another click would add.
        assertEquals(List.of("1", "1", "1", "1"), outcomeCounts());
        assertEquals(
                List.of("any", "message (1)", "keys (0)"),
                tab.list("[...document.querySelector('select[name=group]').options].map(o => o.textContent)"));
        tab.click(".chip.skipped");
        assertEquals(List.of("message/encoded", "keys/point"), shown());
        assertEquals("#outcome=failed,skipped", fragment());
        assertEquals("2 of 4 cases: 1 failed, 1 skipped", count());
        tab.click(".chip.failed");
        assertEquals(List.of("keys/point"), shown());
        assertFalse(tab.evaluate("document.querySelector('.group').checkVisibility()")
                .asBoolean());
        tab.click("#clear");
        assertEquals(4, shown().size());
        assertEquals("", fragment());
    }

    @Test
    void textIsTyped() {
        tab.load(file("small"), "");
        tab.click("#q");
        tab.type("PERCENT  encoded");
        assertEquals(List.of("message/encoded"), shown());
        assertEquals("#q=PERCENT++encoded", fragment());
        assertEquals(List.of("1", "0", "0", "0"), outcomeCounts());
        tab.type(" nowhere");
        assertEquals(List.of(), shown());
        assertEquals("0 of 4 cases", count());
        assertTrue(tab.evaluate("document.querySelector('#nothing').checkVisibility()")
                .asBoolean());
        tab.click("#clear-too");
        assertEquals(4, shown().size());
        assertEquals("q", tab.evaluate("document.activeElement.id").asText());
        assertFalse(tab.evaluate("document.querySelector('#nothing').checkVisibility()")
                .asBoolean());
    }

    @ParameterizedTest
    @CsvSource({
        "role, 2, keys, keys/point",
        "group, 2, keys, keys/point",
        "rule, 1, message.body, message/body",
        "flag, 2, Encoded, message/encoded"
    })
    void aValueIsChosenWithTheKeyboard(String select, int steps, String value, String only) {
        tab.load(file("small"), "");
        tab.evaluate("document.querySelector('select[name=" + select + "]').focus()");
        for (int i = 0; i < steps; i++) {
            tab.press("ArrowDown");
        }
        assertEquals("#" + select + "=" + value, fragment());
        assertEquals(List.of(only), shown());
        assertEquals("1", tab.text(".group:not([hidden]) .size").substring(0, 1));
    }

    @Test
    void theKeyboardReachesEverything() {
        tab.load(file("small"), "");
        List<String> reached = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            tab.press("Tab");
            String name = tab.evaluate(
                            "(e => e.matches('.case > summary') ? 'case' : e.id || e.value || e.name || e.className || e.tagName)"
                                    + "(document.activeElement)")
                    .asText();
            reached.add(name);
            // What has the focus can be seen, and has a ring.
            if (!name.equals("BODY")) {
                assertTrue(
                        tab.evaluate(
                                        "(e => e.checkVisibility() && getComputedStyle(e).outlineStyle !== 'none')(document.activeElement)")
                                .asBoolean(),
                        name);
            }
        }
        assertEquals("skip", reached.get(0));
        assertTrue(
                reached.containsAll(List.of(
                        "total failed",
                        "failed",
                        "known-failing",
                        "skipped",
                        "passed",
                        "role",
                        "group",
                        "rule",
                        "flag",
                        "q",
                        "open",
                        "fold",
                        "case")),
                reached::toString);
        tab.evaluate("document.querySelector('.chip.passed input').focus()");
        tab.press("Space");
        assertEquals(List.of("message/plain"), shown());
        tab.evaluate("document.querySelector('.case:not([hidden]) > summary').focus()");
        tab.press("Enter");
        assertTrue(tab.evaluate("document.querySelector('.case:not([hidden])').open")
                .asBoolean());
    }

    @Test
    void allThatIsShownIsOpenedAndClosed() {
        tab.load(file("small"), "#outcome=passed,skipped");
        tab.click("#open");
        // The first failure is open from the start.
        assertEquals(
                3,
                tab.evaluate("document.querySelectorAll('.case[open]').length").asInt());
        assertFalse(tab.evaluate("document.querySelector('.case.known-failing').open")
                .asBoolean());
        tab.click("#fold");
        assertEquals(
                0,
                tab.evaluate("document.querySelectorAll('.case[open]').length").asInt());
    }

    // Fragments.

    /** Against a model: the same filters over the results. */
    @Test
    void aFragmentRestoresAView() {
        Samples.Sample many = Samples.many(600);
        String rule = many.suite().rules().get(5).id();
        List<String> all = check(many, "", result -> true);
        assertEquals(600, all.size());
        check(many, "#outcome=failed", result -> Ending.of(result) == Ending.FAILED);
        check(
                many,
                "#outcome=skipped,passed&group=group-3",
                result -> Ending.of(result) != Ending.FAILED
                        && result.subject().group().equals("group-3"));
        check(many, "#rule=" + rule, result -> result.subject().rule().equals(rule));
        check(
                many,
                "#flag=IngestNearMiss&outcome=failed",
                result -> result.subject().flags().contains("IngestNearMiss") && Ending.of(result) == Ending.FAILED);
        check(many, "#role=verifier&q=group-9", result -> result.subject().id().startsWith("group-9/"));
        check(many, "#role=signer&outcome=nonsense&rule=<img>&q=", result -> true);
        tab.screenshot("many");
    }

    private List<String> check(Samples.Sample sample, String fragment, Predicate<CaseResult> fits) {
        tab.load(file("many"), fragment);
        List<CaseResult> expected = sample.run().results().stream().filter(fits).toList();
        assertFalse(expected.isEmpty(), fragment);
        List<String> shown = shown();
        assertEquals(expected.stream().map(CaseResult::subject).map(Case::id).toList(), shown, fragment);
        assertTrue(
                count().startsWith(expected.size() == 600 ? "All 600 cases: " : expected.size() + " of 600 cases: "),
                count());
        Tally tally = Tally.of(expected);
        for (Ending ending : Ending.values()) {
            String words = tally.count(ending) + " " + ending.label;
            assertEquals(
                    tally.count(ending) > 0, (count() + ",").contains(" " + words + ","), words + " in " + count());
        }
        return shown;
    }

    @Test
    void aViewSurvivesAReload() {
        tab.load(file("small"), "");
        tab.click(".chip.failed");
        tab.click("#q");
        tab.type("ä&b=c#d %");
        String fragment = fragment();
        tab.reload();
        assertEquals(fragment, fragment());
        assertEquals(
                "ä&b=c#d %", tab.evaluate("document.querySelector('#q').value").asText());
        assertEquals(List.of(), shown());
        assertTrue(tab.evaluate("document.querySelector('.chip.failed input').checked")
                .asBoolean());
    }

    @Test
    void anotherFragmentIsAnotherView() {
        tab.load(file("small"), "#outcome=passed");
        assertEquals(List.of("message/plain"), shown());
        go("outcome=failed&q=encoded");
        assertEquals(List.of("message/encoded"), shown());
        assertEquals(
                "encoded", tab.evaluate("document.querySelector('#q').value").asText());
        go("");
        assertEquals(4, shown().size());
        assertEquals("", tab.evaluate("document.querySelector('#q').value").asText());
        tab.evaluate("history.back()");
        tab.settle();
        go("%E0%A4%A"); // not UTF-8
        go("no/such-case");
        go("constructor=1&__proto__=2");
        assertEquals(4, shown().size());
    }

    private void go(String fragment) {
        tab.evaluate("location.hash = '" + fragment + "'");
        tab.settle();
    }

    @Test
    void aLinkToACaseOpensIt() {
        tab.load(file("small"), "#keys/point");
        assertTrue(tab.evaluate("document.querySelector('[id=\"keys/point\"]').checkVisibility()")
                .asBoolean());
        assertEquals(4, shown().size());
        // From a case to the one that it differs from, which is hidden.
        tab.load(file("small"), "#outcome=failed");
        tab.click("a[href=\"#message/plain\"]");
        tab.settle();
        assertEquals("#message/plain", fragment());
        assertEquals(4, shown().size());
        assertTrue(tab.evaluate("document.querySelector('[id=\"message/plain\"]').checkVisibility()")
                .asBoolean());
        assertEquals(
                "message/plain",
                tab.evaluate("document.activeElement.querySelector('code').textContent")
                        .asText());
        assertTrue(
                tab.evaluate("(b => b.top >= 0 && b.top < innerHeight)(document.activeElement.getBoundingClientRect())")
                        .asBoolean());
    }

    @Test
    void totalsRulesAndFlagsLeadToTheirCases() {
        tab.load(file("small"), "");
        tab.click(".total.skipped");
        assertEquals(List.of("keys/point"), shown());
        tab.click("#failures a[href=\"#rule=message.path\"]");
        assertEquals(List.of("message/encoded", "message/plain"), shown());
        tab.click("#failures a[href=\"#flag=LongBody\"]");
        assertEquals(List.of("message/body"), shown());
        assertTrue(tab.evaluate(
                        "(b => b.top >= -1 && b.top < innerHeight)(document.querySelector('#cases').getBoundingClientRect())")
                .asBoolean());
    }

    // Hostile text.

    @Test
    void hostileTextRunsNothing() {
        tab.load(file("hostile"), "");
        tab.click("#open");
        tab.click("#q");
        tab.type("<img src=x onerror=\"globalThis.pwned=4\">");
        tab.settle();
        tab.load(
                file("hostile"),
                "#q=%3Cimg%20src%3Dx%20onerror%3D%22globalThis.pwned%3D1%22%3E&rule=%3Cscript%3Epwned%3D6%3C/script%3E");
        assertEquals("undefined", tab.evaluate("typeof globalThis.pwned").asText());
        assertEquals(
                0,
                tab.evaluate(
                                "document.querySelectorAll('img, iframe, object, embed, script:not(body > script), svg:not(.bar)').length")
                        .asInt());
        assertEquals(1, tab.evaluate("document.scripts.length").asInt());
        // It is there, as text, and found.
        assertEquals(4, shown().size());
        assertTrue(tab.evaluate("document.querySelector('h1').textContent")
                .asText()
                .startsWith("</script></style></title></pre><img src=x"));
        assertTrue(tab.evaluate("document.title").asText().startsWith("</script></style></title></pre><img src=x"));
        assertEquals(1, tab.requests().size(), tab.requests()::toString);
        tab.screenshot("hostile");
    }

    /** Even if something were not escaped: the policy stops it. */
    @Test
    void thePolicyStopsWhatIsNotEscaped() throws IOException {
        Path file = folder.resolve("broken.html");
        String page = Samples.small().page();
        Files.writeString(
                file,
                page.replace(
                        "<h1>",
                        "<h1>" + "<script>globalThis.pwned=1</script>"
                                + "<img src=http://127.0.0.1:9/x onerror=globalThis.pwned=2><p style='position:fixed'>"));
        assertNotEquals(page, Files.readString(file));
        tab.load(file, "");
        assertEquals("undefined", tab.evaluate("typeof globalThis.pwned").asText());
        assertEquals(
                "static",
                tab.evaluate("getComputedStyle(document.querySelector('h1 p')).position")
                        .asText());
        String complaints = String.join("\n", tab.complaints());
        assertTrue(
                complaints.contains("script-src") && complaints.contains("style-src") && complaints.contains("img"),
                complaints);
        tab.load(file("small"), "");
    }

    // Everywhere.

    @Test
    void withoutScriptsAllIsThere() {
        tab.scripts(false);
        tab.load(file("small"), "#keys/point");
        // The body of a case is a link's target: the browser itself opens what it is in.
        assertEquals(4, shown().size());
        assertTrue(tab.evaluate("document.querySelector('[id=\"keys/point\"]').checkVisibility()")
                .asBoolean());
        assertFalse(tab.evaluate("document.querySelector('#filters').checkVisibility()")
                .asBoolean());
        assertFalse(tab.evaluate("document.querySelector('#buttons').checkVisibility()")
                .asBoolean());
        assertTrue(tab.evaluate("document.querySelector('noscript').checkVisibility()")
                .asBoolean());
        assertEquals("4 cases", count());
        tab.click("#rules > summary");
        assertTrue(tab.evaluate("document.querySelector('#rules').open").asBoolean());
    }

    @ParameterizedTest
    @ValueSource(strings = {"small", "hostile", "many"})
    void nothingOverflowsANarrowScreen(String name) {
        tab.size(400, 800);
        tab.load(file(name), name.equals("many") ? "#outcome=failed&group=group-1" : "");
        tab.evaluate("document.querySelectorAll('details').forEach(e => { e.open = e.checkVisibility(); })");
        tab.screenshot(name + "-narrow");
        assertEquals(400, tab.evaluate("document.documentElement.scrollWidth").asInt());
        assertEquals(
                List.of(),
                tab.list(
                        "[...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('.skip')"
                                + " && e.getBoundingClientRect().right > 400.5).map(e => e.outerHTML.slice(0, 120))"));
    }

    /** Every text against its background, by the formula of WCAG 2. */
    @ParameterizedTest
    @CsvSource({"screen, light", "screen, dark", "print, light", "print, dark"})
    void everyTextHasContrast(String medium, String scheme) {
        tab.media(medium, scheme);
        tab.load(file("small"), "#outcome=failed,skipped,passed,known-failing");
        tab.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })");
        JsonNode low = tab.evaluate("""
                (() => {
                  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
                  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
                    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
                  const behind = (e) => {
                    const color = parse(getComputedStyle(e).backgroundColor);
                    return color.length === 3 ? color : behind(e.parentElement);
                  };
                  const found = [];
                  let texts = 0;
                  for (const e of document.querySelectorAll('body *')) {
                    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== '');
                    if (!own || !e.checkVisibility() || e.closest('script, noscript')) continue;
                    texts++;
                    const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))];
                    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${e.outerHTML.slice(0, 90)}`);
                  }
                  return { texts, found };
                })()""");
        assertTrue(low.path("texts").asInt() > 100, low::toString);
        assertEquals(0, low.path("found").size(), low::toString);
        tab.screenshot("small-" + medium + "-" + scheme);
    }

    @Test
    void paperHasTheRowsAndNoControls() {
        tab.load(file("small"), "#outcome=failed");
        tab.media("print", "light");
        assertEquals(List.of("message/encoded"), shown());
        assertEquals("1 of 4 cases: 1 failed", count());
        for (String control : List.of("#filters", "#buttons", ".skip")) {
            assertFalse(
                    tab.evaluate("document.querySelector('" + control + "').checkVisibility()")
                            .asBoolean(),
                    control);
        }
        byte[] pdf = Base64.getDecoder()
                .decode(tab.call("Page.printToPDF", Json.object()).path("data").asText());
        assertEquals("%PDF", new String(pdf, 0, 4, StandardCharsets.US_ASCII).toUpperCase(Locale.ROOT));
    }
}

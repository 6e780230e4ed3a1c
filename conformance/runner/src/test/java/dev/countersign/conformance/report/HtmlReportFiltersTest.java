package dev.countersign.conformance.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.suite.Case;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The report's filters, links and fragments, by its own script. */
class HtmlReportFiltersTest {
    private static final String SMALL = Samples.small().page();

    private ReportPage page = ReportPage.open(SMALL, "");

    private void load(String html, String fragment) {
        page.close();
        page = ReportPage.open(html, fragment);
    }

    @AfterEach
    void nothingWasAskedFor() {
        page.assertAskedForNothing();
        page.close();
    }

    private List<String> outcomeCounts() {
        return page.list("[...document.querySelectorAll('.chip .n')].map(e => e.textContent)");
    }

    private boolean isHidden(String selector) {
        return page.isTrue("document.querySelector('" + selector + "').hidden");
    }

    // Filters.

    @Test
    void everythingIsShownAtFirst() {
        assertEquals(List.of("message/encoded", "message/plain", "message/body", "keys/point"), page.rows());
        assertEquals("All 4 cases: 1 failed, 1 known failing, 1 skipped, 1 passed", page.text("#count"));
        assertEquals(List.of("1", "1", "1", "1"), outcomeCounts());
        assertEquals("", page.fragment());
        assertEquals(List.of("message/encoded"), page.open());
        assertTrue(page.isTrue("document.querySelector('#clear').disabled"));
    }

    @Test
    void outcomesAreClicked() {
        page.click(".chip.failed input");
        assertEquals(List.of("message/encoded"), page.rows());
        assertEquals("1 of 4 cases: 1 failed", page.text("#count"));
        assertEquals("#outcome=failed", page.fragment());
        // What another click would add.
        assertEquals(List.of("1", "1", "1", "1"), outcomeCounts());
        assertEquals(
                List.of("any", "message (1)", "keys (0)"),
                page.list("[...document.querySelector('select[name=group]').options].map(o => o.textContent)"));
        page.click(".chip.skipped input");
        assertEquals(List.of("message/encoded", "keys/point"), page.rows());
        assertEquals("#outcome=failed,skipped", page.fragment());
        assertEquals("2 of 4 cases: 1 failed, 1 skipped", page.text("#count"));
        page.click(".chip.failed input");
        assertEquals(List.of("keys/point"), page.rows());
        assertTrue(isHidden(".group"));
        page.click("#clear");
        assertEquals(4, page.rows().size());
        assertEquals("", page.fragment());
    }

    @Test
    void textIsTyped() {
        page.type("PERCENT  encoded");
        assertEquals(List.of("message/encoded"), page.rows());
        assertEquals("#q=PERCENT++encoded", page.fragment());
        assertEquals(List.of("1", "0", "0", "0"), outcomeCounts());
        page.type(" nowhere");
        assertEquals(List.of(), page.rows());
        assertEquals("0 of 4 cases", page.text("#count"));
        assertFalse(isHidden("#nothing"));
        page.click("#clear-too");
        assertEquals(4, page.rows().size());
        assertTrue(page.isTrue("document.activeElement.id === 'q'"));
        assertTrue(isHidden("#nothing"));
    }

    /** In all that folding the case out would show, which was not made yet. */
    @ParameterizedTest
    @CsvSource({
        "1767225600, message/encoded message/plain message/body",
        "uncompressed, keys/point",
        "/a/b, message/encoded",
        "'no parser', keys/point",
        "message/plain differs, ''",
        "known failing, message/body"
    })
    void textIsFoundWhereItIsShown(String words, String found) {
        page.type(words);
        assertEquals(found, String.join(" ", page.rows()));
    }

    @ParameterizedTest
    @CsvSource({
        "role, keys, keys/point",
        "group, keys, keys/point",
        "rule, message.body, message/body",
        "flag, Encoded, message/encoded"
    })
    void aValueIsChosen(String select, String value, String only) {
        page.choose(select, value);
        assertEquals("#" + select + "=" + value, page.fragment());
        assertEquals(List.of(only), page.rows());
        assertEquals("1", page.text(".group:not([hidden]) .size").substring(0, 1));
    }

    @Test
    void allThatIsShownIsOpenedAndClosed() {
        load(SMALL, "#outcome=passed,skipped");
        page.click("#open");
        // The first failure is open from the start.
        assertEquals(List.of("message/encoded", "message/plain", "keys/point"), page.open());
        page.click("#fold");
        assertEquals(List.of(), page.open());
    }

    // Fragments.

    /** Against a model: the same filters over the results. */
    @Test
    void aFragmentRestoresAView() {
        Samples.Sample many = Samples.many(200);
        String html = many.page();
        String rule = many.suite().rules().get(5).id();
        assertEquals(200, check(many, html, "", result -> true).size());
        check(many, html, "#outcome=failed", result -> Ending.of(result) == Ending.FAILED);
        check(
                many,
                html,
                "#outcome=skipped,passed&group=group-2",
                result -> Ending.of(result) != Ending.FAILED
                        && result.subject().group().equals("group-2"));
        check(many, html, "#rule=" + rule, result -> result.subject().rule().equals(rule));
        String flag = many.suite().cases().get(100).flags().get(0);
        check(
                many,
                html,
                "#flag=" + flag + "&outcome=failed",
                result -> result.subject().flags().contains(flag) && Ending.of(result) == Ending.FAILED);
        check(many, html, "#q=group-3%2F", result -> result.subject().id().startsWith("group-3/"));
        check(many, html, "#role=nobody&outcome=nonsense&rule=<img>&q=", result -> true);
    }

    private List<String> check(Samples.Sample sample, String html, String fragment, Predicate<CaseResult> fits) {
        load(html, fragment);
        List<CaseResult> expected = sample.run().results().stream().filter(fits).toList();
        assertFalse(expected.isEmpty(), fragment);
        assertEquals(expected.stream().map(CaseResult::subject).map(Case::id).toList(), page.rows(), fragment);
        String count = page.text("#count");
        assertTrue(
                count.startsWith(expected.size() == 200 ? "All 200 cases: " : expected.size() + " of 200 cases: "),
                count);
        Tally tally = Tally.of(expected);
        for (Ending ending : Ending.values()) {
            String words = tally.count(ending) + " " + ending.label;
            assertEquals(tally.count(ending) > 0, (count + ",").contains(" " + words + ","), words + " in " + count);
        }
        return page.rows();
    }

    @Test
    void aViewSurvivesAReload() {
        page.click(".chip.failed input");
        page.type("\u00e4&b=c#d %");
        String fragment = page.fragment();
        page.reload();
        assertEquals(fragment, page.fragment());
        assertTrue(page.isTrue("document.querySelector('#q').value === '\\u00e4&b=c#d %'"));
        assertEquals(List.of(), page.rows());
        assertTrue(page.isTrue("document.querySelector('.chip.failed input').checked"));
    }

    @Test
    void anotherFragmentIsAnotherView() {
        load(SMALL, "#outcome=passed");
        assertEquals(List.of("message/plain"), page.rows());
        page.go("outcome=failed&q=encoded");
        assertEquals(List.of("message/encoded"), page.rows());
        assertTrue(page.isTrue("document.querySelector('#q').value === 'encoded'"));
        page.go("q=");
        assertEquals(4, page.rows().size());
        assertTrue(page.isTrue("document.querySelector('#q').value === ''"));
        page.go("%E0%A4%A"); // not UTF-8
        page.go("no/such-case");
        page.go("constructor=1&__proto__=2");
        assertEquals(4, page.rows().size());
    }

    @Test
    void aLinkToACaseOpensIt() {
        load(SMALL, "#keys/point");
        assertEquals(List.of("message/encoded", "keys/point"), page.open());
        assertEquals(4, page.rows().size());
        // From a case to the one that it differs from, which is hidden.
        load(SMALL, "#outcome=failed");
        assertEquals(List.of("message/encoded"), page.rows());
        page.go("message/plain");
        assertEquals(4, page.rows().size());
        assertTrue(page.open().contains("message/plain"));
    }

    @Test
    void totalsRulesAndFlagsLeadToTheirCases() {
        page.click(".total.skipped");
        assertEquals(List.of("keys/point"), page.rows());
        page.click("#failures a[href='#rule=message.path']");
        assertEquals(List.of("message/encoded", "message/plain"), page.rows());
        page.click("#failures a[href='#flag=LongBody']");
        assertEquals(List.of("message/body"), page.rows());
        page.click(".case.failed a[href='#message/plain']");
        assertTrue(page.open().contains("message/plain"));
    }

    // Hostile text.

    @Test
    void hostileTextRunsNothing() {
        String hostile = Samples.hostile().page();
        load(hostile, "");
        page.click("#open");
        page.type("<img src=x onerror=\"globalThis.pwned=1\">");
        // It is there, as text, and found.
        assertEquals(4, page.rows().size());
        assertTrue(page.text("h1").startsWith("</script></style></title></pre><img src=x"));
        assertTrue(page.isTrue("document.title.startsWith('</script></style></title></pre><img src=x')"));
        assertUntouched();
        page.assertAskedForNothing();
        load(
                hostile,
                "#q=%3Cimg%20src%3Dx%20onerror%3D%22globalThis.pwned%3D1%22%3E&rule=%3Cscript%3Epwned%3D6%3C/script%3E");
        assertUntouched();
    }

    private void assertUntouched() {
        assertTrue(page.isTrue("typeof globalThis.pwned === 'undefined'"));
        assertTrue(page.isTrue("document.querySelectorAll('img, iframe, object, embed, svg:not(.bar)').length === 0"
                + " && document.scripts.length === 2"));
    }
}

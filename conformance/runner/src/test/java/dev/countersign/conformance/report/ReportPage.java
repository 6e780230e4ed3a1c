package dev.countersign.conformance.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.suite.Suite;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.htmlunit.BrowserVersion;
import org.htmlunit.ScriptResult;
import org.htmlunit.StringWebResponse;
import org.htmlunit.WebClient;
import org.htmlunit.WebRequest;
import org.htmlunit.WebResponse;
import org.htmlunit.html.DomElement;
import org.htmlunit.html.HtmlCheckBoxInput;
import org.htmlunit.html.HtmlElement;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlOption;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.html.HtmlSelect;
import org.htmlunit.util.WebConnectionWrapper;
import org.jsoup.nodes.Document;
import org.jsoup.parser.ParseErrorList;
import org.jsoup.parser.Parser;

/**
 * A report in HtmlUnit, a browser that draws nothing: it has the page's script run, and knows no network but the page. An
 * error of the script fails the test.
 */
final class ReportPage implements AutoCloseable {
    private static final String ADDRESS = "https://report.example/report.html";

    private final WebClient client = new WebClient(BrowserVersion.CHROME);
    private final List<String> complaints = new ArrayList<>();
    private HtmlPage page;

    private ReportPage(String html, String fragment) throws IOException {
        client.getOptions().setCssEnabled(false);
        client.setAlertHandler((where, message) -> complaints.add(message));
        client.setWebConnection(new WebConnectionWrapper(client) {
            @Override
            public WebResponse getResponse(WebRequest request) throws IOException {
                URL url = request.getUrl();
                if (!url.toString().split("#", 2)[0].equals(ADDRESS)) {
                    complaints.add("asked for " + url);
                    throw new IOException("no network");
                }
                return new StringWebResponse(html, StandardCharsets.UTF_8, url);
            }
        });
        page = client.getPage(ADDRESS + fragment);
    }

    static ReportPage open(String html, String fragment) {
        try {
            return new ReportPage(html, fragment);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a person can get to see of a run: the document after the script has run, with every case folded out. */
    static Document shown(Suite suite, RunResult run) {
        return shown(HtmlReport.page(suite, run));
    }

    /** The same of a page that is there. */
    static Document shown(String html) {
        try (ReportPage page = open(html, "")) {
            page.run("document.querySelectorAll('.case').forEach(e => e.dispatchEvent(new Event('toggle')))");
            return parsed("<!DOCTYPE html>" + page.run("document.documentElement.outerHTML"));
        }
    }

    /** The markup, which must be without a fault. */
    static Document parsed(String html) {
        Parser parser = Parser.htmlParser().setTrackErrors(20);
        Document document = parser.parseInput(html, "");
        ParseErrorList errors = parser.getErrors();
        assertTrue(errors.isEmpty(), errors::toString);
        return document;
    }

    /** What a script gives. */
    Object run(String script) {
        ScriptResult result = page.executeJavaScript(script);
        client.waitForBackgroundJavaScript(1_000);
        return result.getJavaScriptResult();
    }

    /** A list of texts that a script gives. */
    List<String> list(String script) {
        String joined = run("(" + script + ").join('\\n')").toString();
        return joined.isEmpty() ? List.of() : List.of(joined.split("\n", -1));
    }

    boolean isTrue(String script) {
        return (Boolean) run(script);
    }

    /** The rows that are not hidden, by id. */
    List<String> rows() {
        return list("[...document.querySelectorAll('.group:not([hidden]) > .case:not([hidden]) > summary > code')]"
                + ".map(e => e.textContent)");
    }

    /** The ids of the cases that are folded out. */
    List<String> open() {
        return list("[...document.querySelectorAll('.case[open] > summary > code')].map(e => e.textContent)");
    }

    String text(String selector) {
        return element(selector).getTextContent();
    }

    String fragment() {
        return run("location.href.replace(/^[^#]*/, '')").toString();
    }

    void click(String selector) {
        try {
            HtmlElement element = element(selector);
            element.click();
            if (element instanceof HtmlCheckBoxInput) {
                element.fireEvent("input"); // HtmlUnit forgets it
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void type(String text) {
        try {
            assertInstanceOf(HtmlInput.class, element("#q")).type(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void choose(String select, String value) {
        HtmlSelect element = assertInstanceOf(HtmlSelect.class, element("select[name=" + select + "]"));
        HtmlOption option = element.getOptionByValue(value);
        element.setSelectedAttribute(option, true);
        element.fireEvent("input");
    }

    void go(String fragment) {
        run("location.hash = '" + fragment + "'");
    }

    void reload() {
        try {
            page = assertInstanceOf(HtmlPage.class, page.refresh());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HtmlElement element(String selector) {
        DomElement found = Objects.requireNonNull(page.querySelector(selector), selector);
        return assertInstanceOf(HtmlElement.class, found);
    }

    /** Nothing was asked for but the page, and nobody was asked anything. */
    void assertAskedForNothing() {
        assertEquals(List.of(), complaints);
    }

    @Override
    public void close() {
        client.close();
    }
}

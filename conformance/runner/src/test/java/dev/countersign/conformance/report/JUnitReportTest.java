package dev.countersign.conformance.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.RunResult;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The XML is read back: always well-formed, and its counts are true. */
class JUnitReportTest {
    @TempDir
    Path folder;

    private static Document parse(byte[] xml) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory.newDocumentBuilder().parse(new ByteArrayInputStream(xml));
    }

    private static Document report(RunResult run) throws Exception {
        return parse(JUnitReport.of(run).getBytes(StandardCharsets.UTF_8));
    }

    private static List<Element> elements(Document document, String name) {
        NodeList nodes = document.getElementsByTagName(name);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .toList();
    }

    private static void assertCounts(Element element, int tests, int failures, int skipped) {
        assertEquals(Integer.toString(tests), element.getAttribute("tests"), element::getNodeName);
        assertEquals(Integer.toString(failures), element.getAttribute("failures"), element::getNodeName);
        assertEquals(Integer.toString(skipped), element.getAttribute("skipped"), element::getNodeName);
        assertEquals("0", element.getAttribute("errors"), element::getNodeName);
    }

    @Test
    void countsAreTrue() throws Exception {
        Document xml = report(Runs.mixed());
        assertCounts(xml.getDocumentElement(), 7, 4, 2);
        List<Element> suites = elements(xml, "testsuite");
        assertEquals(
                List.of("conformance.g", "conformance.h", "conformance.run"),
                suites.stream().map(suite -> suite.getAttribute("name")).toList());
        assertCounts(suites.get(0), 2, 1, 0);
        assertCounts(suites.get(1), 3, 1, 2);
        assertCounts(suites.get(2), 2, 2, 0);
        assertEquals(7, elements(xml, "testcase").size());
        assertEquals(4, elements(xml, "failure").size());
        assertEquals(2, elements(xml, "skipped").size());
        assertEquals("1.500000", elements(xml, "testcase").get(0).getAttribute("time"));
    }

    @Test
    void textsComeBack() throws Exception {
        Document xml = report(Runs.mixed());
        Element failure = elements(xml, "failure").get(0);
        assertEquals("messageHex: expected 00, was 01", failure.getAttribute("message"));
        assertTrue(failure.getTextContent().contains("expected 00\n"), failure.getTextContent());
        assertEquals(
                "the harness ended with exit code 7; last lines: help\\u0007!",
                elements(xml, "failure").get(1).getAttribute("message"));
        String broken = elements(xml, "failure").get(1).getTextContent();
        assertTrue(broken.endsWith("last lines:\nhelp\\u0007!\n"), broken);
        assertEquals(
                "failed as announced: messageHex: expected 00, was 01",
                elements(xml, "skipped").get(0).getAttribute("message"));
        assertEquals("cannot <do> \"it\"", elements(xml, "skipped").get(1).getAttribute("message"));
    }

    @Test
    void failsExactlyWhenTheRunIsNotGreen() throws Exception {
        CaseResult passed = CaseResult.passed(Runs.GOOD, 1);
        CaseResult known = Runs.wrong(Runs.KNOWN).asKnownFailing();
        CaseResult skipped = CaseResult.skipped(Runs.SKIPPED, "why", 1);
        List<String> none = List.of();
        for (RunResult run : List.of(
                Runs.run(none, none, passed, known, skipped),
                Runs.run(none, none, passed, Runs.wrong(Runs.BAD)),
                Runs.run(List.of("stale"), none, passed),
                Runs.run(none, List.of("fault"), passed),
                Runs.run(none, none, skipped),
                Runs.run(none, none, known),
                Runs.run(none, none))) {
            Document xml = report(run);
            assertEquals(run.isGreen(), elements(xml, "failure").isEmpty(), run::toString);
        }
    }

    @Test
    void makesTheFolders() throws Exception {
        Path file = folder.resolve("a/b/junit.xml");
        JUnitReport.write(Runs.mixed(), file);
        assertEquals(
                "testsuites",
                parse(Files.readAllBytes(file)).getDocumentElement().getNodeName());
    }

    @Property(tries = 500)
    void anyTextMakesWellFormedXml(@ForAll("nasty") String text) throws Exception {
        CaseResult skipped = CaseResult.skipped(Runs.SKIPPED, text, 1);
        CaseResult broken = CaseResult.broken(Runs.BROKEN, 0, text, 1);
        Document xml = report(Runs.run(List.of(text), List.of(text), skipped, broken));
        assertEquals(
                written(text).replaceAll("[\\t\\n\\r]", " "),
                elements(xml, "skipped").get(0).getAttribute("message"));
        assertTrue(elements(xml, "failure").get(0).getTextContent().endsWith(written(text) + "\n"));
    }

    @Provide
    Arbitrary<String> nasty() {
        Arbitrary<Character> sharp = Arbitraries.of(
                '<', '>', '&', '"', '\'', ']', '\n', '\r', '\t', ' ', '\0', '\u0001', '\u001b', '\u007f', '\u0085',
                '\u2028', '\ud800', '\udbff', '\udc00', '\udfff', '\ufffe', '\uffff', '\ufffd', '\ufeff', 'a');
        return Arbitraries.oneOf(
                Arbitraries.strings().all().ofMaxLength(40),
                sharp.array(Character[].class).ofMaxSize(20).map(JUnitReportTest::join));
    }

    private static String join(Character[] characters) {
        StringBuilder text = new StringBuilder();
        for (char c : characters) {
            text.append(c);
        }
        return text.toString();
    }

    /** What the text looks like in XML: what XML cannot hold is spelled. */
    private static String written(String text) {
        StringBuilder written = new StringBuilder();
        text.codePoints().forEach(c -> {
            boolean control = c < 0x20 && c != '\t' && c != '\n' && c != '\r';
            boolean surrogate = c >= 0xd800 && c <= 0xdfff;
            if (control || surrogate || c == 0xfffe || c == 0xffff) {
                written.append(String.format("\\u%04x", c));
            } else {
                written.appendCodePoint(c);
            }
        });
        return written.toString();
    }
}

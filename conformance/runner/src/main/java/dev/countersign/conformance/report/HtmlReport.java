package dev.countersign.conformance.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Difference;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Rule;
import dev.countersign.conformance.suite.Step;
import dev.countersign.conformance.suite.Suite;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A run as one HTML file, for people: a page that is always the same, and in it the {@linkplain JsonReport report as
 * JSON} with what the suite says about its cases. The page's script makes text of the data, never markup.
 *
 * <p>The file asks for nothing: a content security policy allows its own style and script, by their hashes, and nothing
 * else. Of what an implementation said at great length only a part is in the file.
 */
public final class HtmlReport {
    private static final List<String> SCRIPTS =
            List.of("text.js", "values.js", "cases.js", "overview.js", "filters.js");

    private static final HexFormat HEX = HexFormat.of();

    private HtmlReport() {}

    /**
     * Writes the report, over a file that is there.
     *
     * @param suite what was run; the run may be of a part of it
     * @throws IOException if the file cannot be written
     */
    public static void write(Suite suite, RunResult run, Path file) throws IOException {
        ReportFile.write(file, page(suite, run));
    }

    /** The report as text. */
    static String page(Suite suite, RunResult run) {
        String style = resource("report.css");
        String script =
                SCRIPTS.stream().map(HtmlReport::resource).collect(Collectors.joining("\n", "(() => {\n", "})();\n"));
        String page = resource("report.html")
                .replace("@policy@", policy(style, script))
                .replace("@style@", style)
                .replace("@script@", script);
        // Last, and once: whatever the data holds is left alone.
        int place = page.indexOf("@data@");
        return page.substring(0, place) + inScript(data(suite, run)) + page.substring(place + "@data@".length());
    }

    private static String policy(String style, String script) {
        return "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script)
                + "; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'";
    }

    private static String hash(String text) {
        return "'sha256-" + Base64.getEncoder().encodeToString(Hex.sha256(text.getBytes(StandardCharsets.UTF_8))) + "'";
    }

    private static String resource(String name) {
        try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new FileNotFoundException("this program was built without " + name);
            }
            // Browsers hash what they parsed, in which every line ends in a line feed.
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The JSON as it may stand in a script element: ASCII, and nothing in it can end the element or begin another. */
    private static String inScript(ObjectNode data) {
        String json = Json.line(data);
        StringBuilder ascii = new StringBuilder(json.length());
        for (int i = 0; i < json.length(); i++) {
            char unit = json.charAt(i);
            if (unit >= ' ' && unit < 0x7F && unit != '<' && unit != '>' && unit != '&') {
                ascii.append(unit);
            } else {
                ascii.append("\\u").append(HEX.toHexDigits(unit));
            }
        }
        return ascii.toString();
    }

    private static ObjectNode data(Suite suite, RunResult run) {
        ObjectNode data = Json.object().put("size", suite.cases().size());
        ArrayNode rules = data.putArray("rules");
        for (Rule rule : suite.rules()) {
            rules.addObject()
                    .put("id", rule.id())
                    .put("title", rule.title())
                    .put("text", rule.text())
                    .put("section", rule.section());
        }
        ArrayNode flags = data.putArray("flags");
        for (Flag flag : suite.flags()) {
            flags.addObject().put("id", flag.id()).put("explanation", flag.explanation());
        }
        ArrayNode groups = data.putArray("groups");
        for (Group group : suite.groups()) {
            groups.addObject().put("name", group.name()).put("title", group.title());
        }
        // In the order of the results.
        ArrayNode cases = data.putArray("cases");
        for (CaseResult result : run.results()) {
            cases.add(described(result.subject()));
        }
        data.set("report", new Shortening().of(JsonReport.of(run)));
        return data;
    }

    /** What the report does not say of a case. */
    private static ObjectNode described(Case subject) {
        ObjectNode node = Json.object().put("comment", subject.comment());
        Difference difference = subject.difference();
        if (difference != null) {
            node.putObject("difference").put("from", difference.from()).put("text", difference.text());
        }
        subject.needs().forEach(node.putArray("needs")::add);
        ArrayNode steps = node.putArray("steps");
        for (Step step : subject.steps()) {
            ObjectNode stepNode = steps.addObject();
            stepNode.set("request", step.request());
            stepNode.set("expect", step.expect());
            if (step.intermediates() != null) {
                stepNode.set("intermediates", step.intermediates());
            }
            stepNode.put("template", step.template() != null);
        }
        return node;
    }
}

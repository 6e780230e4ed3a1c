package dev.countersign.conformance.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Difference;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Rule;
import dev.countersign.conformance.suite.Step;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Cases of the report, written one after another. */
final class CaseView {
    private static final int LONGEST_DETAIL = 1000;
    private static final int LONGEST_LINE = 200;
    private static final int LONGEST_EXPECTATION = 4000;
    private static final int MOST_MISMATCHES = 40;
    private static final int LONGEST_ACTUAL = 480;

    /** How much of all answers together is shown, and the bounds of each one's share. */
    private static final int ANSWERS = 1_000_000;

    private static final int LONGEST_ANSWER = 8000;
    private static final int SHORTEST_ANSWER = 400;

    /** When the page has so much of what the implementation said, escaped, the rest is only hinted at. */
    private static final int MOST_SAID = 4_000_000;

    private static final int HINT = 60;

    private final Html html;
    private final Map<String, Rule> rules;
    private final Map<String, Flag> flags;
    private final Set<String> shown;
    private final boolean templates;
    private final int share;
    private int said;

    /**
     * A view of a run's cases.
     *
     * @param rules by id
     * @param flags by id
     */
    CaseView(Html html, Map<String, Rule> rules, Map<String, Flag> flags, RunResult run) {
        this.html = html;
        this.rules = rules;
        this.flags = flags;
        this.shown = run.results().stream().map(result -> result.subject().id()).collect(Collectors.toSet());
        this.templates = run.language().equals("HTTP");
        int failures = Math.max(1, run.count(Outcome.FAILED));
        this.share = Math.max(SHORTEST_ANSWER, Math.min(LONGEST_ANSWER, ANSWERS / failures));
    }

    /** Where a link to a case leads. */
    static String fragment(String id) {
        return "#"
                + URLEncoder.encode(id, StandardCharsets.UTF_8)
                        .replace("+", "%20")
                        .replace("%2F", "/");
    }

    /**
     * Writes a case.
     *
     * @param unfolded whether it begins open
     */
    void write(CaseResult result, boolean unfolded) {
        Case subject = result.subject();
        Ending ending = Ending.of(result);
        String[] attributes = {
            "class", "case " + ending.key,
            "data-outcome", ending.key,
            "data-role", subject.role().label(),
            "data-group", subject.group(),
            "data-rule", subject.rule(),
            "data-flags", String.join(" ", subject.flags()),
        };
        html.open("details", unfolded ? with(attributes, "open", "") : attributes);
        int before = html.length();
        summary(result, ending);
        said += html.length() - before;
        // The id is inside, so that a link opens the case without any script.
        html.open("div", "class", "body", "id", subject.id());
        html.element("p", subject.comment(), "class", "comment");
        if (result.outcome() != Outcome.PASSED) {
            before = html.length();
            callout(result, ending);
            said += html.length() - before;
        }
        facts(result);
        for (int i = 0; i < subject.steps().size(); i++) {
            step(result, i);
        }
        html.close().close().line();
    }

    /** How much of something that the implementation said is shown. */
    private int most(int usual) {
        return said < MOST_SAID ? usual : Math.min(usual, HINT);
    }

    private static String[] with(String[] attributes, String name, String value) {
        String[] more = Arrays.copyOf(attributes, attributes.length + 2);
        more[attributes.length] = name;
        more[attributes.length + 1] = value;
        return more;
    }

    private void summary(CaseResult result, Ending ending) {
        html.open("summary").open("span", "class", "badge " + ending.key);
        html.element("span", ending.mark, "aria-hidden", "true").raw(" ").text(ending.label);
        html.close().raw(" ").element("code", result.subject().id()).raw(" ");
        String line = result.detail().isEmpty() ? result.subject().comment() : result.detail();
        html.element("span", Html.start(line, most(LONGEST_LINE)), "class", "line");
        html.close();
    }

    private void callout(CaseResult result, Ending ending) {
        html.open("div", "class", "callout " + ending.key).open("strong");
        boolean inStep =
                result.step() >= 0 && result.step() < result.subject().steps().size();
        if (inStep) {
            html.text("Step " + (result.step() + 1) + " of "
                    + result.subject().steps().size() + " (");
            html.text(result.subject().steps().get(result.step()).op()).text(") " + ending.label + ".");
        } else {
            html.text(ending.label.substring(0, 1).toUpperCase(Locale.ROOT) + ending.label.substring(1) + ".");
        }
        html.close().raw(" ").text(result.detail(), most(LONGEST_DETAIL)).close();
    }

    private void facts(CaseResult result) {
        Case subject = result.subject();
        html.open("dl", "class", "facts");
        html.element("dt", "Rule").open("dd");
        Rule rule = rules.get(subject.rule());
        if (rule != null) {
            html.element("b", rule.title()).text(": " + rule.text()).raw(" ");
        }
        html.element("a", subject.rule(), "href", HtmlReport.view("rule", subject.rule()));
        if (rule != null) {
            html.open("span", "class", "muted").text(" · docs/protocol.md, “" + rule.section() + "”");
            html.close();
        }
        html.close();
        difference(subject.difference());
        html.element("dt", subject.flags().size() == 1 ? "Flag" : "Flags").open("dd");
        for (String id : subject.flags()) {
            html.open("div").element("a", id, "href", HtmlReport.view("flag", id));
            Flag flag = flags.get(id);
            if (flag != null) {
                html.text(": " + flag.explanation());
            }
            html.close();
        }
        html.close();
        html.element("dt", "Looks at").open("dd");
        html.text(subject.role().label() + ", "
                + (subject.positive() ? "positive: a rule kept" : "negative: a breach or a near miss"));
        if (!subject.needs().isEmpty()) {
            html.text("; needs " + String.join(", ", subject.needs()));
        }
        html.open("span", "class", "muted").text(" · took " + duration(result.micros()) + " · ");
        html.element("a", "link to this case", "href", fragment(subject.id()));
        html.close().close().close().line();
    }

    private void difference(@Nullable Difference difference) {
        if (difference == null) {
            return;
        }
        html.element("dt", "Differs").open("dd").text(difference.text()).raw(" ");
        html.open("span", "class", "muted").text("from ");
        if (shown.contains(difference.from())) {
            html.element("a", difference.from(), "href", fragment(difference.from()));
        } else {
            html.element("code", difference.from()).text(" (not in this run)");
        }
        html.close().close();
    }

    private void step(CaseResult result, int index) {
        Case subject = result.subject();
        Step step = subject.steps().get(index);
        boolean here = result.outcome() == Outcome.FAILED && index == result.step();
        String state =
                switch (result.outcome()) {
                    case PASSED -> "as expected";
                    case SKIPPED -> "not judged";
                    case FAILED ->
                        here
                                ? "failed here"
                                : result.step() < 0
                                        ? ""
                                        : index < result.step() ? "as expected" : "not judged after the failure";
                };
        String look = here ? "step here" : "step";
        if (here || subject.steps().size() == 1) {
            html.open("details", "class", look, "open", "");
        } else {
            html.open("details", "class", look);
        }
        html.open("summary").text("Step " + (index + 1) + " ").element("code", step.op());
        html.open("span", "class", "muted")
                .text(state.isEmpty() ? "" : " · " + state)
                .close()
                .close();
        html.open("div", "class", "inside");
        if (here) {
            int before = html.length();
            found(result);
            said += html.length() - before;
        }
        html.open("div", "class", "pair").open("section").element("h4", "Sent");
        if (templates && step.template() != null) {
            html.element(
                    "p",
                    "The committed instance. The server got another one: its own time, names and keys.",
                    "class",
                    "when");
        }
        RequestView.write(html, step.request());
        html.close().open("section").element("h4", "Expected");
        JsonView.write(html, step.expect(), LONGEST_EXPECTATION);
        html.close().close();
        intermediates(step.intermediates());
        html.close().close().line();
    }

    private void found(CaseResult result) {
        int written = 0;
        for (Mismatch mismatch : result.mismatches()) {
            if (written++ == MOST_MISMATCHES) {
                html.open("p")
                        .cut(result.mismatches().size() - MOST_MISMATCHES, "field")
                        .close();
                break;
            }
            MismatchView.write(html, mismatch, most(LONGEST_ACTUAL));
        }
        JsonNode answer = result.answer();
        if (answer == null) {
            html.element("p", "No answer to show.", "class", "when");
        } else {
            html.open("section", "class", "answer").element("h4", "Answer as it came");
            JsonView.write(html, answer, most(share));
            html.close();
        }
    }

    private void intermediates(@Nullable JsonNode values) {
        if (values == null || values.isEmpty()) {
            return;
        }
        html.open("section").element("h4", "On the way");
        if (values.isArray()) {
            int number = 0;
            for (JsonNode each : values) {
                number++;
                html.element("h6", "request " + number + " of " + values.size());
                values(each);
            }
        } else {
            values(values);
        }
        html.close();
    }

    private void values(JsonNode values) {
        html.open("dl", "class", "values");
        for (Map.Entry<String, JsonNode> value : values.properties()) {
            html.element("dt", value.getKey()).open("dd");
            String text = value.getValue().asText();
            if (value.getKey().endsWith("Hex") && ByteView.isHex(text)) {
                byte[] bytes = Hex.parse(text);
                new ByteView(bytes).hex(html);
                if (ByteView.isMostlyText(bytes)) {
                    new ByteView(bytes).text(html);
                }
            } else {
                html.open("pre").text(text, LONGEST_DETAIL).close();
            }
            html.close();
        }
        html.close();
    }

    static String duration(long micros) {
        return micros < 1000
                ? micros + " µs"
                : micros < 1_000_000
                        ? String.format(Locale.ROOT, "%.1f ms", micros / 1e3)
                        : String.format(Locale.ROOT, "%.1f s", micros / 1e6);
    }
}

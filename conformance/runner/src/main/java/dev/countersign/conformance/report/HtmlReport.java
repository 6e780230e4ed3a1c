package dev.countersign.conformance.report;

import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Rule;
import dev.countersign.conformance.suite.Suite;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A run as one HTML file, for people.
 *
 * <p>The file asks for nothing: a content security policy allows its own style and script, by their hashes, and nothing
 * else. Everything is there without the script, which only filters; the filters live in the URL's fragment. What a harness
 * said is text everywhere, and never part of the script or of an attribute.
 */
public final class HtmlReport {
    private static final int LONGEST_HEADING = 120;
    private static final int LONGEST_NAME = 300;
    private static final int LONGEST_REASON = 300;
    private static final int MOST_REASONS = 20;
    private static final int MOST_STALE = 200;
    private static final int MOST_ROWS = 15;

    /** Of a thousand: the narrowest part of the bar that can be seen. */
    private static final int NARROWEST = 8;

    private final Suite suite;
    private final RunResult run;
    private final Map<String, Rule> rules;
    private final Map<String, Flag> flags;
    private final Tally total;
    private final Html html = new Html();

    private HtmlReport(Suite suite, RunResult run) {
        this.suite = suite;
        this.run = run;
        this.rules = byId(suite.rules(), Rule::id);
        this.flags = byId(suite.flags(), Flag::id);
        this.total = Tally.of(run.results());
    }

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
        return new HtmlReport(suite, run).page();
    }

    /** The fragment that shows the cases with this value of a filter. */
    static String view(String filter, String value) {
        return "#" + filter + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private static <T> Map<String, T> byId(List<T> things, Function<T, String> id) {
        Map<String, T> map = new LinkedHashMap<>();
        things.forEach(thing -> map.put(id.apply(thing), thing));
        return map;
    }

    private String page() {
        String style = resource("report.css");
        String script = resource("report.js");
        html.raw("<!DOCTYPE html>\n")
                .open("html", "lang", "en")
                .line()
                .open("head")
                .line();
        html.empty("meta", "charset", "utf-8").line();
        html.empty("meta", "http-equiv", "Content-Security-Policy", "content", policy(style, script));
        html.line();
        html.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        html.empty("meta", "name", "referrer", "content", "no-referrer");
        html.empty("meta", "name", "color-scheme", "content", "light dark").line();
        html.open("title").plainText(Html.start(run.implementation(), LONGEST_HEADING) + " · " + verdict());
        html.close().line();
        html.open("style").raw(style).close().line().close().line().open("body").line();
        html.element("a", "Skip to the cases", "class", "skip", "href", "#cases")
                .line();
        head();
        html.open("main").line();
        faults();
        stale();
        failures();
        skips();
        otherRules();
        cases();
        html.close().line();
        html.open("script").raw(script).close().line().close().line().close().line();
        return html.toString();
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

    // The head.

    private void head() {
        html.open("header").line();
        html.element("p", "Countersign conformance report", "class", "eyebrow").line();
        html.open("h1").text(run.implementation(), LONGEST_HEADING).close().line();
        html.open("p", "class", "verdict " + (run.isGreen() ? "passed" : "failed"), "id", "verdict");
        html.element("span", run.isGreen() ? Ending.PASSED.mark : Ending.FAILED.mark, "aria-hidden", "true");
        html.raw(" ").text(verdict()).close().line();
        html.open("dl", "class", "meta");
        meta("Language", run.language());
        meta("Target", run.target());
        meta("Suite", run.suiteVersion());
        meta("Cases", String.format(Locale.ROOT, "%,d of %,d", total.all(), count(suite)));
        meta(
                "Took",
                CaseView.duration(
                        run.results().stream().mapToLong(CaseResult::micros).sum()));
        html.close().line();
        bar();
        html.open("ul", "class", "totals");
        for (Ending ending : Ending.values()) {
            String look = total.count(ending) == 0 ? "total none" : "total " + ending.key;
            html.open("li").open("a", "class", look, "href", view("outcome", ending.key));
            html.element("b", String.format(Locale.ROOT, "%,d", total.count(ending)));
            html.raw(" ").element("span", ending.label).close().close();
        }
        html.close().line().close().line();
    }

    private static int count(Suite suite) {
        return suite.groups().stream().mapToInt(group -> group.cases().size()).sum();
    }

    private void meta(String name, String value) {
        html.open("div")
                .element("dt", name)
                .open("dd")
                .text(value, LONGEST_NAME)
                .close()
                .close();
    }

    private String verdict() {
        int failed = total.count(Ending.FAILED);
        int judged = total.all() - total.count(Ending.SKIPPED);
        int known = total.count(Ending.KNOWN_FAILING);
        if (judged == 0) {
            return "Nothing was judged";
        }
        if (failed > 0) {
            return String.format(Locale.ROOT, "%,d of %,d judged %s failed", failed, judged, cases(judged));
        }
        if (!run.faults().isEmpty()) {
            return "Something went wrong outside of the cases";
        }
        if (!run.stale().isEmpty()) {
            return "The list of known failures is out of date";
        }
        if (known > 0) {
            return String.format(
                    Locale.ROOT,
                    "%,d of %,d judged %s passed, the others are known",
                    judged - known,
                    judged,
                    cases(judged));
        }
        return judged == 1
                ? "The one judged case passed"
                : String.format(Locale.ROOT, "All %,d judged cases passed", judged);
    }

    private static String cases(int number) {
        return number == 1 ? "case" : "cases";
    }

    private void bar() {
        EnumMap<Ending, Integer> widths = new EnumMap<>(Ending.class);
        int sum = 0;
        for (Ending ending : Ending.values()) {
            int count = total.count(ending);
            if (count > 0) {
                int width = Math.max(NARROWEST, 1000 * count / total.all());
                widths.put(ending, width);
                sum += width;
            }
        }
        String words = Arrays.stream(Ending.values())
                .map(ending -> total.count(ending) + " " + ending.label)
                .collect(Collectors.joining(", "));
        html.open(
                "svg",
                "class",
                "bar",
                "role",
                "img",
                "aria-label",
                words,
                "viewBox",
                "0 0 " + Math.max(1, sum) + " 10",
                "preserveAspectRatio",
                "none");
        int x = 0;
        for (Map.Entry<Ending, Integer> part : widths.entrySet()) {
            int width = part.getValue();
            html.open(
                            "rect",
                            "class",
                            part.getKey().key,
                            "x",
                            Integer.toString(x),
                            "y",
                            "0",
                            "width",
                            Integer.toString(width),
                            "height",
                            "10")
                    .close();
            x += width;
        }
        html.close().line();
    }

    // What to look at first.

    private void faults() {
        if (run.faults().isEmpty()) {
            return;
        }
        html.open("section", "class", "card", "id", "faults")
                .element("h2", "What went wrong outside of any case")
                .open("ul");
        for (String fault :
                run.faults().subList(0, Math.min(MOST_STALE, run.faults().size()))) {
            html.open("li").text(fault, LONGEST_REASON).close();
        }
        html.close();
        if (run.faults().size() > MOST_STALE) {
            html.open("p").cut(run.faults().size() - MOST_STALE, "line").close();
        }
        html.close().line();
    }

    private void stale() {
        if (run.stale().isEmpty()) {
            return;
        }
        Map<String, Ending> endings = new LinkedHashMap<>();
        run.results().forEach(result -> endings.put(result.subject().id(), Ending.of(result)));
        html.open("section", "class", "card", "id", "stale").element("h2", "Known failures that are not");
        html.element(
                "p",
                "These entries of the known-failing file are wrong. Take them out: they would hide the next failure.");
        html.open("ul");
        for (String entry :
                run.stale().subList(0, Math.min(MOST_STALE, run.stale().size()))) {
            html.open("li");
            Ending ending = endings.get(entry);
            if (ending == null) {
                html.open("code").text(entry, LONGEST_NAME).close();
            } else {
                html.element("a", entry, "href", CaseView.fragment(entry)).text(" " + ending.label);
            }
            html.close();
        }
        html.close();
        if (run.stale().size() > MOST_STALE) {
            html.open("p").cut(run.stale().size() - MOST_STALE, "line").close();
        }
        html.close().line();
    }

    private void failures() {
        if (total.failures() == 0) {
            return;
        }
        html.open("section", "class", "card", "id", "failures")
                .element("h2", "Where it fails")
                .line();
        html.open("div", "class", "tables").line();
        Map<String, Tally> byRule =
                inOrder(rules, Tally.by(result -> List.of(result.subject().rule()), run.results()));
        tables("rule", "Rule", select(byRule, true), this::ruleTitle);
        Map<String, Tally> byFlag = select(Tally.by(result -> result.subject().flags(), run.results()), true);
        List<Map.Entry<String, Tally>> worst = new ArrayList<>(byFlag.entrySet());
        // The flag of which most cases fail is likely the bug.
        worst.sort(Comparator.comparingDouble(entry ->
                -(double) entry.getValue().failures() / entry.getValue().all()));
        Map<String, Tally> sorted = new LinkedHashMap<>();
        worst.forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        tables("flag", "Flag", sorted, this::flagExplanation);
        html.close().close().line();
    }

    private void skips() {
        Map<String, Tally> reasons = Tally.by(
                result -> result.outcome() == Outcome.SKIPPED
                        ? List.of(Html.start(result.detail(), LONGEST_REASON))
                        : List.of(),
                run.results());
        if (reasons.isEmpty()) {
            return;
        }
        html.open("details", "class", "card", "id", "skips").open("summary");
        int skipped = total.count(Ending.SKIPPED);
        html.element("h2", "Why " + skipped + (skipped == 1 ? " case was skipped" : " cases were skipped"));
        html.close();
        html.open("ul");
        reasons.entrySet().stream().limit(MOST_REASONS).forEach(reason -> {
            int count = reason.getValue().all();
            html.open("li").element("b", Integer.toString(count)).text(" " + cases(count) + ": ");
            html.text(reason.getKey().isEmpty() ? "no reason was given" : reason.getKey())
                    .close();
        });
        html.close();
        if (reasons.size() > MOST_REASONS) {
            html.open("p").cut(reasons.size() - MOST_REASONS, "reason").close();
        }
        html.close().line();
    }

    private void otherRules() {
        Map<String, Tally> byRule = select(
                inOrder(rules, Tally.by(result -> List.of(result.subject().rule()), run.results())), false);
        if (byRule.isEmpty()) {
            return;
        }
        html.open("details", "class", "card", "id", "rules").open("summary").open("h2");
        html.text((byRule.size() == 1 ? "1 rule" : byRule.size() + " rules") + " without a failure");
        html.close().close();
        table("rule", "Rule", List.copyOf(byRule.entrySet()), this::ruleTitle);
        html.close().line();
    }

    private static Map<String, Tally> inOrder(Map<String, ?> order, Map<String, Tally> tallies) {
        Map<String, Tally> sorted = new LinkedHashMap<>();
        for (String id : order.keySet()) {
            Tally tally = tallies.get(id);
            if (tally != null) {
                sorted.put(id, tally);
            }
        }
        tallies.forEach(sorted::putIfAbsent);
        return sorted;
    }

    private static Map<String, Tally> select(Map<String, Tally> tallies, boolean failing) {
        Map<String, Tally> selected = new LinkedHashMap<>();
        tallies.forEach((name, tally) -> {
            if (tally.failures() > 0 == failing) {
                selected.put(name, tally);
            }
        });
        return selected;
    }

    private String ruleTitle(String id) {
        return Optional.ofNullable(rules.get(id)).map(Rule::title).orElse("");
    }

    private String flagExplanation(String id) {
        return Optional.ofNullable(flags.get(id)).map(Flag::explanation).orElse("");
    }

    /** A table of the first rows; the others are folded away. */
    private void tables(String filter, String heading, Map<String, Tally> rows, Function<String, String> words) {
        html.open("div");
        List<Map.Entry<String, Tally>> all = List.copyOf(rows.entrySet());
        int first = Math.min(MOST_ROWS, all.size());
        table(filter, heading, all.subList(0, first), words);
        if (first < all.size()) {
            html.open("details", "class", "rest").element("summary", (all.size() - first) + " more");
            table(filter, heading, all.subList(first, all.size()), words);
            html.close();
        }
        html.close().line();
    }

    private void table(
            String filter, String heading, List<Map.Entry<String, Tally>> rows, Function<String, String> words) {
        // The columns of what did not happen are left out, but for the two that everybody looks for.
        List<Ending> columns = Arrays.stream(Ending.values())
                .filter(ending -> ending == Ending.FAILED || ending == Ending.PASSED || total.count(ending) > 0)
                .toList();
        html.open("div", "class", "wide").open("table").open("thead").open("tr");
        html.element("th", heading, "scope", "col");
        columns.forEach(ending -> html.element("th", ending.label, "scope", "col", "class", "number"));
        html.close().close().open("tbody").line();
        for (Map.Entry<String, Tally> row : rows) {
            html.open("tr").open("th", "scope", "row");
            html.element("a", row.getKey(), "href", view(filter, row.getKey())).raw(" ");
            html.element("span", words.apply(row.getKey()), "class", "words").close();
            for (Ending ending : columns) {
                int count = row.getValue().count(ending);
                html.element(
                        "td", Integer.toString(count), "class", count == 0 ? "number none" : "number " + ending.key);
            }
            html.close().line();
        }
        html.close().close().close().line();
    }

    // The cases.

    private void cases() {
        html.open("section", "id", "cases", "tabindex", "-1", "aria-labelledby", "cases-title")
                .line();
        html.element("h2", "Cases", "id", "cases-title").line();
        html.open("noscript")
                .element("p", "The filters need JavaScript; everything else is here.")
                .close();
        filters();
        html.open("div", "class", "found");
        html.element(
                "p",
                String.format(Locale.ROOT, "%,d %s", total.all(), cases(total.all())),
                "id",
                "count",
                "role",
                "status",
                "aria-live",
                "polite");
        html.open("div", "class", "buttons", "id", "buttons", "hidden", "");
        html.element("button", "Open all shown", "type", "button", "id", "open");
        html.element("button", "Close all", "type", "button", "id", "fold");
        html.close().close().line();
        html.open("p", "id", "nothing", "hidden", "").text("No case is like that. ");
        html.element("button", "Clear the filters", "type", "button", "id", "clear-too")
                .close()
                .line();
        Map<String, List<CaseResult>> groups = new LinkedHashMap<>();
        for (CaseResult result : run.results()) {
            groups.computeIfAbsent(result.subject().group(), first -> new ArrayList<>())
                    .add(result);
        }
        CaseView view = new CaseView(html, rules, flags, run);
        Map<String, Group> titles = byId(suite.groups(), Group::name);
        boolean unfold = true;
        for (Map.Entry<String, List<CaseResult>> group : groups.entrySet()) {
            html.open("section", "class", "group").line().open("h3");
            Group known = titles.get(group.getKey());
            html.text(known == null ? group.getKey() : known.title()).raw(" ");
            html.element("span", Integer.toString(group.getValue().size()), "class", "size")
                    .close()
                    .line();
            for (CaseResult result : group.getValue()) {
                boolean first = unfold && result.isUnexpectedFailure();
                view.write(result, first);
                unfold &= !first;
            }
            html.close().line();
        }
        html.close().line();
    }

    private void filters() {
        html.open("form", "id", "filters", "role", "search", "aria-label", "Filter the cases", "hidden", "")
                .line();
        html.open("fieldset").element("legend", "Outcome");
        for (Ending ending : Ending.values()) {
            html.open("label", "class", "chip " + ending.key);
            html.empty("input", "type", "checkbox", "name", "outcome", "value", ending.key);
            html.raw(" ").text(ending.label).raw(" ");
            html.element("span", Integer.toString(total.count(ending)), "class", "n")
                    .close();
        }
        html.close().line();
        selection(
                "role",
                "Role",
                inOrder(
                        Arrays.stream(Role.values())
                                .collect(Collectors.toMap(
                                        Role::label, role -> role, (one, other) -> one, LinkedHashMap::new)),
                        Tally.by(result -> List.of(result.subject().role().label()), run.results())));
        selection("group", "Group", Tally.by(result -> List.of(result.subject().group()), run.results()));
        selection(
                "rule",
                "Rule",
                inOrder(rules, Tally.by(result -> List.of(result.subject().rule()), run.results())));
        selection(
                "flag",
                "Flag",
                inOrder(flags, Tally.by(result -> result.subject().flags(), run.results())));
        html.open("label", "class", "field words-field").element("span", "Text");
        html.empty(
                "input",
                "type",
                "search",
                "name",
                "q",
                "id",
                "q",
                "autocomplete",
                "off",
                "spellcheck",
                "false",
                "placeholder",
                "any words of a case");
        html.close().line();
        html.element("button", "Clear", "type", "reset", "id", "clear").close().line();
    }

    private void selection(String name, String label, Map<String, Tally> values) {
        html.open("label", "class", "field").element("span", label).open("select", "name", name);
        html.element("option", "any", "value", "");
        values.forEach((value, tally) -> html.element("option", value + " (" + tally.all() + ")", "value", value));
        html.close().close().line();
    }
}

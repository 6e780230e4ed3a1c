package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Rule;
import dev.countersign.conformance.suite.Suite;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The page that says which cases show which rule. */
final class RuleTable {
    private final Suite suite;
    private final StringBuilder page = new StringBuilder();

    private RuleTable(Suite suite) {
        this.suite = suite;
    }

    /** The page in Markdown, ending in a line feed. */
    static String of(Suite suite) {
        RuleTable table = new RuleTable(suite);
        table.counts();
        table.overview();
        table.rules();
        table.flags();
        return table.page.toString();
    }

    private void counts() {
        List<Case> cases = suite.cases();
        long positive = cases.stream().filter(Case::positive).count();
        line("# Which cases show which rule");
        line("");
        line("Made by the generator, with the vectors; do not edit. Sections are headings of [docs/protocol.md]"
                + "(../docs/protocol.md). What a case is made of is in [FORMAT.md](FORMAT.md); "
                + "`explain <id>` shows one.");
        line("");
        line("| suite " + suite.suiteVersion() + " | |");
        line("|---|---|");
        line("| cases | " + cases.size() + " |");
        line("| of these positive | " + positive + " |");
        line("| negative | " + (cases.size() - positive) + " |");
        line("| rules | " + suite.rules().size() + " |");
        line("| flags | " + suite.flags().size() + " |");
        line("| distinct pairs of rule and flag | " + pairs() + " |");
        line("");
        line("| group | about | role | cases |");
        line("|---|---|---|---|");
        for (Group group : suite.groups()) {
            line("| [" + group.name() + "](vectors/" + group.name() + ".json) | " + cell(group.title()) + " | "
                    + group.cases().get(0).role().label() + " | "
                    + group.cases().size() + " |");
        }
    }

    private int pairs() {
        Set<String> pairs = new HashSet<>();
        for (Case aCase : suite.cases()) {
            aCase.flags().forEach(flag -> pairs.add(aCase.rule() + " " + flag));
        }
        return pairs.size();
    }

    private void overview() {
        line("");
        line("## Rules");
        line("");
        line("| rule | section | positives | negatives |");
        line("|---|---|---|---|");
        for (Rule rule : suite.rules()) {
            line("| [" + rule.id() + "](#" + anchor(rule.id()) + ") " + cell(rule.title()) + " | "
                    + cell(rule.section()) + " | " + of(rule, true).size() + " | "
                    + of(rule, false).size() + " |");
        }
    }

    private void rules() {
        for (Rule rule : suite.rules()) {
            line("");
            line("### " + rule.id());
            line("");
            line(cell(rule.text()) + " (" + rule.section() + ")");
            line("");
            list("Positive", of(rule, true));
            list("Negative", of(rule, false));
        }
    }

    private void list(String what, List<Case> cases) {
        String ids = cases.stream().map(aCase -> "`" + aCase.id() + "`").collect(Collectors.joining(", "));
        line("* " + what + " (" + cases.size() + ")" + (cases.isEmpty() ? "" : ": " + ids));
    }

    private void flags() {
        line("");
        line("## Flags");
        line("");
        line("| flag | cases | what it is, and which mistake it finds |");
        line("|---|---|---|");
        for (Flag flag : suite.flags()) {
            long cases = suite.cases().stream()
                    .filter(aCase -> aCase.flags().contains(flag.id()))
                    .count();
            line("| " + flag.id() + " | " + cases + " | " + cell(flag.explanation()) + " |");
        }
    }

    private List<Case> of(Rule rule, boolean positive) {
        return suite.cases().stream()
                .filter(aCase -> aCase.rule().equals(rule.id()) && aCase.positive() == positive)
                .toList();
    }

    /** As Markdown's readers make one of a heading. */
    private static String anchor(String heading) {
        return heading.replace(".", "");
    }

    private static String cell(String text) {
        return text.replace("\\", "\\\\")
                .replace("|", "\\|")
                .replace("*", "\\*")
                .replace("<", "&lt;");
    }

    private void line(String text) {
        page.append(text).append('\n');
    }
}

package dev.countersign.faults;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What the checker found.
 *
 * @param violations every broken promise
 * @param counts how often what happened
 * @param recoveries after which fault the slowest node accepted requests again, in milliseconds from the fault's end
 */
record Findings(List<Violation> violations, Map<Count, Integer> counts, List<Recovery> recoveries) {
    private static final int MOST_SHOWN = 8;

    /** A broken promise. */
    record Violation(Rule rule, String what) {}

    /** How long the slowest node took. */
    record Recovery(String fault, long millis) {}

    Findings {
        violations = List.copyOf(violations);
        counts = Map.copyOf(counts);
        recoveries = List.copyOf(recoveries);
    }

    int count(Count what) {
        return counts.getOrDefault(what, 0);
    }

    Set<Rule> broken() {
        Set<Rule> rules = EnumSet.noneOf(Rule.class);
        violations.forEach(violation -> rules.add(violation.rule()));
        return rules;
    }

    /** One readable block: the counts, the recoveries, and what is broken. */
    String report(String title) {
        StringBuilder text = new StringBuilder("\n== " + title + "\n");
        for (Count what : Count.values()) {
            if (count(what) > 0) {
                text.append(String.format(Locale.ROOT, "%8d  %s%n", count(what), what.words()));
            }
        }
        recoveries.stream()
                .max((one, other) -> Long.compare(one.millis(), other.millis()))
                .ifPresent(slowest -> text.append(String.format(
                        Locale.ROOT,
                        "%8d  faults; the slowest recovery took %d ms, after %s%n",
                        recoveries.size(),
                        slowest.millis(),
                        slowest.fault())));
        Map<Rule, Integer> shown = new EnumMap<>(Rule.class);
        for (Violation violation : violations) {
            if (shown.merge(violation.rule(), 1, Integer::sum) <= MOST_SHOWN) {
                text.append("  BROKEN  ")
                        .append(violation.rule())
                        .append(": ")
                        .append(violation.what())
                        .append('\n');
            }
        }
        shown.forEach((rule, times) -> {
            if (times > MOST_SHOWN) {
                text.append("  BROKEN  ")
                        .append(rule)
                        .append(": ")
                        .append(times)
                        .append(" times in all\n");
            }
        });
        return text.append(violations.isEmpty() ? "   every promise was kept\n" : "")
                .toString();
    }
}

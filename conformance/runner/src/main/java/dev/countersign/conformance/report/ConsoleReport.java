package dev.countersign.conformance.report;

import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Outcome;
import dev.countersign.conformance.runner.RunResult;
import dev.countersign.conformance.runner.Shown;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Suite;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a run found, for the person who waits for it: progress, counts, the first failure explained, the others in a
 * line each, and what the failures have in common. Plain ASCII but for what the implementation says of itself; bounded,
 * whatever went wrong.
 */
public final class ConsoleReport {
    /** How much is printed. */
    public enum Detail {
        /** The verdict alone. */
        QUIET,
        /** What a person can take in. */
        USUAL,
        /** Every case, and no list cut short. */
        VERBOSE
    }

    private static final int LISTED = 25;
    private static final int REASONS = 12;
    private static final int HINTS = 6;
    private static final int HINT_FROM = 2;
    private static final int BAR = 24;
    private static final int LINE = 110;

    private final PrintWriter out;
    private final Suite suite;
    private final Detail detail;
    private final boolean live;
    private final Style style;

    private int selected;
    private int printed;
    private int failed;
    private boolean lineOpen;

    /**
     * A report.
     *
     * @param live whether a line may be written over again, as on a terminal
     * @param coloured whether to colour
     */
    public ConsoleReport(PrintWriter out, Suite suite, Detail detail, boolean live, boolean coloured) {
        this.out = out;
        this.suite = suite;
        this.detail = detail;
        this.live = live && detail == Detail.USUAL;
        this.style = new Style(coloured);
    }

    /** A report for standard output: live on a terminal, and coloured there unless {@code NO_COLOR} is set. */
    public static ConsoleReport standard(PrintWriter out, Suite suite, Detail detail) {
        boolean terminal = Style.isTerminal();
        return new ConsoleReport(out, suite, detail, terminal, terminal && !Style.isColourUnwanted());
    }

    /** Before the first case. */
    public void started(String implementation, String language, String target, int selectedCases) {
        selected = selectedCases;
        if (detail == Detail.QUIET) {
            return;
        }
        int all = suite.cases().size();
        out.println("Countersign conformance suite " + suite.suiteVersion() + ", "
                + (selected == all ? all + " cases" : selected + " of " + all + " cases"));
        out.println(style.title(Shown.excerpt(implementation)) + " (" + Shown.excerpt(language) + "): "
                + Shown.excerpt(target));
        out.println();
        out.flush();
    }

    /** After each case. */
    public void progress(CaseResult result) {
        printed++;
        if (result.isUnexpectedFailure()) {
            failed++;
        }
        if (detail == Detail.VERBOSE) {
            String why = result.detail().isEmpty() ? "" : "  " + firstLine(result.detail());
            out.println(word(result) + " " + result.subject().id() + why);
            out.flush();
        } else if (live) {
            int filled = selected == 0 ? BAR : printed * BAR / selected;
            out.print("\r[" + "=".repeat(filled) + " ".repeat(BAR - filled) + "] " + printed + " of " + selected
                    + (failed == 0 ? "" : ", " + style.bad(failed + " failed")));
            out.flush();
            lineOpen = true;
        }
    }

    /** Something to know about the run, on a line of its own. */
    public void note(String text) {
        if (detail != Detail.QUIET) {
            closeLine();
            out.println(Shown.line(text));
            out.flush();
        }
    }

    private void closeLine() {
        if (lineOpen) {
            out.print("\r" + " ".repeat(BAR + 40) + "\r");
            lineOpen = false;
        }
    }

    /** After the last case. */
    public void finished(RunResult run) {
        closeLine();
        if (detail != Detail.QUIET) {
            if (detail == Detail.VERBOSE) {
                out.println();
            }
            counts(run);
            failures(run);
            skips(run);
            known(run);
            list(
                    "Entries of the known-failing file that are not true",
                    run.stale().stream()
                            .map(entry -> clip(entry + "  " + firstLine(run.whyStale(entry))))
                            .toList(),
                    style::bad);
        }
        list("What went wrong outside of any case", run.faults(), style::bad);
        verdict(run);
        out.flush();
    }

    private void counts(RunResult run) {
        Map<String, Predicate<Case>> rows = new LinkedHashMap<>();
        for (Group group : suite.groups()) {
            rows.put(group.name(), subject -> subject.group().equals(group.name()));
        }
        Map<String, Predicate<Case>> roles = new LinkedHashMap<>();
        for (Role role : Role.values()) {
            roles.put(role.label(), subject -> subject.role() == role);
        }
        int width = Stream.of(Set.of("group", "role"), rows.keySet(), roles.keySet())
                .flatMap(Set::stream)
                .mapToInt(String::length)
                .max()
                .orElse(0);
        table("group", width, rows, run);
        table("role", width, roles, run);
    }

    private void table(String title, int width, Map<String, Predicate<Case>> rows, RunResult run) {
        boolean anyKnown = run.knownFailures() > 0;
        out.println(style.faint(
                Explanation.pad(title, width) + "  passed  failed" + (anyKnown ? "   known" : "") + " skipped"));
        for (Map.Entry<String, Predicate<Case>> row : rows.entrySet()) {
            List<CaseResult> results = run.results().stream()
                    .filter(result -> row.getValue().test(result.subject()))
                    .toList();
            if (results.isEmpty()) {
                continue;
            }
            long passed = count(results, result -> result.outcome() == Outcome.PASSED);
            long wrong = count(results, CaseResult::isUnexpectedFailure);
            long known = count(results, result -> result.outcome() == Outcome.FAILED && result.knownFailing());
            long skipped = count(results, result -> result.outcome() == Outcome.SKIPPED);
            out.println(Explanation.pad(row.getKey(), width)
                    + number(passed, style::good)
                    + number(wrong, style::bad)
                    + (anyKnown ? number(known, style::warning) : "")
                    + number(skipped, style::warning));
        }
        out.println();
    }

    private static String number(long value, Function<String, String> paint) {
        String digits = value == 0 ? "." : Long.toString(value);
        return " ".repeat(Math.max(1, 8 - digits.length())) + (value == 0 ? digits : paint.apply(digits));
    }

    private static long count(List<CaseResult> results, Predicate<CaseResult> which) {
        return results.stream().filter(which).count();
    }

    private void failures(RunResult run) {
        List<CaseResult> failures =
                run.results().stream().filter(CaseResult::isUnexpectedFailure).toList();
        List<CaseResult> asked =
                failures.stream().filter(failure -> failure.step() >= 0).toList();
        if (!asked.isEmpty()) {
            CaseResult first = firstToTell(asked);
            out.println(Explanation.of(suite, first, style));
            list(
                    "Also failed",
                    asked.stream()
                            .filter(failure -> !failure.equals(first))
                            .map(failure -> clip(failure.subject().id() + "  " + firstLine(failure.detail())))
                            .toList(),
                    style::bad);
            hints(run, asked);
        }
        // Hundreds of cases may not have been asked, for one and the same reason.
        Map<String, Long> unasked = failures.stream()
                .filter(failure -> failure.step() < 0)
                .collect(Collectors.groupingBy(CaseResult::detail, LinkedHashMap::new, Collectors.counting()));
        unasked.forEach((why, count) -> {
            boolean printed = run.faults().stream().anyMatch(why::endsWith);
            list(
                    "Not asked",
                    List.of(count + (count == 1 ? " case" : " cases") + (printed ? "" : ": " + why)),
                    style::bad);
        });
    }

    /** The first failure about an answer, if there is one: it teaches more than a harness that broke down. */
    private static CaseResult firstToTell(List<CaseResult> failures) {
        return failures.stream()
                .filter(failure -> !failure.mismatches().isEmpty())
                .findFirst()
                .orElse(failures.get(0));
    }

    private void hints(RunResult run, List<CaseResult> failures) {
        List<CaseResult> judged = run.results().stream()
                .filter(result -> result.outcome() != Outcome.SKIPPED)
                .toList();
        if (failures.size() == judged.size() && failures.size() > 1) {
            list(
                    "What they have in common",
                    List.of("every case failed: look at the first one before anything else"),
                    style::warning);
            return;
        }
        List<Hint> hints = new ArrayList<>();
        hints.addAll(hints(judged, failures, "flag", Case::flags));
        hints.addAll(hints(judged, failures, "rule", subject -> List.of(subject.rule())));
        hints.sort(Comparator.comparingInt(Hint::cases).reversed());
        List<String> lines = new ArrayList<>();
        Set<Set<String>> seen = new LinkedHashSet<>();
        for (Hint hint : hints) {
            // A flag and a rule that stand for the same cases are one hint.
            if (seen.add(hint.ids()) && lines.size() < HINTS) {
                String text = hint.what().equals("flag")
                        ? suite.flag(hint.name())
                                .map(flag -> flag.explanation())
                                .orElse("")
                        : suite.rule(hint.name()).map(rule -> rule.title()).orElse("");
                lines.add("all " + hint.cases() + " cases with " + hint.what() + " " + hint.name() + " failed"
                        + (text.isEmpty() ? "" : ": " + text));
            }
        }
        list("What they have in common", lines, style::warning);
    }

    /** A flag or a rule of which every judged case failed. */
    private record Hint(String what, String name, Set<String> ids) {
        int cases() {
            return ids.size();
        }
    }

    private static List<Hint> hints(
            List<CaseResult> judged, List<CaseResult> failures, String what, Function<Case, List<String>> names) {
        Map<String, Set<String>> all = byName(judged, names);
        List<Hint> hints = new ArrayList<>();
        byName(failures, names).forEach((name, ids) -> {
            if (ids.size() >= HINT_FROM && ids.equals(all.get(name))) {
                hints.add(new Hint(what, name, ids));
            }
        });
        return hints;
    }

    private static Map<String, Set<String>> byName(List<CaseResult> results, Function<Case, List<String>> names) {
        Map<String, Set<String>> byName = new LinkedHashMap<>();
        for (CaseResult result : results) {
            for (String name : names.apply(result.subject())) {
                byName.computeIfAbsent(name, key -> new LinkedHashSet<>())
                        .add(result.subject().id());
            }
        }
        return byName;
    }

    private void skips(RunResult run) {
        Map<String, Long> reasons = run.results().stream()
                .filter(result -> result.outcome() == Outcome.SKIPPED)
                .collect(Collectors.groupingBy(CaseResult::detail, LinkedHashMap::new, Collectors.counting()));
        List<String> lines = reasons.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .map(entry -> clip(entry.getValue() + "  " + firstLine(entry.getKey())))
                .toList();
        list("Skipped", lines, REASONS, style::warning);
    }

    private void known(RunResult run) {
        List<String> lines = run.results().stream()
                .filter(result -> result.outcome() == Outcome.FAILED && result.knownFailing())
                .map(result -> clip(result.subject().id() + "  " + firstLine(result.detail())))
                .toList();
        list("Failed as announced", lines, style::warning);
    }

    private void list(String title, List<String> lines, Function<String, String> paint) {
        list(title, lines, LISTED, paint);
    }

    private void list(String title, List<String> lines, int most, Function<String, String> paint) {
        if (lines.isEmpty()) {
            return;
        }
        int shown = detail == Detail.VERBOSE || lines.size() <= most ? lines.size() : most;
        out.println(paint.apply(title));
        for (String line : lines.subList(0, shown)) {
            out.println("  " + Shown.lines(line).replace("\n", "\n    "));
        }
        if (shown < lines.size()) {
            out.println("  ... and " + (lines.size() - shown) + " more (--verbose shows all)");
        }
        out.println();
    }

    private void verdict(RunResult run) {
        List<String> parts = new ArrayList<>();
        parts.add(run.count(Outcome.PASSED) + " passed");
        parts.add(run.unexpectedFailures() + " failed");
        if (run.knownFailures() > 0) {
            parts.add(run.knownFailures() + " failed as announced");
        }
        parts.add(run.count(Outcome.SKIPPED) + " skipped");
        if (!run.stale().isEmpty()) {
            parts.add(run.stale().size() + " stale known-failing");
        }
        if (!run.faults().isEmpty()) {
            parts.add(run.faults().size() + (run.faults().size() == 1 ? " fault" : " faults") + " outside of cases");
        }
        String counts = String.join(", ", parts);
        if (run.isGreen()) {
            out.println(style.good("PASSED") + "  " + counts);
        } else if (run.judged() == 0) {
            out.println(style.bad("NOTHING WAS JUDGED") + "  " + counts);
        } else {
            out.println(style.bad("FAILED") + "  " + counts);
        }
    }

    private String word(CaseResult result) {
        return switch (result.outcome()) {
            case PASSED -> style.good("passed ");
            case FAILED -> result.knownFailing() ? style.warning("known  ") : style.bad("FAILED ");
            case SKIPPED -> style.warning("skipped");
        };
    }

    private String clip(String line) {
        return detail == Detail.VERBOSE || line.length() <= LINE ? line : line.substring(0, LINE - 3) + "...";
    }

    private static String firstLine(String text) {
        return Shown.excerpt(text.lines().findFirst().orElse(""));
    }
}

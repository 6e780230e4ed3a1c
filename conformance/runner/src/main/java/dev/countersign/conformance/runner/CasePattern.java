package dev.countersign.conformance.runner;

import dev.countersign.conformance.suite.Case;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Picks cases: a glob on their ids ({@code *} any characters, {@code ?} one), or the name of a group, or {@code role:},
 * {@code rule:}, {@code flag:} with a glob on those. A glob fits the whole name; upper and lower case differ.
 */
public final class CasePattern {
    private final String text;
    private final Function<Case, List<String>> names;
    private final Pattern glob;

    private CasePattern(String text, Function<Case, List<String>> names, String glob) {
        this.text = text;
        this.names = names;
        this.glob = compile(glob);
    }

    /**
     * Reads a pattern.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static CasePattern of(String text) {
        String trimmed = text.strip();
        int colon = trimmed.indexOf(':');
        String what = colon < 0 ? "" : trimmed.substring(0, colon);
        String glob = trimmed.substring(colon + 1);
        if (glob.isEmpty()) {
            throw new IllegalArgumentException("a pattern is empty");
        }
        Function<Case, List<String>> names =
                switch (what) {
                    case "" -> subject -> List.of(subject.id(), subject.group());
                    case "role" -> subject -> List.of(subject.role().label());
                    case "rule" -> subject -> List.of(subject.rule());
                    case "flag" -> Case::flags;
                    default ->
                        throw new IllegalArgumentException("\"" + trimmed
                                + "\" is no pattern: a glob on ids, a group, or role:, rule:, flag: with a glob");
                };
        return new CasePattern(trimmed, names, glob);
    }

    /** Whether the case is picked. */
    public boolean fits(Case subject) {
        return names.apply(subject).stream().anyMatch(name -> glob.matcher(name).matches());
    }

    /**
     * The cases that one of {@code only} fits, or all if there is none, and none of {@code skip}.
     *
     * @throws IllegalArgumentException if a pattern fits no case at all: it is a slip of the pen
     */
    public static List<Case> select(List<Case> cases, List<CasePattern> only, List<CasePattern> skip) {
        for (List<CasePattern> patterns : List.of(only, skip)) {
            for (CasePattern pattern : patterns) {
                if (cases.stream().noneMatch(pattern::fits)) {
                    throw new IllegalArgumentException("no case fits \"" + pattern + "\"");
                }
            }
        }
        return cases.stream()
                .filter(subject -> only.isEmpty() || only.stream().anyMatch(pattern -> pattern.fits(subject)))
                .filter(subject -> skip.stream().noneMatch(pattern -> pattern.fits(subject)))
                .toList();
    }

    @Override
    public String toString() {
        return text;
    }

    private static Pattern compile(String glob) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }
}

package dev.countersign.core.step;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which path a signature covers: rules, each of which says that requests with certain methods and a certain beginning
 * of the raw path are signed for another path. Matching is by bytes. At most one rule matches a request: who makes the
 * list sees to that.
 *
 * @param rules in any order
 * @param alsoUnstripped below these prefixes a signature for the path as it came is accepted, too
 */
public record PathRules(List<PathRule> rules, List<String> alsoUnstripped) {
    /** Copies the lists. */
    public PathRules {
        rules = List.copyOf(rules);
        alsoUnstripped = List.copyOf(alsoUnstripped);
    }

    /**
     * The paths that a signature of this request may cover, the one by rule first: one or, where the path as it came is
     * accepted too, two.
     *
     * @param path the raw path without the query
     */
    public List<String> signedPaths(String method, String path) {
        PathRule rule = matching(method, path);
        if (rule == null) {
            return List.of(path);
        }
        String signed = rule.signedPath(path);
        return acceptsUnstripped(path) ? List.of(signed, path) : List.of(signed);
    }

    /**
     * The rule that matches, or null if none does.
     *
     * @param path the raw path without the query
     */
    public @Nullable PathRule matching(String method, String path) {
        for (PathRule rule : rules) {
            if (rule.matches(method, path)) {
                return rule;
            }
        }
        return null;
    }

    private boolean acceptsUnstripped(String path) {
        for (String prefix : alsoUnstripped) {
            if (path.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }
}

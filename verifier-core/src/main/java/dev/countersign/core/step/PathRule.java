package dev.countersign.core.step;

import java.util.Set;

/**
 * The prefix of a matching path is replaced before the signature is checked.
 *
 * @param methods which it holds for; every method, also those that nobody has heard of, if this is empty
 * @param prefix of the raw path
 * @param replacement what the signed path has in its place
 */
public record PathRule(Set<String> methods, String prefix, String replacement) {
    /** Copies the set. */
    public PathRule {
        methods = Set.copyOf(methods);
    }

    boolean matches(String method, String path) {
        return path.startsWith(prefix) && (methods.isEmpty() || methods.contains(method));
    }

    String signedPath(String path) {
        return replacement + path.substring(prefix.length());
    }

    /** Whether both can match one request. */
    public boolean overlaps(PathRule other) {
        return nested(prefix, other.prefix) && sharesMethod(other);
    }

    /** Whether one signed path can come from a request to either. */
    public boolean meets(PathRule other) {
        return nested(replacement, other.replacement) && sharesMethod(other);
    }

    private boolean sharesMethod(PathRule other) {
        return methods.isEmpty() || other.methods.isEmpty() || methods.stream().anyMatch(other.methods::contains);
    }

    private static boolean nested(String one, String other) {
        return one.startsWith(other) || other.startsWith(one);
    }
}

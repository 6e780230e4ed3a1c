package dev.countersign.api.route;

import dev.countersign.api.wire.Ascii;

/** A path, or with {@code /**} at its end a path and everything below it. */
final class PathPattern {
    private static final String BELOW = "/**";

    private final String text;
    private final String path;
    private final boolean below;

    private PathPattern(String text, String path, boolean below) {
        this.text = text;
        this.path = path;
        this.below = below;
    }

    /** @throws IllegalArgumentException with what to change, if it is no pattern */
    static PathPattern parse(String text) {
        boolean below = text.endsWith(BELOW);
        String path = below ? text.substring(0, text.length() - BELOW.length()) : text;
        String form = path.isEmpty() && below ? "" : OneForm.of(path);
        if (form == null || !form.equals(path) || path.indexOf('*') >= 0 || (below && path.endsWith("/"))) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is no path pattern: write a path as it is decoded, such as"
                            + " \"/health\", or a path and all below it, \"/open/**\"; no other wildcards, no \"//\", no \".\" and"
                            + " \"..\", none of ? # % ; \\ and ASCII only");
        }
        return new PathPattern(text, path, below);
    }

    /** Whether it matches everything. */
    boolean isEverything() {
        return below && path.isEmpty();
    }

    /** As it was written: for what must not be opened to more than was meant. */
    boolean matchesExactly(String form) {
        if (below) {
            return form.startsWith(path) && (form.length() == path.length() || form.charAt(path.length()) == '/');
        }
        return form.equals(path);
    }

    /** Without regard to case and to a slash at the end: for what must stay protected whatever a framework makes of these. */
    boolean matchesLoosely(String form) {
        String own = withoutEnd(path);
        String other = withoutEnd(form);
        if (other.length() < own.length() || !Ascii.equalsIgnoringCase(other.substring(0, own.length()), own)) {
            return false;
        }
        return other.length() == own.length() || (below && other.charAt(own.length()) == '/');
    }

    /** Whether only paths below this prefix match. */
    boolean isBelow(String prefix) {
        return path.equals(prefix) || path.startsWith(prefix + "/");
    }

    private static String withoutEnd(String path) {
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    @Override
    public String toString() {
        return text;
    }
}

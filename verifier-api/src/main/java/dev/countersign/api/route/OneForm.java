package dev.countersign.api.route;

import dev.countersign.api.wire.Ascii;
import org.jspecify.annotations.Nullable;

/**
 * The path of a request target in the one form that every server, proxy and framework agrees on. Most paths have one; where
 * two readers could take a path for two, there is none, and an adapter must not let the request pass unverified for its path.
 */
final class OneForm {
    private static final String AUTHORITY_MARK = "://";

    private OneForm() {}

    /**
     * The path, decoded once, if that leaves nothing to be read in two ways: in the decoded path there is no backslash,
     * semicolon, percent sign, question mark, hash or control character, nothing outside ASCII, no slash that was encoded,
     * and no empty or dot segment. A slash at the end is no empty segment.
     *
     * @param target origin-form, or absolute-form of http and https
     * @return null where the path has no such form
     */
    static @Nullable String of(String target) {
        int from = pathBegins(target);
        if (from < 0) {
            return null;
        }
        int mark = target.indexOf('?', from);
        int end = mark < 0 ? target.length() : mark;
        if (from == end && from > 0) {
            return "/"; // an authority alone means its root
        }
        if (from == end || target.charAt(from) != '/') {
            return null;
        }
        String path = decodedOnce(target, from, end);
        return path == null || hasEmptyOrDotSegment(path) ? null : path;
    }

    private static int pathBegins(String target) {
        if (target.startsWith("/")) {
            return 0;
        }
        int mark = target.indexOf(AUTHORITY_MARK);
        if (mark < 0) {
            return -1;
        }
        String scheme = target.substring(0, mark);
        if (!Ascii.equalsIgnoringCase(scheme, "http") && !Ascii.equalsIgnoringCase(scheme, "https")) {
            return -1;
        }
        int authority = mark + AUTHORITY_MARK.length();
        int end = authority;
        while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
            if (!isOfAuthority(target.charAt(end))) {
                return -1;
            }
            end++;
        }
        return end == authority ? -1 : end;
    }

    /** A host and a port: readers disagree where an authority with other characters ends. */
    private static boolean isOfAuthority(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || ".:-_[]".indexOf(c) >= 0;
    }

    private static @Nullable String decodedOnce(String target, int from, int end) {
        StringBuilder path = new StringBuilder(end - from);
        for (int i = from; i < end; i++) {
            char c = target.charAt(i);
            if (c == '%') {
                if (end - i < 3) {
                    return null;
                }
                int high = hexDigit(target.charAt(i + 1));
                int low = hexDigit(target.charAt(i + 2));
                if (high < 0 || low < 0) {
                    return null;
                }
                c = (char) (high << 4 | low);
                i += 2;
                if (c == '/') {
                    return null;
                }
            }
            if (!isPlain(c)) {
                return null;
            }
            path.append(c);
        }
        return path.toString();
    }

    private static boolean isPlain(char c) {
        return c >= 0x20 && c < 0x7F && c != '\\' && c != ';' && c != '%' && c != '?' && c != '#';
    }

    private static int hexDigit(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }

    private static boolean hasEmptyOrDotSegment(String path) {
        int begin = 1;
        while (begin < path.length()) {
            int slash = path.indexOf('/', begin);
            int end = slash < 0 ? path.length() : slash;
            String segment = path.substring(begin, end);
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
                return true;
            }
            begin = end + 1;
        }
        return false;
    }
}

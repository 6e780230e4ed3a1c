package dev.countersign.core.step;

import dev.countersign.api.wire.Ascii;
import org.jspecify.annotations.Nullable;

/**
 * A request target taken apart without decoding or normalising anything: {@code //}, dot segments, {@code ;params} and
 * {@code %xx} stay as they were sent.
 *
 * @param path from the first slash up to the first question mark
 * @param query behind the first question mark, or null if there is none
 */
public record RequestTarget(String path, @Nullable String query) {
    private static final String AUTHORITY_MARK = "://";

    /**
     * Reads origin-form, or absolute-form of http and https, which means its path and query; an empty path means
     * {@code /}.
     *
     * @return null for any other form, and for {@code #}, {@code \} and bytes below 0x21 or above 0x7E
     */
    public static @Nullable RequestTarget parse(String target) {
        if (!hasAllowedCharacters(target)) {
            return null;
        }
        if (target.startsWith("/")) {
            return split(target, 0);
        }
        int mark = target.indexOf(AUTHORITY_MARK);
        if (mark < 0 || !isHttp(target.substring(0, mark))) {
            return null;
        }
        int authority = mark + AUTHORITY_MARK.length();
        int end = authority;
        while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
            end++;
        }
        return end == authority ? null : split(target, end);
    }

    /** Shows neither path nor query. */
    @Override
    public String toString() {
        return "RequestTarget[" + (query == null ? "path" : "path and query") + "]";
    }

    private static RequestTarget split(String target, int from) {
        int mark = target.indexOf('?', from);
        String path = mark < 0 ? target.substring(from) : target.substring(from, mark);
        return new RequestTarget(path.isEmpty() ? "/" : path, mark < 0 ? null : target.substring(mark + 1));
    }

    private static boolean isHttp(String scheme) {
        return Ascii.equalsIgnoringCase(scheme, "http") || Ascii.equalsIgnoringCase(scheme, "https");
    }

    private static boolean hasAllowedCharacters(String target) {
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c < 0x21 || c > 0x7E || c == '#' || c == '\\') {
                return false;
            }
        }
        return true;
    }
}

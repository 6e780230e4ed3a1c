package dev.countersign.conformance.server;

import java.util.regex.Pattern;

/** The grammar of HTTP's header lines. */
final class Fields {
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private Fields() {}

    static boolean isToken(String name) {
        return TOKEN.matcher(name).matches();
    }

    /** A tab is none: it may stand inside a value. */
    static boolean hasControlCharacter(String value) {
        return value.chars().anyMatch(c -> (c < 0x20 && c != '\t') || c == 0x7F);
    }

    /** Without HTTP's white space: {@code String.strip} takes more away. */
    static String trimmed(String value) {
        int start = 0;
        int end = value.length();
        while (start < end && isBlank(value.charAt(start))) {
            start++;
        }
        while (end > start && isBlank(value.charAt(end - 1))) {
            end--;
        }
        return value.substring(start, end);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }
}

package dev.countersign.api.wire;

import org.jspecify.annotations.Nullable;

/** Characters as bytes of the wire: no locale, no Unicode folding. */
public final class Ascii {
    private Ascii() {}

    /** Whether both are the same, letters {@code A-Z} and {@code a-z} taken as equal and nothing else folded. */
    public static boolean equalsIgnoringCase(@Nullable String a, String b) {
        if (a == null || a.length() != b.length()) {
            return false;
        }
        for (int i = 0; i < a.length(); i++) {
            if (lower(a.charAt(i)) != lower(b.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** {@code c} in lower case if it is one of {@code A-Z}, else {@code c} itself. */
    public static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
    }

    /** Whether {@code text} has 1 to {@code maxLength} characters from 0x21 to 0x7E, none of them a comma. */
    public static boolean isVisibleId(String text, int maxLength) {
        int length = text.length();
        if (length == 0 || length > maxLength) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c < 0x21 || c > 0x7E || c == ',') {
                return false;
            }
        }
        return true;
    }
}

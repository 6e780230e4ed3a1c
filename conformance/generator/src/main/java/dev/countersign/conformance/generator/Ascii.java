package dev.countersign.conformance.generator;

import java.util.Locale;

/** Case of ASCII letters, the same under every locale. */
final class Ascii {
    private Ascii() {}

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    static String upper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }

    /** Every other letter in upper case. */
    static String mixed(String text) {
        StringBuilder mixed = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            String letter = text.substring(i, i + 1);
            mixed.append(i % 2 == 0 ? lower(letter) : upper(letter));
        }
        return mixed.toString();
    }
}

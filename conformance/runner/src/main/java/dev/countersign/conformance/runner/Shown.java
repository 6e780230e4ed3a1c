package dev.countersign.conformance.runner;

/** Text from outside made fit for a terminal and a report: no control characters, and not too much of it. */
public final class Shown {
    private static final int EXCERPT = 200;

    private Shown() {}

    /** The beginning of a text on one line, control characters and line ends escaped. */
    public static String excerpt(String text) {
        return excerpt(text, EXCERPT);
    }

    /** The same with another length. */
    public static String excerpt(String text, int length) {
        if (text.length() <= length) {
            return line(text);
        }
        int end = Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length;
        return line(text.substring(0, end)) + "... (" + text.length() + " characters)";
    }

    /** The whole text on one line, control characters and line ends escaped. */
    public static String line(String text) {
        StringBuilder shown = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            append(shown, text, i, false);
        }
        return shown.toString();
    }

    /** The whole text with its line ends, other control characters escaped. */
    public static String lines(String text) {
        StringBuilder shown = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            append(shown, text, i, true);
        }
        return shown.toString();
    }

    /** A byte as a character: itself if it is visible ASCII or a space, an escape if not. */
    public static String octet(int value) {
        return switch (value) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            case '\\' -> "\\\\";
            default -> value >= 0x20 && value < 0x7f ? String.valueOf((char) value) : String.format("\\x%02x", value);
        };
    }

    private static void append(StringBuilder shown, String text, int at, boolean keepLines) {
        char c = text.charAt(at);
        if (c == '\n') {
            shown.append(keepLines ? "\n" : "\\n");
        } else if (Character.isISOControl(c)) {
            shown.append(c < 0x80 ? octet(c) : String.format("\\u%04x", (int) c));
        } else if (isUnfit(text, at)) {
            shown.append(String.format("\\u%04x", (int) c));
        } else {
            shown.append(c);
        }
    }

    /** Lone surrogates, and what would turn the direction of the text or hide it. */
    private static boolean isUnfit(String text, int at) {
        char c = text.charAt(at);
        if (Character.isHighSurrogate(c)) {
            return at + 1 >= text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
        }
        if (Character.isLowSurrogate(c)) {
            return at == 0 || !Character.isHighSurrogate(text.charAt(at - 1));
        }
        int type = Character.getType(c);
        return type == Character.FORMAT || type == Character.LINE_SEPARATOR || type == Character.PARAGRAPH_SEPARATOR;
    }
}

package dev.countersign.conformance.report;

import dev.countersign.conformance.runner.Mismatch;
import dev.countersign.conformance.suite.Hex;
import java.util.Locale;

/** What was expected beside what came, and where the two part. */
final class MismatchView {
    /** From this length on, the place of the first difference is hard to see. */
    private static final int LONG = 16;

    /** Up to this length the values fit beside their field's name. */
    private static final int SHORT = 40;

    private static final int LONGEST_NAME = 120;

    private MismatchView() {}

    /**
     * Writes a mismatch.
     *
     * @param most how many characters of a text, or bytes, are shown, a third of them before the first difference
     */
    static void write(Html html, Mismatch mismatch, int most) {
        String expected = mismatch.expected();
        String actual = mismatch.actual();
        boolean isShort = Math.max(expected.length(), actual.length()) <= SHORT;
        html.open("div", "class", isShort ? "mismatch short" : "mismatch")
                .open("h5")
                .open("code");
        html.text(mismatch.field(), Math.min(most, LONGEST_NAME))
                .close()
                .close()
                .open("div");
        if (Math.max(expected.length(), actual.length()) >= LONG
                && ByteView.isHex(expected)
                && ByteView.isHex(actual)) {
            bytes(html, Hex.parse(expected), Hex.parse(actual), most);
        } else {
            text(html, expected, actual, most);
        }
        html.close().close().line();
    }

    private static void bytes(Html html, byte[] expected, byte[] actual, int most) {
        int at = 0;
        while (at < expected.length && at < actual.length && expected[at] == actual[at]) {
            at++;
        }
        html.open("p", "class", "where").text(where(expected, actual, at)).close();
        boolean asText = ByteView.isMostlyText(expected) || ByteView.isMostlyText(actual);
        html.open("div", "class", "sides");
        bytesSide(html, "expected", new ByteView(expected, at, most), asText);
        bytesSide(html, "actual", new ByteView(actual, at, most), asText);
        html.close();
    }

    private static String where(byte[] expected, byte[] actual, int at) {
        String lengths = String.format(Locale.ROOT, "%,d bytes expected, %,d came.", expected.length, actual.length);
        if (at == expected.length && at == actual.length) {
            return "The bytes are the same.";
        }
        if (at == actual.length) {
            return String.format(
                    Locale.ROOT,
                    "It ends too early: at byte %,d (from 0) %s was expected. %s",
                    at,
                    ByteView.inWords(expected[at]),
                    lengths);
        }
        if (at == expected.length) {
            return String.format(
                    Locale.ROOT,
                    "It should have ended: at byte %,d (from 0) came %s. %s",
                    at,
                    ByteView.inWords(actual[at]),
                    lengths);
        }
        return String.format(
                Locale.ROOT,
                "First difference at byte %,d (from 0): %s was expected, %s came. %s",
                at,
                ByteView.inWords(expected[at]),
                ByteView.inWords(actual[at]),
                lengths);
    }

    private static void bytesSide(Html html, String side, ByteView view, boolean asText) {
        html.open("div", "class", "side " + side).element("h6", side);
        view.hex(html);
        if (asText) {
            html.element("h6", "as text");
            view.text(html);
        }
        html.close();
    }

    private static void text(Html html, String expected, String actual, int most) {
        int at = 0;
        while (at < expected.length() && at < actual.length() && expected.charAt(at) == actual.charAt(at)) {
            at++;
        }
        boolean marked = at > 0 && Math.min(expected.length(), actual.length()) >= LONG;
        if (expected.equalsIgnoreCase(actual)) {
            html.element("p", "Only upper and lower case differ.", "class", "where");
        } else if (marked) {
            html.element(
                    "p",
                    String.format(Locale.ROOT, "First difference at character %,d (from 0).", at),
                    "class",
                    "where");
        }
        html.open("div", "class", "sides");
        textSide(html, "expected", expected, at, marked, most);
        textSide(html, "actual", actual, at, marked, most);
        html.close();
    }

    private static void textSide(Html html, String side, String text, int at, boolean marked, int most) {
        html.open("div", "class", "side " + side).element("h6", side).open("pre");
        int start = text.length() <= most ? 0 : whole(text, Math.max(0, Math.min(at - most / 3, text.length() - most)));
        int end = whole(text, Math.min(text.length(), start + most));
        if (start > 0) {
            html.cut(start, "character").raw(" ");
        }
        if (!marked) {
            html.text(text.substring(start, end));
        } else if (at >= text.length()) {
            html.text(text.substring(start, end)).element("mark", "end", "class", "end");
        } else {
            int from = whole(text, at);
            int to = from + Character.charCount(text.codePointAt(from));
            html.text(text.substring(start, from)).element("mark", text.substring(from, to));
            html.text(text.substring(to, Math.max(to, end)));
        }
        if (end < text.length()) {
            html.raw(" ").cut(text.length() - end, "character");
        }
        html.close().close();
    }

    /** The index, or one less where it would part a pair of surrogates. */
    private static int whole(String text, int index) {
        boolean parts = index > 0
                && index < text.length()
                && Character.isSurrogatePair(text.charAt(index - 1), text.charAt(index));
        return parts ? index - 1 : index;
    }
}

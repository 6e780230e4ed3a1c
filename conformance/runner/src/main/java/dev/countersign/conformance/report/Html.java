package dev.countersign.conformance.report;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Locale;

/**
 * A page in the making. Text goes through {@link #text} and attributes through {@link #open}, which escape; nothing else
 * writes what came from outside. What a reader could not see, or what could turn the text around him, is shown as an
 * escape: control and format characters, foreign spaces, lone surrogates.
 */
final class Html {
    private static final HexFormat HEX = HexFormat.of();

    private final StringBuilder out = new StringBuilder(1 << 16);
    private final Deque<String> elements = new ArrayDeque<>();

    /**
     * Begins an element.
     *
     * @param attributes names and values in turn; names are ours, values are escaped
     */
    Html open(String element, String... attributes) {
        tag(element, attributes);
        elements.push(element);
        return this;
    }

    /** Ends the element begun last. */
    Html close() {
        out.append("</").append(elements.pop()).append('>');
        return this;
    }

    /** An element that has no end tag. */
    Html empty(String element, String... attributes) {
        tag(element, attributes);
        return this;
    }

    /** An element with only text. */
    Html element(String element, String text, String... attributes) {
        return open(element, attributes).text(text).close();
    }

    /** Our own markup or code, as it is. */
    Html raw(String trusted) {
        out.append(trusted);
        return this;
    }

    /** A line's end between elements, so that the source can be read. */
    Html line() {
        out.append('\n');
        return this;
    }

    /** Any text. */
    Html text(String text) {
        escape(text, false, true);
        return this;
    }

    /** Text inside an element that can hold no others, such as a title. */
    Html plainText(String text) {
        escape(text, false, false);
        return this;
    }

    /** Any text as it stands between the quotes of a JSON string. */
    Html jsonText(String text) {
        escape(text, true, true);
        return this;
    }

    /** Any text, at most so many characters of it; what is left out is counted. */
    Html text(String text, int most) {
        int end = end(text, most);
        text(text.substring(0, end));
        return end < text.length() ? cut(text.length() - end, "character") : this;
    }

    /** Says that so many are left out here. */
    Html cut(int many, String what) {
        return element(
                "span",
                String.format(Locale.ROOT, "… %,d more %s%s", many, what, many == 1 ? "" : "s"),
                "class",
                "cut");
    }

    /** Bytes that are no text as it is read: {@code escaped} in the style of an escape. */
    Html escaped(String escaped) {
        return element("span", escaped, "class", "esc");
    }

    /** The first characters, whole code points. */
    static String start(String text, int most) {
        int end = end(text, most);
        return end < text.length() ? text.substring(0, end) + "…" : text;
    }

    private static int end(String text, int most) {
        if (text.length() <= most) {
            return text.length();
        }
        return Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    }

    /** Characters so far. */
    int length() {
        return out.length();
    }

    /** The page so far. */
    @Override
    public String toString() {
        if (!elements.isEmpty()) {
            throw new IllegalStateException("still open: " + elements);
        }
        return out.toString();
    }

    private void tag(String element, String... attributes) {
        out.append('<').append(element);
        for (int i = 0; i < attributes.length; i += 2) {
            out.append(' ').append(attributes[i]).append("=\"");
            escape(attributes[i + 1], false, false);
            out.append('"');
        }
        out.append('>');
    }

    private void escape(String text, boolean json, boolean marked) {
        boolean inEscape = false;
        int point;
        for (int i = 0; i < text.length(); i += Character.charCount(point)) {
            point = text.codePointAt(i);
            if (isVisible(point)) {
                if (inEscape) {
                    out.append("</span>");
                    inEscape = false;
                }
                visible(point, json);
            } else {
                if (marked && !inEscape) {
                    out.append("<span class=\"esc\">");
                    inEscape = true;
                }
                invisible(point);
            }
        }
        if (inEscape) {
            out.append("</span>");
        }
    }

    private void visible(int point, boolean json) {
        switch (point) {
            case '&' -> out.append("&amp;");
            case '<' -> out.append("&lt;");
            case '>' -> out.append("&gt;");
            case '"' -> out.append(json ? "\\&quot;" : "&quot;");
            case '\'' -> out.append("&#39;");
            case '\\' -> out.append(json ? "\\\\" : "\\");
            default -> out.appendCodePoint(point);
        }
    }

    private void invisible(int point) {
        switch (point) {
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                for (char unit : Character.toChars(point)) {
                    out.append("\\u");
                    out.append(HEX.toHexDigits(unit));
                }
            }
        }
    }

    private static boolean isVisible(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> point == ' ';
            // Characters of a newer Unicode than the JDK's are shown; those that never will be any are not.
            case Character.UNASSIGNED -> (point & 0xFFFE) != 0xFFFE && (point < 0xFDD0 || point > 0xFDEF);
            default -> true;
        };
    }
}

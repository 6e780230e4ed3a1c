package dev.countersign.conformance.report;

import java.util.HexFormat;

/** Bytes, as hex and as text, a part of them if they are many, with one of them marked. */
final class ByteView {
    /** Nothing is marked. */
    private static final int UNMARKED = -1;

    /** So many bytes are shown where nothing else is said. */
    private static final int MOST = 480;

    private static final HexFormat HEX = HexFormat.of();

    private final byte[] bytes;
    private final int marked;
    private final int start;
    private final int end;

    /**
     * The bytes.
     *
     * @param marked which byte; as many as there are marks the end
     * @param most how many are shown, a third of them before the marked one
     */
    ByteView(byte[] bytes, int marked, int most) {
        this.bytes = bytes;
        this.marked = marked;
        this.start = bytes.length <= most ? 0 : Math.max(0, Math.min(marked - most / 3, bytes.length - most));
        this.end = Math.min(bytes.length, start + most);
    }

    /** The bytes, none of them marked. */
    ByteView(byte[] bytes) {
        this(bytes, UNMARKED, MOST);
    }

    /** Whether a text is lower-case hex. */
    static boolean isHex(String text) {
        return text.length() % 2 == 0 && text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }

    /** Whether the text says more than the hex: most of it can be read. */
    static boolean isMostlyText(byte[] bytes) {
        int readable = 0;
        for (byte b : bytes) {
            if (isReadable(b) || b == '\n' || b == '\r' || b == '\t') {
                readable++;
            }
        }
        return bytes.length > 0 && readable * 4L >= bytes.length * 3L;
    }

    /** Two bytes a word. */
    void hex(Html html) {
        html.open("pre", "class", "bytes");
        before(html);
        for (int i = start; i < end; i++) {
            if (i > start && i % 2 == 0) {
                html.raw(" ");
            }
            String digits = HEX.toHexDigits(bytes[i]);
            if (i == marked) {
                html.element("mark", digits);
            } else {
                html.raw(digits);
            }
        }
        after(html);
        html.close();
    }

    /** ASCII as it is, everything else as an escape; a line feed ends the line, too. */
    void text(Html html) {
        html.open("pre", "class", "bytes");
        before(html);
        StringBuilder plain = new StringBuilder();
        for (int i = start; i < end; i++) {
            byte b = bytes[i];
            if (isReadable(b) && i != marked) {
                plain.append((char) b);
                continue;
            }
            html.text(plain.toString());
            plain.setLength(0);
            if (i == marked) {
                html.open("mark");
            }
            if (isReadable(b)) {
                html.text(String.valueOf((char) b));
            } else {
                html.escaped(escape(b));
            }
            if (i == marked) {
                html.close();
            }
            if (b == '\n') {
                html.line();
            }
        }
        html.text(plain.toString());
        after(html);
        html.close();
    }

    /** The byte in words: its hex, and what it is in ASCII. */
    static String inWords(byte b) {
        return HEX.toHexDigits(b) + (isReadable(b) ? " “" + (char) b + "”" : b == '\n' ? " (line feed)" : "");
    }

    private void before(Html html) {
        if (start > 0) {
            html.cut(start, "byte").raw(" ");
        }
    }

    private void after(Html html) {
        if (marked == bytes.length) {
            html.element("mark", "end", "class", "end");
        }
        if (end < bytes.length) {
            html.raw(" ").cut(bytes.length - end, "byte");
        }
    }

    private static boolean isReadable(byte b) {
        return b >= ' ' && b < 0x7F;
    }

    private static String escape(byte b) {
        return switch (b) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> "\\x" + HEX.toHexDigits(b);
        };
    }
}

package dev.countersign.core.diagnosis;

/** Text of a client's for a terminal or a log: printable ASCII, and cut. */
final class EscapedAscii {
    private EscapedAscii() {}

    /**
     * The text with a backslash before what is not printable ASCII: a line feed is {@code \n}, a byte {@code \xC3}.
     *
     * @param most after how many characters it is cut
     */
    static String of(String text, int most) {
        int shown = Math.min(text.length(), most);
        StringBuilder escaped = new StringBuilder(shown + 16);
        for (int i = 0; i < shown; i++) {
            append(escaped, text.charAt(i));
        }
        if (shown < text.length()) {
            escaped.append("...");
        }
        return escaped.toString();
    }

    private static void append(StringBuilder to, char c) {
        switch (c) {
            case '\\' -> to.append("\\\\");
            case '\n' -> to.append("\\n");
            case '\r' -> to.append("\\r");
            case '\t' -> to.append("\\t");
            default -> {
                if (c >= 0x20 && c <= 0x7E) {
                    to.append(c);
                } else if (c <= 0xFF) {
                    to.append("\\x").append(hex(c >> 4)).append(hex(c));
                } else {
                    to.append("\\u")
                            .append(hex(c >> 12))
                            .append(hex(c >> 8))
                            .append(hex(c >> 4))
                            .append(hex(c));
                }
            }
        }
    }

    private static char hex(int nibble) {
        return "0123456789ABCDEF".charAt(nibble & 0xF);
    }
}

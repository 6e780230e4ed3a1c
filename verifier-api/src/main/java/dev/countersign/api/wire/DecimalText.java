package dev.countersign.api.wire;

/** Decimal numbers as the protocol writes them: ASCII digits, no sign, no space, no leading zero. */
public final class DecimalText {
    /** What {@link #parse} returns for anything else. */
    public static final long MALFORMED = -1;

    private DecimalText() {}

    /**
     * {@code 0} or {@code [1-9]} followed by digits, {@code maxDigits} (at most 18) in all; else {@link #MALFORMED}.
     */
    public static long parse(String text, int maxDigits) {
        int length = text.length();
        if (length == 0 || length > maxDigits || (length > 1 && text.charAt(0) == '0')) {
            return MALFORMED;
        }
        long value = 0;
        for (int i = 0; i < length; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return MALFORMED;
            }
            value = value * 10 + digit;
        }
        return value;
    }
}

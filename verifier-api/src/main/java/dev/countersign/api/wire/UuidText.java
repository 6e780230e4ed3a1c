package dev.countersign.api.wire;

/**
 * The textual form 8-4-4-4-12 of a UUID, read strictly: 36 characters, ASCII hexadecimal digits of either case.
 * {@code UUID.fromString} takes far more than this.
 */
public final class UuidText {
    private static final int LENGTH = 36;

    private UuidText() {}

    /** Whether {@code text} has the form 8-4-4-4-12, whatever its version and variant. */
    public static boolean isUuid(String text) {
        if (text.length() != LENGTH) {
            return false;
        }
        for (int i = 0; i < LENGTH; i++) {
            char c = text.charAt(i);
            boolean ok = isHyphenPlace(i) ? c == '-' : hexValue(c) >= 0;
            if (!ok) {
                return false;
            }
        }
        return true;
    }

    /** Whether {@code text} is a UUID with version nibble 4 and variant 8, 9, a or b. */
    public static boolean isVersion4(String text) {
        return isUuid(text) && text.charAt(14) == '4' && (hexValue(text.charAt(19)) & 0b1100) == 0b1000;
    }

    /** Lower-cases the ASCII letters of a UUID; the same string when there are none in upper case. */
    public static String canonical(String uuid) {
        for (int i = 0; i < uuid.length(); i++) {
            if (uuid.charAt(i) != Ascii.lower(uuid.charAt(i))) {
                char[] chars = uuid.toCharArray();
                for (int j = i; j < chars.length; j++) {
                    chars[j] = Ascii.lower(chars[j]);
                }
                return new String(chars);
            }
        }
        return uuid;
    }

    /** Writes the 16 bytes that a UUID stands for. */
    public static void writeBytes(String uuid, byte[] to, int offset) {
        int out = offset;
        for (int i = 0; i < LENGTH; i += 2) {
            if (isHyphenPlace(i)) {
                i++;
            }
            to[out++] = (byte) (hexValue(uuid.charAt(i)) << 4 | hexValue(uuid.charAt(i + 1)));
        }
    }

    private static boolean isHyphenPlace(int i) {
        return i == 8 || i == 13 || i == 18 || i == 23;
    }

    private static int hexValue(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        char lower = Ascii.lower(c);
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }
}

package dev.countersign.core.diagnosis;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** Reads what somebody may have meant as Base64, to say what is wrong with it. Never for what is accepted. */
final class LenientBase64 {
    private LenientBase64() {}

    /** Either alphabet, with or without padding, white space skipped, spare bits ignored; null for anything else. */
    static byte @Nullable [] decode(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        int bits = 0;
        int count = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '=' || isSpace(c)) {
                continue;
            }
            int value = value(c);
            if (value < 0) {
                return null;
            }
            bits = (bits << 6 | value) & 0xFFFF;
            count += 6;
            if (count >= 8) {
                count -= 8;
                bytes.write(bits >> count);
            }
        }
        return bytes.toByteArray();
    }

    static boolean isSpace(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }

    private static int value(char c) {
        if (c >= 'A' && c <= 'Z') {
            return c - 'A';
        }
        if (c >= 'a' && c <= 'z') {
            return c - 'a' + 26;
        }
        if (c >= '0' && c <= '9') {
            return c - '0' + 52;
        }
        return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
    }
}

package dev.countersign.api.wire;

import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Base64 (RFC 4648) with exactly one text for each byte string: padding where the alphabet's form has it and nowhere
 * else, unused bits zero, no white space. The JDK's decoder takes missing padding and stray bits.
 */
public final class StrictBase64 {
    private StrictBase64() {}

    /** Reads the standard alphabet, padded; null unless {@code text} is the canonical form of some bytes. */
    public static byte @Nullable [] decode(String text) {
        return text.length() % 4 == 0 ? decode(text, Base64.getDecoder(), Base64.getEncoder()) : null;
    }

    /** Reads the URL-safe alphabet without padding; null unless {@code text} is the canonical form of some bytes. */
    public static byte @Nullable [] decodeUrl(String text) {
        return decode(text, Base64.getUrlDecoder(), Base64.getUrlEncoder().withoutPadding());
    }

    private static byte @Nullable [] decode(String text, Base64.Decoder decoder, Base64.Encoder encoder) {
        byte[] chars = new byte[text.length()];
        for (int i = 0; i < chars.length; i++) {
            char c = text.charAt(i);
            if (c > 0x7E) {
                return null;
            }
            chars[i] = (byte) c;
        }
        byte[] bytes;
        try {
            bytes = decoder.decode(chars);
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
        // Encoding back is the whole definition of canonical: spare bits and missing padding do not survive it.
        return Arrays.equals(encoder.encode(bytes), chars) ? bytes : null;
    }
}

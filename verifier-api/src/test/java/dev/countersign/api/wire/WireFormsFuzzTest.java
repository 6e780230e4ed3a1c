package dev.countersign.api.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * Each form against the obvious definition of it, over the inputs that Jazzer found to take different ways through the code: they
 * lie among the resources, and each build runs them again. CONTRIBUTING says how to look for more.
 */
class WireFormsFuzzTest {
    private static final Pattern UUID =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");
    private static final Pattern DECIMAL = Pattern.compile("0|[1-9][0-9]{0,9}");

    @FuzzTest
    void base64HasOneTextForEachByteString(byte[] data) {
        String text = new String(data, StandardCharsets.ISO_8859_1);
        byte[] decoded = StrictBase64.decode(text);
        if (decoded != null) {
            assertEquals(text, Base64.getEncoder().encodeToString(decoded));
        }
        byte[] fromUrl = StrictBase64.decodeUrl(text);
        if (fromUrl != null) {
            assertEquals(text, Base64.getUrlEncoder().withoutPadding().encodeToString(fromUrl));
        }
        assertArrayEquals(data, StrictBase64.decode(Base64.getEncoder().encodeToString(data)));
        assertArrayEquals(
                data,
                StrictBase64.decodeUrl(Base64.getUrlEncoder().withoutPadding().encodeToString(data)));
    }

    @FuzzTest
    void aSignatureHasOneEncoding(byte[] data) {
        byte[] raw = SignatureDer.toRaw(data);
        if (raw == null) {
            return;
        }
        assertArrayEquals(data, SignatureDer.fromRaw(raw));
        byte[] r = new BigInteger(1, raw, 0, 32).toByteArray();
        byte[] s = new BigInteger(1, raw, 32, 32).toByteArray();
        byte[] der = new byte[6 + r.length + s.length];
        der[0] = 0x30;
        der[1] = (byte) (4 + r.length + s.length);
        der[2] = 2;
        der[3] = (byte) r.length;
        System.arraycopy(r, 0, der, 4, r.length);
        der[4 + r.length] = 2;
        der[5 + r.length] = (byte) s.length;
        System.arraycopy(s, 0, der, 6 + r.length, s.length);
        assertArrayEquals(der, data);
    }

    @FuzzTest
    void aUuidIsFiveGroupsOfHexadecimalDigits(byte[] data) {
        String text = new String(data, StandardCharsets.ISO_8859_1);
        boolean isUuid = UuidText.isUuid(text);
        assertEquals(UUID.matcher(text).matches(), isUuid);
        if (isUuid) {
            byte[] bytes = new byte[16];
            UuidText.writeBytes(text, bytes, 0);
            assertEquals(
                    new BigInteger(text.replace("-", ""), 16), new BigInteger(1, bytes), "what is stored of " + text);
            assertTrue(text.equalsIgnoreCase(UuidText.canonical(text)));
            assertEquals(text.charAt(14) == '4' && "89abAB".indexOf(text.charAt(19)) >= 0, UuidText.isVersion4(text));
        }
    }

    @FuzzTest
    void aDecimalNumberHasOneText(byte[] data) {
        String text = new String(data, StandardCharsets.ISO_8859_1);
        long expected = DECIMAL.matcher(text).matches() ? Long.parseLong(text) : DecimalText.MALFORMED;
        assertEquals(expected, DecimalText.parse(text, 10));
    }
}

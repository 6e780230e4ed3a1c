package dev.countersign.api.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UuidTextTest {
    private static final String VALID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

    @Property
    void takesWhatTheJdkWrites(@ForAll long high, @ForAll long low) {
        UUID uuid = new UUID(high, low);
        String text = uuid.toString();
        String upper = text.toUpperCase(Locale.ROOT);

        assertTrue(UuidText.isUuid(text));
        assertTrue(UuidText.isUuid(upper));
        boolean version4 = uuid.version() == 4 && uuid.variant() == 2;
        assertEquals(version4, UuidText.isVersion4(text));
        assertEquals(version4, UuidText.isVersion4(upper));
        assertEquals(text, UuidText.canonical(upper));
        assertSame(text, UuidText.canonical(text));

        byte[] expected =
                ByteBuffer.allocate(18).position(1).putLong(high).putLong(low).array();
        byte[] written = new byte[18];
        UuidText.writeBytes(upper, written, 1);
        assertArrayEquals(expected, written);
    }

    @Property
    void version4NeedsBothNibbles(@ForAll long high, @ForAll long low) {
        long h = (high & ~0xF000L) | 0x4000L;
        long l = (low & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        assertTrue(UuidText.isVersion4(new UUID(h, l).toString()));
        assertFalse(UuidText.isVersion4(new UUID(h ^ 0x1000L, l).toString()));
        assertFalse(UuidText.isVersion4(new UUID(h, l ^ 0x8000_0000_0000_0000L).toString()));
        assertFalse(UuidText.isVersion4(new UUID(h, l ^ 0x4000_0000_0000_0000L).toString()));
    }

    @Property
    void anotherCharacterIsRefusedUnlessItIsADigitInADigitsPlace(
            @ForAll @IntRange(max = 35) int at, @ForAll char other) {
        String mutant = VALID.substring(0, at) + other + VALID.substring(at + 1);
        boolean hyphenPlace = VALID.charAt(at) == '-';
        boolean asciiHex =
                (other >= '0' && other <= '9') || (other >= 'a' && other <= 'f') || (other >= 'A' && other <= 'F');
        assertEquals(hyphenPlace ? other == '-' : asciiHex, UuidText.isUuid(mutant));
    }

    @Property
    void anyOtherLengthIsRefused(@ForAll @IntRange(max = 35) int at, @ForAll char inserted) {
        assertFalse(UuidText.isUuid(VALID.substring(0, at) + VALID.substring(at + 1)));
        assertFalse(UuidText.isUuid(VALID.substring(0, at) + inserted + VALID.substring(at)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1-1-1-1-1", // UUID.fromString takes this
                "6ba7b8109dad41d180b400c04fd430c8",
                "{6ba7b810-9dad-41d1-80b4-00c04fd430c8}",
                "6ba7b810-9dad-41d1-80b4-00c04fd430c8 ",
                "+ba7b810-9dad-41d1-80b4-00c04fd430c8",
                "6ba7b810-9dad-41d1-80b4-00c04fd430g8",
                "6ba7b81-09dad-41d1-80b4-00c04fd430c8",
                "\u0666ba7b810-9dad-41d1-80b4-00c04fd430c8", // Arabic-Indic six
                "6\uFF42a7b810-9dad-41d1-80b4-00c04fd430c8", // full-width b
                "6ba7b810\u20109dad-41d1-80b4-00c04fd430c8", // another hyphen
                "6ba7b810-9dad-\uFF141d1-80b4-00c04fd430c8"
            })
    void formIsStrict(String text) {
        assertFalse(UuidText.isUuid(text));
        assertFalse(UuidText.isVersion4(text));
    }

    @Test
    void canonicalTouchesAsciiLettersOnly() {
        assertEquals("az\u0130\u212A\uFF21", UuidText.canonical("AZ\u0130\u212A\uFF21"));
    }
}

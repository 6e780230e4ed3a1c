package dev.countersign.api.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class AsciiTest {
    @Test
    void onlyAsciiLettersFold() {
        for (char a = 0; a < Character.MAX_VALUE; a++) {
            char expected = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".indexOf(a) >= 0 ? Character.toLowerCase(a) : a;
            assertEquals(expected, Ascii.lower(a));
        }
    }

    @Test
    void lookalikesAreNotEqual() {
        assertTrue("\u017F".equalsIgnoreCase("s"), "why equalsIgnoreCase will not do");
        assertTrue("\u212A".equalsIgnoreCase("k"));
        assertFalse(Ascii.equalsIgnoringCase("\u017F", "s"));
        assertFalse(Ascii.equalsIgnoringCase("\u212A", "k"));
        assertFalse(Ascii.equalsIgnoringCase("@", "`"));
        assertFalse(Ascii.equalsIgnoringCase("[", "{"));
        assertFalse(Ascii.equalsIgnoringCase(null, ""));
        assertFalse(Ascii.equalsIgnoringCase("ab", "a"));
        assertTrue(Ascii.equalsIgnoringCase("x-aPP-id", "X-App-ID"));
        assertTrue(Ascii.equalsIgnoringCase("", ""));
    }

    @Property
    void idsAreVisibleAsciiWithoutComma(@ForAll String text) {
        boolean expected = text.length() >= 1
                && text.length() <= 20
                && text.chars().allMatch(c -> c > ' ' && c < 0x7F && c != ',');
        assertEquals(expected, Ascii.isVisibleId(text, 20));
    }

    @Test
    void everyCharacterOfAnId() {
        for (char c = 0; c < Character.MAX_VALUE; c++) {
            assertEquals(c > ' ' && c < 0x7F && c != ',', Ascii.isVisibleId("a" + c, 2));
        }
        assertFalse(Ascii.isVisibleId("", 2));
        assertFalse(Ascii.isVisibleId("aaa", 2));
    }
}

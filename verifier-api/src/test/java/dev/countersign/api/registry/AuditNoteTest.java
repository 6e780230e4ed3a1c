package dev.countersign.api.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditNoteTest {
    @Test
    void aNoteHasWhoAndMayHaveWhy() {
        AuditNote who = AuditNote.by("alice");
        assertEquals("alice", who.by());
        assertEquals(Optional.empty(), who.reason());
        AuditNote why = who.because("ticket 4711");
        assertEquals(Optional.of("ticket 4711"), why.reason());
        assertEquals("alice", why.by());
        assertEquals(AuditNote.by("alice").because("ticket 4711"), why);
        assertEquals(AuditNote.by("alice").because("ticket 4711").hashCode(), why.hashCode());
        assertNotEquals(who, why);
        assertEquals("AuditNote[...]", why.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "a b  c",
                "J\u00fcrgen M\u00fcller",
                "\u5c71\u7530",
                "\u0645\u062d\u0645\u062f",
                "e\u0301",
                "\ud83d\udcf1",
                "'; DROP TABLE x; --",
                "<b>%0A\\n$",
                "\u201cso\u201d \u2013 \u20ac"
            })
    void printableTextOfAnyScriptIsTaken(String text) {
        assertEquals(text, AuditNote.by(text).by());
        assertEquals(Optional.of(text), AuditNote.by("x").because(text).reason());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\nb",
                "a\rb",
                "a\tb",
                "a\0b",
                "a\u001b[31mb",
                "a\u007fb",
                "a\u0085b",
                "a\u2028b",
                "a\u2029b",
                "a\u202eb",
                "a\u2066b",
                "a\u200bb",
                "a\u200db",
                "a\ufeffb",
                "a\u00adb",
                "a\u00a0b",
                "a\u3000b",
                "a\ud800b",
                "a\udc00b",
                "a\ue000b",
                "a\uffffb"
            })
    void whatCouldChangeALineIsRefused(String text) {
        assertEquals(
                "who makes a change must have letters, digits, punctuation, symbols and spaces only: no line end, no tab"
                        + " and no other control or format character",
                refusal(() -> AuditNote.by(text)));
        assertTrue(
                refusal(() -> AuditNote.by("x").because(text)).startsWith("the reason of a change must have letters"));
    }

    @Test
    void lengthsAreThoseOfCharacters() {
        String phone = "\ud83d\udcf1";
        assertEquals(128, AuditNote.by(phone.repeat(128)).by().codePointCount(0, 256));
        assertEquals("who makes a change must have 1 to 128 characters", refusal(() -> AuditNote.by("x".repeat(129))));
        assertEquals("who makes a change must have 1 to 128 characters", refusal(() -> AuditNote.by("")));
        AuditNote note = AuditNote.by("x").because(phone.repeat(500));
        assertEquals(1000, note.reason().orElseThrow().length());
        assertEquals(
                "the reason of a change must have 1 to 500 characters", refusal(() -> note.because("x".repeat(501))));
        assertEquals("the reason of a change must have 1 to 500 characters", refusal(() -> note.because("")));
        assertEquals("who makes a change must not begin or end with a space", refusal(() -> AuditNote.by(" x")));
        assertEquals("the reason of a change must not begin or end with a space", refusal(() -> note.because("x ")));
        assertEquals("who makes a change must not begin or end with a space", refusal(() -> AuditNote.by(" ")));
    }

    @Test
    void aNoteNamesADeviceWithItsIdAsAWord() {
        DeviceIdentity uuid = new DeviceIdentity("app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
        assertTrue(AuditNote.by("x")
                .because("erase 6BA7B810-9DAD-41D1-80B4-00C04FD430C8, please")
                .names(uuid));
        assertTrue(AuditNote.by("6ba7b810-9dad-41d1-80b4-00c04fd430c8").names(uuid));
        assertFalse(AuditNote.by("x").because("erase 6ba7b810 of app").names(uuid));
        DeviceIdentity seven = new DeviceIdentity("app", "7");
        assertFalse(AuditNote.by("x").because("ticket 4711, 17, 71, a7b").names(seven));
        assertTrue(AuditNote.by("x").because("device 7").names(seven));
        assertTrue(AuditNote.by("x").because("17, (7)").names(seven));
    }

    private static String refusal(Supplier<AuditNote> call) {
        return String.valueOf(
                assertThrows(IllegalArgumentException.class, call::get).getMessage());
    }
}

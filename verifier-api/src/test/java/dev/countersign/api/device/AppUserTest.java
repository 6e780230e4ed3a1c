package dev.countersign.api.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class AppUserTest {
    @Test
    void isNamedByAppAndId() {
        AppUser user = AppUser.of("app", "user 1");
        assertEquals("app", user.appId());
        assertEquals("user 1", user.userId());
        assertEquals(user, AppUser.of("app", "user 1"));
        assertEquals(user.hashCode(), AppUser.of("app", "user 1").hashCode());
        assertNotEquals(user, AppUser.of("app", "User 1"));
        assertNotEquals(user, AppUser.of("App", "user 1"));
        assertEquals("AppUser[app, ...]", user.toString());
        assertEquals("x".repeat(128), AppUser.of("app", "x".repeat(128)).userId());
    }

    @Test
    void whatCannotBeSentIsRefused() {
        for (String bad :
                List.of("", " user", "user ", "x".repeat(129), "us\ner", "us\u007Fer", "us\u00E9r", "\uFF21")) {
            String message = String.valueOf(assertThrows(IllegalArgumentException.class, () -> AppUser.of("app", bad))
                    .getMessage());
            assertTrue(message.contains("1 to 128"), message);
        }
        for (String bad : List.of("", "a,b", "a b", "x".repeat(129))) {
            assertThrows(IllegalArgumentException.class, () -> AppUser.of(bad, "user"));
        }
    }
}

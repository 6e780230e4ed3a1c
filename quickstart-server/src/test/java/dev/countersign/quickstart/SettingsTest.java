package dev.countersign.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    private static String refusal(String name, String value) {
        return assertThrows(StartupException.class, () -> Settings.from(Map.of(name, value)))
                .toString();
    }

    @Test
    void anEmptyEnvironmentIsTheDefault() throws Exception {
        for (Settings settings : new Settings[] {
            Settings.from(Map.of()),
            Settings.from(Map.of(
                    "PORT", "", "COUNTERSIGN_HOME", "", "COUNTERSIGN_NONCE_STORE", "", "COUNTERSIGN_KEYS_URL", ""))
        }) {
            assertEquals(8080, settings.port());
            assertEquals(Path.of(".countersign").toAbsolutePath(), settings.home());
            assertNull(settings.keysUrl());
            assertFalse(settings.opaqueDeviceIds());
        }
    }

    @Test
    void variablesAreTaken() throws Exception {
        Settings settings = Settings.from(Map.of(
                "PORT", "0",
                "COUNTERSIGN_HOME", "/tmp/x/../y",
                "COUNTERSIGN_NONCE_STORE", "memory",
                "COUNTERSIGN_KEYS_URL", "jdbc:h2:mem:x",
                "COUNTERSIGN_KEYS_USER", "me",
                "COUNTERSIGN_KEYS_PASSWORD", "secret",
                "COUNTERSIGN_OPAQUE_IDS", "true"));
        assertEquals(0, settings.port());
        assertEquals(Path.of("/tmp/y"), settings.home());
        assertEquals("jdbc:h2:mem:x", settings.keysUrl());
        assertEquals("me", settings.keysUser());
        assertEquals("secret", settings.keysPassword());
        assertTrue(settings.opaqueDeviceIds());
        assertFalse(settings.toString().contains("secret"));
        assertFalse(settings.toString().contains("h2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "65536", "99999999999", "x", " 80", "٨٠"})
    void aPortIsANumber(String port) {
        assertTrue(refusal("PORT", port).contains("PORT must be"));
    }

    @ParameterizedTest
    @CsvSource({
        "redis://localhost, no Redis nonce store",
        "rediss://localhost, no Redis nonce store",
        "file:x, must be absent or 'memory'"
    })
    void otherNonceStoresAreALaterRelease(String url, String expected) {
        assertTrue(refusal("COUNTERSIGN_NONCE_STORE", url).contains(expected));
    }

    @Test
    void whatCannotBeMeantIsRefused() {
        String refused = refusal("COUNTERSIGN_KEYS_URL", "jdbc:postgresql://me:secret@h/x");
        assertTrue(refused.contains("jdbc:h2:"), refused);
        assertFalse(refused.contains("secret"), refused);
        assertTrue(refusal("COUNTERSIGN_KEYS_USER", "me").contains("COUNTERSIGN_KEYS_URL"));
        assertTrue(refusal("COUNTERSIGN_OPAQUE_IDS", "yes").contains("true or false"));
        assertTrue(refusal("COUNTERSIGN_HOME", "a\u0000b").contains("COUNTERSIGN_HOME"));
    }
}

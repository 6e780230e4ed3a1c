package dev.countersign.api.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceIdentityTest {
    @Property
    void uuidsAreOneDeviceInEitherCase(@ForAll long high, @ForAll long low) {
        String lower = new UUID(high, low).toString();
        DeviceIdentity device = new DeviceIdentity("app", lower);
        assertEquals(device, new DeviceIdentity("app", lower.toUpperCase(Locale.ROOT)));
        assertEquals(lower, device.deviceId());
        assertTrue(device.hasUuid());
    }

    @Property
    void otherIdsAreKeptByteForByte(@ForAll("ids") String app, @ForAll("ids") String id) {
        DeviceIdentity device = new DeviceIdentity(app, id);
        assertEquals(app, device.appId());
        assertEquals(id, device.deviceId());
        assertFalse(device.hasUuid());
        assertEquals(
                device, new DeviceIdentity(device.appId(), device.deviceId()), "canonical twice is canonical once");
    }

    @Test
    void caseMattersWhereItIsNotAUuid() {
        assertNotEquals(new DeviceIdentity("app", "Device-1"), new DeviceIdentity("app", "device-1"));
        assertNotEquals(new DeviceIdentity("App", "d"), new DeviceIdentity("app", "d"));
        String almost = "6BA7B810-9DAD-41D1-80B4-00C04FD430CG";
        assertEquals(almost, new DeviceIdentity("app", almost).deviceId());
        String appLikeUuid = "6BA7B810-9DAD-41D1-80B4-00C04FD430C8";
        assertEquals(appLikeUuid, new DeviceIdentity(appLikeUuid, "d").appId(), "only device ids are canonicalised");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a,b", "a\n", "\u0000", "\u007F", "é", "\uFF21", "\u0130", "a\u00A0"})
    void otherCharactersAreRefusedWithoutTheirText(String id) {
        IllegalArgumentException app = assertThrows(IllegalArgumentException.class, () -> new DeviceIdentity(id, "d"));
        IllegalArgumentException device =
                assertThrows(IllegalArgumentException.class, () -> new DeviceIdentity("a", id));
        assertEquals("the app id must have 1 to 128 visible ASCII characters and no comma", app.getMessage());
        assertEquals("the device id must have 1 to 128 visible ASCII characters and no comma", device.getMessage());
    }

    @Test
    void lengthEndsAt128() {
        String longest = "x".repeat(DeviceIdentity.MAX_LENGTH);
        assertEquals(128, new DeviceIdentity(longest, longest).deviceId().length());
        assertThrows(IllegalArgumentException.class, () -> new DeviceIdentity(longest + "x", "d"));
        assertThrows(IllegalArgumentException.class, () -> new DeviceIdentity("a", longest + "x"));
    }

    @Test
    void toStringShowsTheBeginningOnly() {
        assertEquals(
                "DeviceIdentity[com.acme, 6ba7b810...]",
                new DeviceIdentity("com.acme", "6ba7b810-9dad-41d1-80b4-00c04fd430c8").toString());
        assertEquals("DeviceIdentity[a, de...]", new DeviceIdentity("a", "device-123").toString());
        assertEquals("DeviceIdentity[a, ...]", new DeviceIdentity("a", "abc").toString());
    }

    @Provide
    Arbitrary<String> ids() {
        return Arbitraries.strings()
                .withCharRange('!', '~')
                .excludeChars(',')
                .ofMinLength(1)
                .ofMaxLength(35);
    }
}

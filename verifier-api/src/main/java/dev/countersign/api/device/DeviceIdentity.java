package dev.countersign.api.device;

import dev.countersign.api.wire.Ascii;
import dev.countersign.api.wire.KeyedHash;
import dev.countersign.api.wire.UuidText;

/**
 * Which device of which app: the name under which a device's record is stored. Building one is <em>the</em>
 * canonicaliser (protocol, Signed request): a device id of the form 8-4-4-4-12 is lower-cased, anything else is kept
 * byte for byte. The verifier, stores, administration and imports all go through here, so that
 * {@code 6BA7B810-…} and {@code 6ba7b810-…} are one device everywhere.
 *
 * <p>{@code toString()} shows the app id and only the beginning of the device id.
 *
 * @param appId 1 to {@value #MAX_LENGTH} visible ASCII characters, no comma; case matters
 * @param deviceId 1 to {@value #MAX_LENGTH} visible ASCII characters, no comma; canonical
 */
public record DeviceIdentity(String appId, String deviceId) {
    /** The longest app id and the longest device id, in characters. */
    public static final int MAX_LENGTH = 128;

    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if an id is empty, too long, or has a comma or anything but visible ASCII
     */
    public DeviceIdentity {
        requireId("app id", appId);
        requireId("device id", deviceId);
        deviceId = UuidText.isUuid(deviceId) ? UuidText.canonical(deviceId) : deviceId;
    }

    /** Whether the device id is a UUID, as ids issued at registration are; a verifier admits others by a setting only. */
    public boolean hasUuid() {
        return UuidText.isUuid(deviceId);
    }

    /**
     * Under a secret of this process, another one after each start: clients choose these names, and tables that they fill are
     * keyed by them. A table in memory may rely on it; nothing that is stored or sent may.
     */
    @Override
    public int hashCode() {
        return KeyedHash.ofAscii(appId, deviceId);
    }

    /** The app id and the first characters of the device id: at most eight, and at most a quarter of it. */
    @Override
    public String toString() {
        return "DeviceIdentity[" + appId + ", " + deviceId.substring(0, Math.min(8, deviceId.length() / 4)) + "...]";
    }

    private static void requireId(String what, String id) {
        if (!Ascii.isVisibleId(id, MAX_LENGTH)) {
            throw new IllegalArgumentException(
                    "the " + what + " must have 1 to " + MAX_LENGTH + " visible ASCII characters and no comma");
        }
    }
}

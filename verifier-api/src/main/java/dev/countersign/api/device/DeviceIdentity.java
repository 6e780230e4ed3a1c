package dev.countersign.api.device;

import dev.countersign.api.wire.Ascii;
import dev.countersign.api.wire.KeyedHash;
import dev.countersign.api.wire.UuidText;

/**
 * A device of an app: the name under which its record is stored. The constructor brings the device id into its
 * canonical form (protocol, Signed request): it lower-cases an id of the form 8-4-4-4-12 and keeps any other id
 * unchanged. Verifier, stores, administration and imports all use this class, so {@code 6BA7B810-…} and
 * {@code 6ba7b810-…} are one device everywhere.
 *
 * <p>{@code toString()} shows the app id and only the beginning of the device id.
 *
 * @param appId 1 to {@value #MAX_LENGTH} visible ASCII characters, no comma; case matters
 * @param deviceId 1 to {@value #MAX_LENGTH} visible ASCII characters, no comma; canonical
 */
public record DeviceIdentity(String appId, String deviceId) implements Signer {
    /** The longest app id and the longest device id, in characters. */
    public static final int MAX_LENGTH = 128;

    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if an id is empty, too long, or has a comma or anything but visible ASCII
     */
    public DeviceIdentity {
        appId = requireId("app id", appId);
        deviceId = requireId("device id", deviceId);
        deviceId = UuidText.isUuid(deviceId) ? UuidText.canonical(deviceId) : deviceId;
    }

    /** Whether the device id is a UUID. A verifier accepts other ids only with the setting {@code opaqueDeviceIds}. */
    public boolean hasUuid() {
        return UuidText.isUuid(deviceId);
    }

    /**
     * A hash under a random secret of this process, because clients choose these names and fill hash tables with them.
     * Use it for tables in memory only; do not store or send it.
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

    static String requireId(String what, String id) {
        if (!Ascii.isVisibleId(id, MAX_LENGTH)) {
            throw new IllegalArgumentException(
                    "the " + what + " must have 1 to " + MAX_LENGTH + " visible ASCII characters and no comma");
        }
        return id;
    }
}

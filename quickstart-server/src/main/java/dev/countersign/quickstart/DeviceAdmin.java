package dev.countersign.quickstart;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.InvalidPublicKeyException;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.BlockingDeviceRegistry;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.registry.RegistryUnavailableException;
import dev.countersign.core.KeyCache;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Registers and revokes devices: method, raw path and body in, status and JSON out. Thread-safe. */
final class DeviceAdmin {
    /** Enough for a public key in any form. */
    static final int MAX_BODY_BYTES = 16 * 1024;

    // The raw path: an escaped slash is part of an id, and nothing that a decoder would turn into this path gets here.
    private static final Pattern PATH = Pattern.compile("/admin/v1/apps/([^/]*)/devices/([^/]*)");
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String SOMEBODY = "administrator";

    private final BlockingDeviceRegistry registry;
    private final boolean opaqueDeviceIds;

    /**
     * A registry and its administration.
     *
     * @param cache learns of each change at once; other nodes' caches learn of it from the database
     */
    DeviceAdmin(DeviceRegistry registry, KeyCache cache, boolean opaqueDeviceIds) {
        this.registry = cache.registry(registry).blocking(LIMIT);
        this.opaqueDeviceIds = opaqueDeviceIds;
    }

    /**
     * An answer.
     *
     * @param body JSON, or empty
     * @param allow the value of the header {@code Allow}, or empty
     */
    record Answer(int status, Map<String, ?> body, String allow) {
        static Answer error(int status, String code, String message) {
            Map<String, String> body = new LinkedHashMap<>();
            body.put("status", "error");
            body.put("code", code);
            body.put("message", message);
            return new Answer(status, body, "");
        }
    }

    static boolean isAdminPath(String rawPath) {
        return PATH.matcher(rawPath).matches();
    }

    Answer handle(String method, String rawPath, byte[] body) throws InterruptedException {
        if (!method.equals("PUT") && !method.equals("DELETE")) {
            Answer error =
                    Answer.error(405, "METHOD_NOT_ALLOWED", "Use PUT to register a device, DELETE to revoke it.");
            return new Answer(error.status(), error.body(), "PUT, DELETE");
        }
        DeviceIdentity device;
        try {
            device = device(rawPath);
        } catch (IllegalArgumentException invalid) {
            return Answer.error(400, "INVALID_ID", String.valueOf(invalid.getMessage()));
        }
        BlockingDeviceRegistry noting;
        try {
            noting = noting(body);
        } catch (IllegalArgumentException invalid) {
            return Answer.error(400, "INVALID_NOTE", "by and reason: " + invalid.getMessage());
        }
        return method.equals("PUT") ? register(noting, device, body) : revoke(noting, device);
    }

    /** The registry with the note that the body has for the audit, if it has one. */
    private BlockingDeviceRegistry noting(byte[] body) {
        String by = Json.stringMember(body, "by");
        String reason = Json.stringMember(body, "reason");
        if (by == null && reason == null) {
            return registry;
        }
        AuditNote who = AuditNote.by(by == null ? SOMEBODY : by);
        return registry.as(reason == null ? who : who.because(reason));
    }

    private Answer register(BlockingDeviceRegistry noting, DeviceIdentity device, byte[] body)
            throws InterruptedException {
        String text = Json.stringMember(body, "public_key");
        if (text == null) {
            return Answer.error(
                    400,
                    "INVALID_BODY",
                    "Send one JSON object with the string member \"public_key\" and no member twice.");
        }
        DevicePublicKey key;
        try {
            key = DevicePublicKey.parse(text);
        } catch (InvalidPublicKeyException invalid) {
            return Answer.error(400, "INVALID_KEY", "public_key: " + invalid.getMessage());
        }
        RegistryResult result = outcome(() -> noting.register(device, key, DeviceStatus.ACTIVE));
        if (result == null) {
            return unavailable();
        }
        return switch (result.outcome()) {
            case CREATED, REINSTATED -> new Answer(201, describe(device), "");
            case UNCHANGED -> new Answer(200, describe(device), "");
            case DEVICE_EXISTS ->
                Answer.error(409, "DEVICE_EXISTS", "The device is registered with another key: revoke it first.");
            case KEY_IN_USE -> Answer.error(409, "KEY_IN_USE", "The key belongs to another device.");
            case KEY_USED_BEFORE -> Answer.error(409, "KEY_USED_BEFORE", "The key was used before: make a new one.");
            default -> Answer.error(409, result.outcome().name(), "The device cannot be registered now.");
        };
    }

    private Answer revoke(BlockingDeviceRegistry noting, DeviceIdentity device) throws InterruptedException {
        RegistryResult result = outcome(() -> noting.revoke(device));
        if (result == null) {
            return unavailable();
        }
        return result.isSuccess()
                ? new Answer(204, Map.of(), "")
                : Answer.error(404, "UNKNOWN_DEVICE", "There is no such device.");
    }

    private DeviceIdentity device(String rawPath) {
        Matcher matcher = PATH.matcher(rawPath);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a path of a device");
        }
        DeviceIdentity device = new DeviceIdentity(decode(matcher.group(1)), decode(matcher.group(2)));
        if (!opaqueDeviceIds && !device.hasUuid()) {
            throw new IllegalArgumentException(
                    "the device id must be a UUID; COUNTERSIGN_OPAQUE_IDS=true admits other ids");
        }
        return device;
    }

    /** Undoes percent-encoding, strictly and once. */
    private static String decode(String raw) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                String digits = raw.substring(i + 1, Math.min(raw.length(), i + 3));
                if (!digits.matches("[0-9A-Fa-f]{2}")) {
                    throw new IllegalArgumentException("a % in an id must be followed by two hexadecimal digits");
                }
                c = (char) Integer.parseInt(digits, 16);
                i += 2;
            }
            text.append(c);
        }
        return text.toString();
    }

    private interface Change {
        RegistryResult make() throws InterruptedException;
    }

    private static @Nullable RegistryResult outcome(Change change) throws InterruptedException {
        try {
            return change.make();
        } catch (RegistryUnavailableException unavailable) {
            return null;
        }
    }

    private static Answer unavailable() {
        return Answer.error(503, "TEMPORARILY_UNAVAILABLE", "The key store does not answer. Try again later.");
    }

    private static Map<String, String> describe(DeviceIdentity device) {
        Map<String, String> members = new LinkedHashMap<>();
        members.put("app_id", device.appId());
        members.put("device_id", device.deviceId());
        members.put("status", "active");
        return members;
    }
}

package dev.countersign.conformance.server;

import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.P256Key;
import dev.countersign.conformance.suite.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/** Registers and revokes devices, as docs/quickstart.md says. */
final class DeviceAdministration {
    private static final List<LiveRequest.Header> JSON =
            List.of(new LiveRequest.Header("Content-Type", "application/json"));

    private final RawHttpClient http;

    DeviceAdministration(RawHttpClient http) {
        this.http = http;
    }

    /** Registers a device, or gives a revoked one a new key; answered with 200 or 201 if that was done. */
    HttpAnswer register(String appId, String deviceId, P256Key key, TimeLimit limit) throws IOException {
        String body =
                Json.line(Json.object().put("public_key", Base64.getEncoder().encodeToString(key.point())));
        return http.exchange(new LiveRequest("PUT", path(appId, deviceId), JSON, Body.text(body)), limit);
    }

    /** Revokes a device; answered with 204, or 200, if that was done. */
    HttpAnswer revoke(String appId, String deviceId, TimeLimit limit) throws IOException {
        return http.exchange(new LiveRequest("DELETE", path(appId, deviceId), List.of(), Body.EMPTY), limit);
    }

    static String path(String appId, String deviceId) {
        return "/admin/v1/apps/" + escaped(appId) + "/devices/" + escaped(deviceId);
    }

    /** Every byte but letters, digits, {@code -}, {@code _} and {@code ~}: a dot could make a dot segment. */
    private static String escaped(String id) {
        StringBuilder path = new StringBuilder();
        for (byte b : id.getBytes(StandardCharsets.ISO_8859_1)) {
            char c = (char) (b & 0xFF);
            boolean plain = (c >= '0' && c <= '9')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= 'a' && c <= 'z')
                    || c == '-'
                    || c == '_'
                    || c == '~';
            path.append(plain ? String.valueOf(c) : String.format("%%%02X", (int) c));
        }
        return path.toString();
    }
}

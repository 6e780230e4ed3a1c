package dev.countersign.core.diagnosis;

import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.JwkCoordinates;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The JWK thumbprint of a key with SHA-256 (RFC 7638), Base64url: a name that client and server compute alike. */
final class Thumbprint {
    private Thumbprint() {}

    static String of(DevicePublicKey key) {
        JwkCoordinates coordinates = key.toJwkCoordinates();
        String canonical = "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" + coordinates.x() + "\",\"y\":\""
                + coordinates.y() + "\"}";
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Sha256.of(canonical.getBytes(StandardCharsets.US_ASCII)));
    }
}

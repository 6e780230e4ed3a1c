package dev.countersign.signer;

import dev.countersign.api.SignedHeaders;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The values of the six headers to send with a request. Immutable. {@code toString()} shows none of them.
 *
 * @param appId {@code X-App-ID}
 * @param deviceId {@code X-Device-ID}, as the signer was given it
 * @param signature {@code X-Synheart-Signature}: padded standard Base64 of the DER signature
 * @param timestamp {@code X-Synheart-Timestamp}: the text that was signed
 * @param nonce {@code X-Synheart-Nonce}
 * @param version {@code X-Synheart-Sig-Version}
 */
public record RequestSignature(
        String appId, String deviceId, String signature, String timestamp, String nonce, String version) {
    /** Refuses missing parts. */
    public RequestSignature {
        Objects.requireNonNull(appId, "appId");
        Objects.requireNonNull(deviceId, "deviceId");
        Objects.requireNonNull(signature, "signature");
        Objects.requireNonNull(timestamp, "timestamp");
        Objects.requireNonNull(nonce, "nonce");
        Objects.requireNonNull(version, "version");
    }

    /** Name and value of exactly the six headers, in the protocol's order. Unmodifiable; its {@code toString()} shows all. */
    public Map<String, String> headers() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(SignedHeaders.APP_ID, appId);
        headers.put(SignedHeaders.DEVICE_ID, deviceId);
        headers.put(SignedHeaders.SIGNATURE, signature);
        headers.put(SignedHeaders.TIMESTAMP, timestamp);
        headers.put(SignedHeaders.NONCE, nonce);
        headers.put(SignedHeaders.SIG_VERSION, version);
        return Collections.unmodifiableMap(headers);
    }

    @Override
    public String toString() {
        return "RequestSignature[]";
    }
}

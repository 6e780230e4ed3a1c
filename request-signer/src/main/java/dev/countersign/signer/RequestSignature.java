package dev.countersign.signer;

import dev.countersign.api.SignedHeaders;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The values of the six headers to send with a request. Made by a {@link RequestSigner} only. Immutable and
 * thread-safe. {@code toString()} shows none of them.
 */
public final class RequestSignature {
    private final String appId;
    private final String deviceId;
    private final String signature;
    private final String timestamp;
    private final String nonce;
    private final String version;

    RequestSignature(String appId, String deviceId, String signature, String timestamp, String nonce, String version) {
        this.appId = appId;
        this.deviceId = deviceId;
        this.signature = signature;
        this.timestamp = timestamp;
        this.nonce = nonce;
        this.version = version;
    }

    /** {@code X-App-ID}. */
    public String appId() {
        return appId;
    }

    /** {@code X-Device-ID}, as given to the signer. */
    public String deviceId() {
        return deviceId;
    }

    /** {@code X-Synheart-Signature}: padded standard Base64 of the DER signature. */
    public String signature() {
        return signature;
    }

    /** {@code X-Synheart-Timestamp}: the text that was signed. */
    public String timestamp() {
        return timestamp;
    }

    /** {@code X-Synheart-Nonce}. */
    public String nonce() {
        return nonce;
    }

    /** {@code X-Synheart-Sig-Version}. */
    public String version() {
        return version;
    }

    /**
     * Name and value of exactly the six headers, in the protocol's order. Unmodifiable; its {@code toString()} shows
     * all.
     */
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

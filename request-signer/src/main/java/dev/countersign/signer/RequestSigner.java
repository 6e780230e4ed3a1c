package dev.countersign.signer;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.wire.Ascii;
import dev.countersign.api.wire.HttpMethod;
import dev.countersign.api.wire.P256;
import dev.countersign.api.wire.SignatureDer;
import dev.countersign.api.wire.UuidText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.Base64;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Signs requests for one device (protocol, Signed request and The signer's side). The message is {@code METHOD LF PATH
 * LF TIMESTAMP LF BODY}, hashed once with SHA-256.
 *
 * <pre>{@code
 * ClockOffset offset = ClockOffset.of(Clock.systemUTC(), ClockOffsetStore.file(Path.of("clock-offset")));
 * RequestSigner signer = RequestSigner.builder(deviceId, SigningCallback.of(privateKey)).clockOffset(offset).build();
 * Map<String, String> headers = signer.signRequest("com.acme.app", "POST", "/v1/events", body).headers();
 * }</pre>
 *
 * <p>Thread-safe if the callback and the nonce source are. Holds no lock while it signs. Checks the form of all parts
 * before it calls the callback. {@code toString()} shows nothing of the device.
 */
public final class RequestSigner {
    private static final String VERSION = "1";

    private final String deviceId;
    private final SigningCallback callback;
    private final ClockOffset clockOffset;
    private final Supplier<String> nonces;

    private RequestSigner(String deviceId, SigningCallback callback, ClockOffset clockOffset, Supplier<String> nonces) {
        this.deviceId = deviceId;
        this.callback = callback;
        this.clockOffset = clockOffset;
        this.nonces = nonces;
    }

    /**
     * Creates a builder with the two parts that have no default.
     *
     * @param deviceId as registration issued it; sent as it is: 1 to 128 visible ASCII characters, no comma
     * @param callback signs with the device's private key
     * @throws IllegalArgumentException if the device id is not in that form
     */
    public static Builder builder(String deviceId, SigningCallback callback) {
        return new Builder(deviceId, callback);
    }

    /**
     * Signs a request that is sent now, with the corrected time and a fresh nonce. Sign a request again before you send
     * it again.
     *
     * @param appId 1 to 128 visible ASCII characters, no comma
     * @param method {@code [A-Z][A-Z-]{0,31}}
     * @param path the request path, signed as given: it starts with {@code /}, is visible ASCII, and has no query and
     *     no fragment. Percent escapes stay as they are; send the path with the same ones.
     * @param body the bytes that are sent, before any content coding is undone; empty if there are none. Not kept.
     * @throws IllegalArgumentException if a part is not in its form; the message names the part and not its value
     * @throws IllegalStateException if the nonce source gave no version 4 UUID
     * @throws SigningException if the callback failed or gave no signature
     */
    public RequestSignature signRequest(String appId, String method, String path, byte[] body) {
        requireRequest(appId, method, path);
        String nonce = nonces.get();
        if (nonce == null || !UuidText.isVersion4(nonce)) {
            throw new IllegalStateException("the nonce source must give version 4 UUIDs of the form 8-4-4-4-12");
        }
        return signChecked(appId, method, path, body, clockOffset.timestamp(), nonce);
    }

    /**
     * Signs with a given timestamp and nonce, for conformance tests; otherwise as {@link #signRequest}.
     *
     * @param timestamp Unix seconds, 0 to 99999999999
     * @param nonce a version 4 UUID in either case, sent as it is
     */
    public RequestSignature sign(String appId, String method, String path, byte[] body, long timestamp, String nonce) {
        requireRequest(appId, method, path);
        ClockOffset.requireTimestamp(timestamp);
        if (!UuidText.isVersion4(nonce)) {
            throw new IllegalArgumentException("the nonce must be a version 4 UUID of the form 8-4-4-4-12");
        }
        return signChecked(appId, method, path, body, timestamp, nonce);
    }

    /** As {@link ClockOffset#correctClockSkew}. Then sign the request anew and send it again. */
    public void correctClockSkew(long serverTimestamp) {
        clockOffset.correctClockSkew(serverTimestamp);
    }

    @Override
    public String toString() {
        return "RequestSigner[]";
    }

    private RequestSignature signChecked(
            String appId, String method, String path, byte[] body, long timestamp, String nonce) {
        String time = Long.toString(timestamp);
        byte[] der = toDer(callCallback(message(method, path, time, body)));
        return new RequestSignature(appId, deviceId, Base64.getEncoder().encodeToString(der), time, nonce, VERSION);
    }

    private byte @Nullable [] callCallback(byte[] message) {
        try {
            return callback.sign(message);
        } catch (GeneralSecurityException | RuntimeException failure) {
            throw new SigningException("the signing callback failed", failure);
        }
    }

    /** Message layout of scheme version 1: every LF is there, also in front of an empty body. */
    private static byte[] message(String method, String path, String timestamp, byte[] body) {
        byte[] head = (method + '\n' + path + '\n' + timestamp + '\n').getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream message = new ByteArrayOutputStream(head.length + body.length);
        message.writeBytes(head);
        message.writeBytes(body);
        return message.toByteArray();
    }

    private static byte[] toDer(byte @Nullable [] given) {
        if (given != null && SignatureDer.toRaw(given) != null) {
            return given.clone(); // the callback may keep its array
        }
        if (given != null
                && given.length == SignatureDer.RAW_BYTES
                && P256.isScalarInRange(given, 0)
                && P256.isScalarInRange(given, P256.FIELD_BYTES)) {
            return SignatureDer.fromRaw(given);
        }
        throw new SigningException(
                "the signing callback must give a P-256 signature, either strict DER or the raw 64 bytes r and s",
                null);
    }

    private static void requireRequest(String appId, String method, String path) {
        requireId("app id", appId);
        if (!HttpMethod.isWellFormed(method)) {
            throw new IllegalArgumentException(
                    "the method must have 1 to 32 letters A-Z or hyphens, and start with a letter");
        }
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("the path must start with '/': without scheme and host");
        }
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '?' || c == '#') {
                throw new IllegalArgumentException("the path must have no query and no fragment: they are not signed");
            }
            if (c < 0x21 || c > 0x7E || c == '\\') {
                throw new IllegalArgumentException(
                        "the path must be visible ASCII without '\\': percent-encode what is not");
            }
        }
    }

    private static void requireId(String what, String id) {
        if (!Ascii.isVisibleId(id, DeviceIdentity.MAX_LENGTH)) {
            throw new IllegalArgumentException("the " + what + " must have 1 to " + DeviceIdentity.MAX_LENGTH
                    + " visible ASCII characters and no comma");
        }
    }

    /** Builds a {@link RequestSigner}. Not thread-safe. */
    public static final class Builder {
        private final String deviceId;
        private final SigningCallback callback;
        private @Nullable ClockOffset clockOffset;
        // Random UUIDs of the JDK are of version 4 and come from a SecureRandom.
        private Supplier<String> nonces = () -> UUID.randomUUID().toString();

        private Builder(String deviceId, SigningCallback callback) {
            requireId("device id", deviceId);
            this.deviceId = deviceId;
            this.callback = Objects.requireNonNull(callback, "callback");
        }

        /** The corrected clock; by default the system's, with an offset that is not kept. */
        public Builder clockOffset(ClockOffset offset) {
            this.clockOffset = Objects.requireNonNull(offset, "offset");
            return this;
        }

        /**
         * The source of nonces; by default random version 4 UUIDs of a {@link java.security.SecureRandom}. It must
         * never return a nonce twice.
         *
         * @param source returns a new version 4 UUID at each call, in either case
         */
        public Builder nonces(Supplier<String> source) {
            this.nonces = Objects.requireNonNull(source, "source");
            return this;
        }

        /** Builds the signer. */
        public RequestSigner build() {
            ClockOffset offset = clockOffset == null ? ClockOffset.of(Clock.systemUTC()) : clockOffset;
            return new RequestSigner(deviceId, callback, offset, nonces);
        }
    }
}

package dev.countersign.faults;

import dev.countersign.api.RequestHead;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.wire.SignatureDer;
import dev.countersign.signer.RequestSignature;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;

/** A request as a device signed it, or what somebody made of it; it can be sent as often as anybody likes. */
final class Request {
    static final String METHOD = "POST";
    static final String PATH = "/v1/readings";

    private static final int R_BYTES = 32;

    private final String name;
    private final Event.Kind kind;
    private final DeviceIdentity device;
    private final String keyName;
    private final RequestSignature signature;
    private final String nonce;
    private final byte[] body;

    private Request(
            String name,
            Event.Kind kind,
            DeviceIdentity device,
            String keyName,
            RequestSignature signature,
            String nonce,
            byte[] body) {
        this.name = name;
        this.kind = kind;
        this.device = device;
        this.keyName = keyName;
        this.signature = signature;
        this.nonce = nonce;
        this.body = body;
    }

    static Request genuine(
            String name, DeviceIdentity device, String keyName, RequestSignature signature, byte[] body) {
        return new Request(name, Event.Kind.GENUINE, device, keyName, signature, signature.nonce(), body);
    }

    /** The same bytes, sent by somebody else. */
    Request copy() {
        return new Request(name, Event.Kind.COPY, device, keyName, signature, nonce, body);
    }

    /** The same with another nonce, which the signature does not cover. */
    Request renonced(Random random) {
        return new Request(name, Event.Kind.RENONCED, device, keyName, signature, nonce(random), body);
    }

    /** The same head with another body. */
    Request forged() {
        byte[] other = Arrays.copyOf(body, body.length + 1);
        return new Request(name, Event.Kind.FORGED, device, keyName, signature, nonce, other);
    }

    String name() {
        return name;
    }

    Event.Kind kind() {
        return kind;
    }

    DeviceIdentity device() {
        return device;
    }

    long timestamp() {
        return Long.parseLong(signature.timestamp());
    }

    /** The device and the nonce: no two requests that are accepted may share it. */
    String nonceToken() {
        return device.deviceId() + "/" + nonce;
    }

    /** The key and r: no two requests that are accepted may share it. */
    String signatureToken() {
        byte[] raw =
                Objects.requireNonNull(SignatureDer.toRaw(Base64.getDecoder().decode(signature.signature())));
        return keyName + "/" + HexFormat.of().formatHex(raw, 0, R_BYTES);
    }

    RequestHead head() {
        return head(METHOD, signature, nonce);
    }

    /** Of a request for {@link #PATH}. */
    static RequestHead head(String method, RequestSignature signature) {
        return head(method, signature, signature.nonce());
    }

    private static RequestHead head(String method, RequestSignature signature, String nonce) {
        return RequestHead.of(
                method,
                PATH,
                List.of(
                        Map.entry(SignedHeaders.APP_ID, signature.appId()),
                        Map.entry(SignedHeaders.DEVICE_ID, signature.deviceId()),
                        Map.entry(SignedHeaders.SIGNATURE, signature.signature()),
                        Map.entry(SignedHeaders.TIMESTAMP, signature.timestamp()),
                        Map.entry(SignedHeaders.NONCE, nonce),
                        Map.entry(SignedHeaders.SIG_VERSION, signature.version())));
    }

    ByteBuffer body() {
        return ByteBuffer.wrap(body).asReadOnlyBuffer();
    }

    /** A version 4 UUID. */
    static String nonce(Random random) {
        long high = (random.nextLong() & ~0xF000L) | 0x4000L;
        long low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low).toString();
    }
}

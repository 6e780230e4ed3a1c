package dev.countersign.conformance.mutants;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.protocol.Harness;
import dev.countersign.conformance.signing.Encoding;
import dev.countersign.conformance.signing.P256Key;
import dev.countersign.conformance.signing.RawSignature;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request and the deployment that it is sent to; signed by a harness, rightly or with its mistake. */
final class Draft {
    static final long NOW = 1_800_000_000L;

    private static final int MOST_ATTEMPTS = 1000;
    private static final int LONGEST_ID = 128;
    private static final P256Key KEY = P256Key.named("explained");
    private static final P256Key OTHER = P256Key.named("explained, the other one");
    private static final String APP = "com.acme.App";

    private final ObjectNode config = Json.object();
    private final List<ObviousRequests.Line> added = new ArrayList<>();
    private String method = "POST";
    private String signedMethod = "POST";
    private String target = "/v1/events";
    private @Nullable String signedPath;
    private String body = "{\"a\":1}";
    private String registeredApp = APP;
    private String registeredId = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private String deviceId = registeredId;
    private String appId = APP;
    private String timestamp = String.valueOf(NOW);
    private String nonce = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";
    private String version = "1";
    private long finishTime = NOW;
    private String status = "active";
    private String keyState = "current";
    private @Nullable Long keyEnd;
    private Encoding encoding = Encoding.DER;
    private @Nullable String renamed;
    private String newName = "";

    /** A GET without a body. */
    static Draft get(String target) {
        return new Draft().method("GET").target(target).body("");
    }

    static Draft post(String target) {
        return new Draft().target(target);
    }

    /** Sent and signed. */
    Draft method(String value) {
        method = value;
        signedMethod = value;
        return this;
    }

    Draft sentMethod(String value) {
        method = value;
        return this;
    }

    Draft target(String value) {
        target = value;
        return this;
    }

    /** In place of what the signer makes of the target. */
    Draft signedPath(String value) {
        signedPath = value;
        return this;
    }

    /** Latin-1. */
    Draft body(String value) {
        body = value;
        return this;
    }

    Draft timestamp(String value) {
        timestamp = value;
        return this;
    }

    Draft finishedAt(long second) {
        finishTime = second;
        return this;
    }

    Draft nonce(String value) {
        nonce = value;
        return this;
    }

    Draft version(String value) {
        version = value;
        return this;
    }

    Draft appId(String value) {
        appId = value;
        return this;
    }

    Draft deviceId(String value) {
        deviceId = value;
        return this;
    }

    Draft registered(String app, String device) {
        registeredApp = app;
        registeredId = device;
        appId = app;
        deviceId = device;
        return this;
    }

    Draft status(String value) {
        status = value;
        return this;
    }

    /** The state of the key that signs; a device has another key that is current, unless this one is invalidated. */
    Draft key(String state, @Nullable Long notAfter) {
        keyState = state;
        keyEnd = notAfter;
        return this;
    }

    Draft encoding(Encoding value) {
        encoding = value;
        return this;
    }

    Draft with(String header, String value) {
        added.add(new ObviousRequests.Line(header, value));
        return this;
    }

    /** A header under another name. */
    Draft renaming(String header, String to) {
        renamed = header;
        newName = to;
        return this;
    }

    Draft setting(String name, boolean value) {
        config.put(name, value);
        return this;
    }

    Draft setting(String name, long value) {
        config.put(name, value);
        return this;
    }

    Draft setting(String name, String value) {
        config.put(name, value);
        return this;
    }

    /** No path is stripped. */
    Draft withoutPathRules() {
        config.putArray("signingPaths");
        return this;
    }

    ObjectNode reset() {
        ObjectNode reset = Json.object().put("serverTime", NOW);
        reset.set("config", config);
        ObjectNode device = reset.putArray("devices").addObject();
        device.put("appId", registeredApp).put("deviceId", registeredId).put("status", status);
        ArrayNode keys = device.putArray("keys");
        if (!keyState.equals("current") && !keyState.equals("invalidated")) {
            keys.addObject().put("pointHex", Hex.of(OTHER.point())).put("state", "current");
        }
        ObjectNode key = keys.addObject().put("pointHex", Hex.of(KEY.point())).put("state", keyState);
        if (keyEnd != null) {
            key.put("notAfter", keyEnd);
        }
        return reset;
    }

    /** Without a device whose ids cannot be registered with the library. */
    ObjectNode resetOfLibrary() {
        ObjectNode reset = reset();
        if (registeredApp.length() > LONGEST_ID) {
            reset.putArray("devices");
        }
        return reset;
    }

    /** The request as this signer makes it. */
    ObjectNode signedBy(Harness signer) {
        ObjectNode request = Json.object()
                .put("serverTime", NOW)
                .put("finishTime", finishTime)
                .put("method", method)
                .put("target", target)
                .put("bodyHex", Hex.of(bytes()));
        ArrayNode headers = request.putArray("headers");
        add(headers, ObviousRequests.APP_ID, appId);
        add(headers, ObviousRequests.DEVICE_ID, deviceId);
        add(headers, ObviousRequests.SIGNATURE, signature(digest(signer)));
        add(headers, ObviousRequests.TIMESTAMP, timestamp);
        add(headers, ObviousRequests.NONCE, nonce);
        add(headers, ObviousRequests.VERSION, version);
        added.forEach(line -> add(headers, line.name(), line.value()));
        return request;
    }

    private void add(ArrayNode headers, String name, String value) {
        headers.addArray().add(name.equals(renamed) ? newName : name).add(value);
    }

    private byte[] digest(Harness signer) {
        if (signedPath != null) {
            String head = signedMethod + "\n" + signedPath + "\n" + timestamp + "\n";
            return Hex.sha256(ObviousRequests.joined(head, bytes()));
        }
        ObjectNode question = Json.object()
                .put("method", signedMethod)
                .put("path", target)
                .put("timestamp", timestamp)
                .put("bodyHex", Hex.of(bytes()));
        return Hex.parse(signer.answer("message", question).path("sha256Hex").asText());
    }

    private String signature(byte[] digest) {
        for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
            RawSignature signature = KEY.sign(digest, attempt);
            if (encoding.fits(signature)) {
                return encoding.write(signature);
            }
        }
        throw new AssertionError("no signature shows " + encoding);
    }

    private byte[] bytes() {
        return body.getBytes(StandardCharsets.ISO_8859_1);
    }
}

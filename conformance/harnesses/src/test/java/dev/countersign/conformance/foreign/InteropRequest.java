package dev.countersign.conformance.foreign;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.FixedNames;
import dev.countersign.conformance.signing.P256Key;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A request that one implementation signs and others verify.
 *
 * @param target as sent, query included
 * @param signedPath as given to the signer
 */
record InteropRequest(
        String method,
        String target,
        String signedPath,
        P256Key key,
        String appId,
        String deviceId,
        String nonce,
        long timestamp,
        String bodyHex) {
    private static final FixedNames NAMES = new FixedNames();
    private static final List<String> METHODS = List.of("POST", "GET", "PUT", "HEAD", "PATCH", "DELETE", "OPTIONS");
    private static final List<String> TARGETS = List.of(
            "/",
            "/v1/events",
            "/v1/events?since=2026-01-01&all",
            "/ingest/v1/hsi",
            "/ingest/v1/hsi?retry=1",
            "/ingest/v2/hsi",
            "/v1//a/./%2e%2E/%0A;p=\"q\"'$(x)`y`&<z>|{}~");

    /** Every method with every target; keys, ids, times and bodies by chance, and by the same chance every time. */
    static List<InteropRequest> all() {
        Random random = new Random(1);
        List<InteropRequest> all = new ArrayList<>();
        for (String target : TARGETS) {
            for (String method : METHODS) {
                String name = "interop-" + all.size();
                boolean upperCase = random.nextBoolean(); // as Swift sends its ids
                String path = target.contains("?") ? target.substring(0, target.indexOf('?')) : target;
                boolean stripped = method.equals("POST") && path.startsWith("/ingest/v1/");
                all.add(new InteropRequest(
                        method,
                        target,
                        stripped ? path.substring("/ingest".length()) : path,
                        P256Key.named(name),
                        NAMES.app(name),
                        inCase(upperCase, NAMES.device(name)),
                        inCase(upperCase, NAMES.nonce(name)),
                        NAMES.time(random.nextInt(100_000_000)),
                        Hex.of(body(random))));
            }
        }
        return all;
    }

    private static String inCase(boolean upper, String id) {
        return upper ? id.toUpperCase(Locale.ROOT) : id;
    }

    private static byte[] body(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> new byte[0];
            case 1 -> "\n\r\n{\"pulse\":61,\"note\":\"Größe ✓\"}\n".getBytes(StandardCharsets.UTF_8);
            default -> {
                byte[] bytes = new byte[1 + random.nextInt(3000)];
                random.nextBytes(bytes);
                yield bytes;
            }
        };
    }

    /** What the signer is asked, and what the runner demands of its answer. */
    Step sign() {
        ObjectNode request = Json.object()
                .put("op", "sign")
                .put("privateKeyHex", Hex.of(key.pkcs8()))
                .put("appId", appId)
                .put("deviceId", deviceId)
                .put("method", method)
                .put("path", signedPath)
                .put("timestamp", Long.toString(timestamp))
                .put("nonce", nonce)
                .put("bodyHex", bodyHex);
        ObjectNode expect = Json.object();
        expect.putObject("signs").put("publicKeyHex", Hex.of(key.point())).put("messageHex", messageHex());
        expect.putObject("headers")
                .put("X-App-ID", appId)
                .put("X-Device-ID", deviceId)
                .put("X-Synheart-Timestamp", Long.toString(timestamp))
                .put("X-Synheart-Nonce", nonce)
                .put("X-Synheart-Sig-Version", "1");
        return new Step(request, expect, null, null);
    }

    /** The signature is right for the message, and wrong for another. */
    List<Step> verifySignature(ObjectNode headers) {
        return List.of(signature(headers, messageHex(), true), signature(headers, messageHex() + "00", false));
    }

    private Step signature(ObjectNode headers, String message, boolean valid) {
        ObjectNode request = Json.object()
                .put("op", "verifySignature")
                .put("publicKeyHex", Hex.of(key.point()))
                .put("messageHex", message)
                .put("signature", headers.path("X-Synheart-Signature").asText());
        return new Step(request, Json.object().put("valid", valid), null, null);
    }

    /** The request is refused with another body, accepted as it was signed, and refused the second time. */
    List<Step> verifyRequest(ObjectNode headers) {
        ObjectNode accepted = Json.object().put("verdict", "accepted").put("signedPath", signedPath);
        return List.of(
                reset(),
                whole(headers, bodyHex + "00", rejected("INVALID_SIGNATURE")),
                whole(headers, bodyHex, accepted),
                whole(headers, bodyHex, rejected("NONCE_REPLAY")));
    }

    private Step reset() {
        ObjectNode request = Json.object().put("op", "reset").put("serverTime", timestamp);
        request.putObject("config");
        ObjectNode device = request.putArray("devices").addObject();
        device.put("appId", appId).put("deviceId", deviceId).put("status", "active");
        device.putArray("keys").addObject().put("pointHex", Hex.of(key.point())).put("state", "current");
        return new Step(request, Json.object().put("ok", true), null, null);
    }

    private Step whole(ObjectNode headers, String body, ObjectNode expect) {
        ObjectNode request = Json.object()
                .put("op", "verify")
                .put("serverTime", timestamp)
                .put("method", method)
                .put("target", target)
                .put("bodyHex", body);
        var lines = request.putArray("headers");
        headers.properties()
                .forEach(header -> lines.addArray().add(header.getKey()).add(header.getValue()));
        return new Step(request, expect, null, null);
    }

    private static ObjectNode rejected(String publicCode) {
        return Json.object()
                .put("verdict", "rejected")
                .put("publicCode", publicCode)
                .put("status", 401);
    }

    private String messageHex() {
        String head = method + "\n" + signedPath + "\n" + timestamp + "\n";
        return Hex.of(head.getBytes(StandardCharsets.US_ASCII)) + bodyHex;
    }
}

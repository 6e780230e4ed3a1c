package dev.countersign.conformance.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.harness.Engines;
import dev.countersign.conformance.harness.LibraryHarness;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The library behind the little server: right as it is, and wrong in what a test changes. */
public final class VerifyingServer implements LittleServer.Behaviour {
    private static final Pattern ADMIN = Pattern.compile("/admin/v1/apps/([^/]*)/devices/([^/]*)");

    private final Clock clock;
    private final LibraryHarness library = new LibraryHarness(Engines.named("jdk"));
    private final UnaryOperator<ObjectNode> onRequest;
    private final BinaryOperator<ObjectNode> onAnswer;
    private final Map<String, String> keys = new HashMap<>();

    /**
     * A server.
     *
     * @param config its settings
     * @param onRequest changes a request before it is verified
     * @param onAnswer changes an answer; is given the request, too
     */
    VerifyingServer(
            Clock clock, ObjectNode config, UnaryOperator<ObjectNode> onRequest, BinaryOperator<ObjectNode> onAnswer) {
        this.clock = clock;
        this.onRequest = onRequest;
        this.onAnswer = onAnswer;
        ObjectNode reset = Json.object().put("serverTime", clock.instant().getEpochSecond());
        reset.set("config", config);
        reset.putArray("devices");
        ObjectNode ok = library.answer("reset", reset);
        if (!ok.path("ok").asBoolean()) {
            throw new IllegalStateException(ok.toString());
        }
    }

    public static VerifyingServer right() {
        return new VerifyingServer(Clock.systemUTC(), Json.object(), request -> request, (request, answer) -> answer);
    }

    public static VerifyingServer answering(BinaryOperator<ObjectNode> onAnswer) {
        return new VerifyingServer(Clock.systemUTC(), Json.object(), request -> request, onAnswer);
    }

    @Override
    public synchronized byte[] answer(LittleServer.Request request) {
        Matcher admin = ADMIN.matcher(request.target());
        return admin.matches() ? administer(request, admin) : verify(request);
    }

    private byte[] administer(LittleServer.Request request, Matcher path) {
        boolean put = request.method().equals("PUT");
        if (put) {
            String key = Json.parse(new String(request.body(), StandardCharsets.UTF_8))
                    .path("public_key")
                    .asText();
            keys.put(
                    request.target().toLowerCase(Locale.ROOT),
                    Hex.of(Base64.getDecoder().decode(key)));
        }
        ObjectNode devices = Json.object();
        ObjectNode device = devices.putArray("devices")
                .addObject()
                .put("appId", decoded(path.group(1)))
                .put("deviceId", decoded(path.group(2)))
                .put("status", put ? "active" : "revoked");
        device.putArray("keys")
                .addObject()
                .put("pointHex", keys.get(request.target().toLowerCase(Locale.ROOT)))
                .put("state", "current");
        ObjectNode ok = library.answer("devices", devices);
        return LittleServer.answer(ok.path("ok").asBoolean() ? put ? 201 : 204 : 500, "", new byte[0]);
    }

    private byte[] verify(LittleServer.Request request) {
        ObjectNode verify = Json.object()
                .put("serverTime", clock.instant().getEpochSecond())
                .put("method", request.method())
                .put("target", request.target());
        ArrayNode headers = verify.putArray("headers");
        request.headers().forEach(line -> headers.addArray().add(line.getKey()).add(line.getValue()));
        verify.put("bodyHex", Hex.of(request.body()));
        ObjectNode answer = onAnswer.apply(verify, library.answer("verify", onRequest.apply(verify)));
        if (answer.path("verdict").asText().equals("accepted")) {
            String path = answer.path("signedPath").asText();
            byte[] body = Json.line(Json.object().put("signed_path", path)).getBytes(StandardCharsets.UTF_8);
            return LittleServer.answer(
                    200, "Server: little/1\r\n", request.method().equals("HEAD") ? new byte[0] : body);
        }
        StringBuilder lines = new StringBuilder();
        for (Map.Entry<String, JsonNode> line : answer.path("responseHeaders").properties()) {
            if (!line.getKey().toLowerCase(Locale.ROOT).equals("content-length")) {
                lines.append(line.getKey())
                        .append(": ")
                        .append(line.getValue().asText())
                        .append("\r\n");
            }
        }
        byte[] body = Hex.parse(answer.path("responseBodyHex").asText());
        return LittleServer.answer(
                answer.path("status").asInt(),
                lines.toString(),
                request.method().equals("HEAD") ? new byte[0] : body);
    }

    private static String decoded(String raw) {
        Matcher escape = Pattern.compile("%([0-9A-F]{2})").matcher(raw);
        return escape.replaceAll(
                match -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(match.group(1), 16))));
    }
}

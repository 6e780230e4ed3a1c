package dev.countersign.conformance.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A server's answer.
 *
 * @param status of the status line
 * @param headers names in lower case; lines of one name joined by commas, as HTTP allows
 * @param body hex; absent if there can be none
 */
record HttpAnswer(int status, Map<String, String> headers, Optional<String> body) {
    private static final String CODE_HEADER = "x-synheart-error";

    /** A header line as it came. */
    record Line(String name, String value) {}

    static HttpAnswer of(int status, List<Line> lines, Optional<byte[]> body) {
        Map<String, String> joined = new LinkedHashMap<>();
        for (Line line : lines) {
            joined.merge(line.name().toLowerCase(Locale.ROOT), line.value(), (one, other) -> one + ", " + other);
        }
        return new HttpAnswer(status, joined, body.map(Hex::of));
    }

    Optional<String> header(String lowerCaseName) {
        return Optional.ofNullable(headers.get(lowerCaseName));
    }

    boolean isAccepted() {
        return status >= 200 && status < 300;
    }

    /** The code that tells the client why, from the header or else from the JSON body. */
    Optional<String> publicCode() {
        return header(CODE_HEADER)
                .or(() -> Optional.ofNullable(json().get("code"))
                        .filter(JsonNode::isTextual)
                        .map(JsonNode::asText));
    }

    /** Whether it refuses the request and says nothing that a verifier would say. */
    boolean isRefusalOfTheServerItself() {
        return status >= 400 && publicCode().isEmpty();
    }

    /** As a harness would answer {@code verify}. */
    ObjectNode toProtocol() {
        ObjectNode answer = Json.object()
                .put("verdict", isAccepted() ? "accepted" : "rejected")
                .put("status", status);
        if (isAccepted()) {
            JsonNode signedPath = json().get("signed_path");
            if (signedPath != null) {
                answer.set("signedPath", signedPath);
            }
        } else {
            publicCode().ifPresent(code -> answer.put("publicCode", code));
        }
        headers.forEach(answer.putObject("responseHeaders")::put);
        body.ifPresent(hex -> answer.put("responseBodyHex", hex));
        return answer;
    }

    /** The object in the body; an empty one if there is none. */
    private JsonNode json() {
        try {
            return Json.parse(new String(Hex.parse(body.orElse("")), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException notJson) {
            return Json.object();
        }
    }
}

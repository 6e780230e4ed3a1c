package dev.countersign.conformance.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What a step expects of a live answer: the same as of the committed one, but for the server's time. A time in the
 * answer that is near enough to ours is the right one; otherwise ours is what was expected.
 */
final class LiveExpectation {
    private static final int TOLERANCE_SECONDS = 5;
    private static final String TIME_HEADER = "x-server-timestamp";
    private static final String TIME_FIELD = "server_timestamp";
    private static final Pattern SECONDS = Pattern.compile("0|[1-9][0-9]{0,10}");

    private LiveExpectation() {}

    /** The step with what is expected now. */
    static Step of(Step step, JsonNode answer, long now) {
        ObjectNode expect = step.expect().deepCopy();
        if (expect.get("responseHeaders") instanceof ObjectNode headers) {
            headers(headers, answer.path("responseHeaders"), now);
        }
        if (expect.get("responseJson") instanceof ObjectNode json) {
            json(json, body(answer), now);
        }
        return with(step, expect);
    }

    /** The step where the server's own refusal will do: it is no verifier's answer, and has no code and no JSON. */
    static Step refusedByTheServerItself(Step step) {
        ObjectNode expect = Json.object();
        for (String field : new String[] {"verdict", "status"}) {
            expect.set(field, step.expect().get(field));
        }
        return with(step, expect);
    }

    private static Step with(Step step, ObjectNode expect) {
        return new Step(step.request(), expect, step.intermediates(), step.template());
    }

    private static void headers(ObjectNode expected, JsonNode actual, long now) {
        for (String name :
                expected.properties().stream().map(java.util.Map.Entry::getKey).toList()) {
            String value = expected.path(name).asText();
            if (name.toLowerCase(Locale.ROOT).equals(TIME_HEADER)
                    && SECONDS.matcher(value).matches()) {
                String time = actual.path(TIME_HEADER).asText();
                boolean near = SECONDS.matcher(time).matches() && isNear(Long.parseLong(time), now);
                expected.put(name, near ? time : Long.toString(now));
            }
        }
    }

    private static void json(ObjectNode expected, JsonNode actual, long now) {
        for (String name :
                expected.properties().stream().map(java.util.Map.Entry::getKey).toList()) {
            JsonNode value = expected.path(name);
            if (value instanceof ObjectNode nested) {
                json(nested, actual.path(name), now);
            } else if (name.equals(TIME_FIELD) && value.isNumber()) {
                JsonNode time = actual.path(name);
                boolean near = time.isIntegralNumber() && time.canConvertToLong() && isNear(time.asLong(), now);
                expected.set(name, near ? time : JsonNodeFactory.instance.numberNode(now));
            }
        }
    }

    private static boolean isNear(long time, long now) {
        return Math.abs(time - now) <= TOLERANCE_SECONDS;
    }

    private static JsonNode body(JsonNode answer) {
        try {
            return Json.parse(
                    new String(Hex.parse(answer.path("responseBodyHex").asText()), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException notJson) {
            return Json.object();
        }
    }
}

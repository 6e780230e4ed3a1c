package dev.countersign.conformance.protocol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Json;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;

/** The JSON Lines side of a harness: reads requests, answers them, ends with its input. */
public final class HarnessLoop {
    /** Version of the harness protocol. */
    public static final int PROTOCOL = 1;

    private HarnessLoop() {}

    /**
     * Serves until the input ends.
     *
     * @throws IOException if a stream fails
     */
    public static void serve(Harness harness, InputStream in, OutputStream out) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        BufferedWriter answers = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            answers.write(Json.line(answer(harness, line)));
            answers.write('\n');
            answers.flush();
        }
    }

    /** One line's answer; whatever goes wrong is an answer, too. */
    public static ObjectNode answer(Harness harness, String line) {
        JsonNode request;
        try {
            request = Json.parse(line);
        } catch (IllegalArgumentException e) {
            return Json.object().put("error", String.valueOf(e.getMessage()));
        }
        ObjectNode answer = Json.object();
        answer.set("id", request.get("id"));
        try {
            answer.setAll(reply(harness, request));
        } catch (UnsupportedCaseException e) {
            answer.put("skipped", e.getMessage());
        } catch (RuntimeException | LinkageError | AssertionError e) {
            answer.put("error", e.toString());
        }
        return answer;
    }

    private static ObjectNode reply(Harness harness, JsonNode request) {
        String op = request.path("op").asText();
        if (op.equals("hello")) {
            ObjectNode hello = Json.object()
                    .put("protocol", PROTOCOL)
                    .put("name", harness.name())
                    .put("version", harness.version())
                    .put("language", "Java");
            harness.ops().forEach(hello.putArray("ops")::add);
            return hello;
        }
        if (!harness.ops().contains(op) || !(request instanceof ObjectNode object)) {
            throw new UnsupportedCaseException("no operation \"" + op + "\"");
        }
        return harness.answer(op, object);
    }
}

package dev.countersign.conformance.runner;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.conformance.protocol.HarnessLoop;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What a harness says about itself.
 *
 * @param name of the implementation
 * @param version of it
 * @param language it is written in
 * @param ops what it can answer
 */
record HarnessHello(String name, String version, String language, Set<String> ops) {
    HarnessHello {
        ops = Set.copyOf(ops);
    }

    /**
     * Reads the answer to {@code hello}.
     *
     * @throws IllegalArgumentException if it is none this runner can go on with; the message says why
     */
    static HarnessHello of(JsonNode answer) {
        for (String refusal : new String[] {"error", "skipped"}) {
            if (Judge.has(answer, refusal)) {
                throw new IllegalArgumentException("answered hello with " + refusal + ": "
                        + Shown.excerpt(answer.path(refusal).asText()));
            }
        }
        JsonNode protocol = answer.path("protocol");
        if (!protocol.isIntegralNumber() || protocol.longValue() != HarnessLoop.PROTOCOL) {
            throw new IllegalArgumentException("speaks version " + Shown.excerpt(protocol.asText("?"))
                    + " of the harness protocol (\"protocol\" in its answer to hello), this runner speaks "
                    + HarnessLoop.PROTOCOL);
        }
        JsonNode ops = answer.path("ops");
        if (!ops.isArray()) {
            throw new IllegalArgumentException(
                    "answered hello without \"ops\", the list of the operations it can answer");
        }
        Set<String> names = new LinkedHashSet<>();
        ops.forEach(op -> names.add(op.asText()));
        return new HarnessHello(text(answer, "name"), text(answer, "version"), text(answer, "language"), names);
    }

    private static String text(JsonNode answer, String field) {
        String text = answer.path(field).asText();
        if (text.isBlank()) {
            throw new IllegalArgumentException("answered hello without \"" + field + "\"");
        }
        return Shown.excerpt(text);
    }
}

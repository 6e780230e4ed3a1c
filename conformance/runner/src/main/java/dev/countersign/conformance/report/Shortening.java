package dev.countersign.conformance.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.countersign.conformance.suite.Json;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;

/**
 * Makes a report as JSON short enough for a page: of long texts a beginning is kept, of two long values that differ the
 * part around the first difference. When the texts together have become long, of each further one only a hint is kept.
 * For one report.
 */
final class Shortening {
    /** What all texts together may take in the page before the rest is only hinted at. */
    private static final int MOST = 4_000_000;

    /** How much is kept of names, of what went wrong, of details, of a text in an answer, of a value that differs. */
    private static final int NAME = 300;

    private static final int FAULT = 300;
    private static final int DETAIL = 1_000;
    private static final int IN_ANSWER = 600;
    private static final int VALUE = 4_000;
    private static final int HINT = 60;

    /** What a character takes that is written as an escape. */
    private static final int ESCAPE = 6;

    /** Enough for any answer; a reader of JSON may refuse more than 1000 levels. */
    private static final int DEEPEST = 100;

    private static final int ANSWER = 10_000;
    private static final String REST = "... the rest is not shown";

    private int left = MOST;

    /** What the value that is being shortened may still take. */
    private int room;

    /** The report without what is too long; the given one is changed, and returned. */
    ObjectNode of(ObjectNode report) {
        for (String field : new String[] {"implementation", "language", "target", "suiteVersion"}) {
            report.put(field, text(report.path(field).asText(), NAME));
        }
        for (String field : new String[] {"stale", "faults"}) {
            ArrayNode shorter = Json.array();
            report.path(field).forEach(each -> shorter.add(text(each.asText(), FAULT)));
            report.set(field, shorter);
        }
        for (JsonNode result : report.path("results")) {
            result((ObjectNode) result);
        }
        return report;
    }

    private void result(ObjectNode result) {
        if (result.has("detail")) {
            result.put("detail", text(result.path("detail").asText(), DETAIL));
        }
        for (JsonNode mismatch : result.path("mismatches")) {
            mismatch((ObjectNode) mismatch);
        }
        JsonNode answer = result.get("answer");
        if (answer != null) {
            result.set("answer", answer(answer));
        }
    }

    private void mismatch(ObjectNode mismatch) {
        mismatch.put("field", text(mismatch.path("field").asText(), NAME));
        String expected = mismatch.path("expected").asText();
        String actual = mismatch.path("actual").asText();
        int most = most(VALUE);
        if (Math.max(expected.length(), actual.length()) > most) {
            int at = 0;
            while (at < expected.length() && at < actual.length() && expected.charAt(at) == actual.charAt(at)) {
                at++;
            }
            // An even number, since two digits of hex are a byte; but no half of a pair, which hex does not have.
            int from = Math.max(0, at - most / 3) / 2 * 2;
            if (parts(expected, from)) {
                from--;
            }
            mismatch.putObject("cut")
                    .put("from", from)
                    .put("expected", expected.length())
                    .put("actual", actual.length());
            expected = part(expected, from, most);
            actual = part(actual, from, most);
        }
        left -= size(expected) + size(actual);
        mismatch.put("expected", expected).put("actual", actual);
    }

    private static String part(String text, int from, int most) {
        int start = Math.min(text.length(), from);
        int end = Math.min(text.length(), from + most / 2 * 2);
        return text.substring(start, parts(text, end) ? end - 1 : end);
    }

    /** An answer, of which so much is kept as people read. */
    private JsonNode answer(JsonNode value) {
        room = most(ANSWER);
        return value(value, 0);
    }

    private JsonNode value(JsonNode value, int depth) {
        if (!value.isContainerNode()) {
            room -= Math.min(value.asText().length(), IN_ANSWER);
            return value.isTextual() ? TextNode.valueOf(text(value.asText(), IN_ANSWER)) : value;
        }
        if (depth == DEEPEST) {
            return TextNode.valueOf("... nested too deeply to show");
        }
        if (value.isArray()) {
            ArrayNode shorter = Json.array();
            for (Iterator<JsonNode> elements = value.elements(); elements.hasNext() && hasRoom(); ) {
                shorter.add(value(elements.next(), depth + 1));
            }
            return shorter.size() == value.size() ? shorter : shorter.add(REST);
        }
        ObjectNode shorter = Json.object();
        int fields = 0;
        for (Iterator<Map.Entry<String, JsonNode>> all = value.properties().iterator(); all.hasNext() && hasRoom(); ) {
            Map.Entry<String, JsonNode> field = all.next();
            room -= field.getKey().length();
            shorter.set(text(field.getKey(), NAME), value(field.getValue(), depth + 1));
            fields++;
        }
        return fields == value.size() ? shorter : shorter.put("...", REST);
    }

    private boolean hasRoom() {
        room--;
        left--;
        return room > 0;
    }

    private String text(String text, int usual) {
        int most = most(usual);
        String shorter = text;
        if (text.length() > most) {
            int end = parts(text, most) ? most - 1 : most;
            shorter =
                    text.substring(0, end) + String.format(Locale.ROOT, "... %,d more characters", text.length() - end);
        }
        left -= size(shorter);
        return shorter;
    }

    private int most(int usual) {
        return left > 0 ? usual : HINT;
    }

    /** How many characters the text takes in the page, at most. */
    private static int size(String text) {
        return text.chars()
                .map(c -> c >= ' ' && c < 0x7F && c != '<' ? 1 : ESCAPE)
                .sum();
    }

    /** Whether a cut here parts a pair of surrogates. */
    private static boolean parts(String text, int index) {
        return index > 0
                && index < text.length()
                && Character.isSurrogatePair(text.charAt(index - 1), text.charAt(index));
    }
}

package dev.countersign.conformance.runner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares an answer with what a vector expects of it, as FORMAT.md says.
 *
 * @param reasons whether an answer's own word for why is compared, too
 */
public record Judge(boolean reasons) {
    private static final String ANY = "*";
    private static final String ANY_NUMBER = "#";
    private static final String ABSENT = "absent";
    private static final String BODY = "responseBodyHex";

    /**
     * What an answer makes of its case.
     *
     * @param step which step of the case it answers, from 0
     * @param micros how long the case took so far, in microseconds
     * @return how the case ends, or nothing if it goes on with its next step
     */
    public Optional<CaseResult> result(Case subject, int step, JsonNode answer, long micros) {
        if (has(answer, "skipped")) {
            return Optional.of(CaseResult.skipped(subject, said(answer, "skipped"), micros));
        }
        if (has(answer, "error")) {
            String why = "the harness answered with an error: " + said(answer, "error");
            return Optional.of(CaseResult.broken(subject, step, why, micros));
        }
        Step asked = subject.steps().get(step);
        List<Mismatch> mismatches = judge(asked, answer);
        if (!mismatches.isEmpty()) {
            return Optional.of(CaseResult.wrong(subject, step, mismatches, answer, micros));
        }
        List<String> missing = missing(subject, asked, answer);
        if (!missing.isEmpty()) {
            String why = "the harness does not show " + String.join(" and ", missing);
            return Optional.of(CaseResult.skipped(subject, why, micros));
        }
        boolean isLast = step + 1 == subject.steps().size();
        return isLast ? Optional.of(CaseResult.passed(subject, micros)) : Optional.empty();
    }

    private static String said(JsonNode answer, String field) {
        String said = answer.path(field).asText();
        return said.isBlank() ? "no reason given" : Shown.excerpt(said);
    }

    /** What is wrong with the answer; empty if nothing is. */
    public List<Mismatch> judge(Step step, JsonNode answer) {
        List<Mismatch> wrong = new ArrayList<>();
        compare("", step.expect(), answer, wrong);
        return wrong;
    }

    /**
     * Optional parts of the answer without which this step of the case cannot be judged, and which the answer does not
     * have. A case with such a step is skipped, unless the rest of the answer is wrong.
     */
    public static List<String> missing(Case subject, Step step, JsonNode answer) {
        return subject.needs().stream()
                .filter(need -> step.expect().has(need.equals(BODY) ? "responseJson" : need))
                .filter(need -> !has(answer, need))
                .toList();
    }

    /** Whether the answer has the field; {@code null} is as good as none, as many serialisers write it. */
    static boolean has(JsonNode answer, String field) {
        return answer.hasNonNull(field);
    }

    private static @Nullable JsonNode value(JsonNode answer, String field) {
        JsonNode value = answer.get(field);
        return value == null || value.isNull() ? null : value;
    }

    private void compare(String prefix, ObjectNode expect, JsonNode answer, List<Mismatch> wrong) {
        for (Map.Entry<String, JsonNode> field : expect.properties()) {
            String name = field.getKey();
            JsonNode expected = field.getValue();
            switch (name) {
                case "reason" -> {
                    if (reasons) {
                        equal(prefix + name, expected, value(answer, name), wrong);
                    }
                }
                case "signedPath" -> {
                    // Stateless answers must have it; an answer to verify may.
                    if (has(answer, name) || !expect.has("verdict")) {
                        equal(prefix + name, expected, value(answer, name), wrong);
                    }
                }
                case "answersInAnyOrder" -> anyOrder(prefix, expected, answer.path("answers"), wrong);
                case "responseHeaders" -> {
                    if (has(answer, name)) {
                        responseHeaders(prefix, expected, answer.path(name), wrong);
                    }
                }
                case "responseJson" -> {
                    if (has(answer, BODY)) {
                        responseJson(prefix, expected, answer.path(BODY), wrong);
                    }
                }
                case "signs" -> wrong.addAll(SignerJudge.judge((ObjectNode) expected, answer));
                case "headers" -> signerHeaders(prefix, expected, answer.path(name), wrong);
                default -> equal(prefix + name, expected, value(answer, name), wrong);
            }
        }
    }

    private static void equal(String name, JsonNode expected, @Nullable JsonNode actual, List<Mismatch> wrong) {
        if (actual == null || !same(expected, actual)) {
            wrong.add(new Mismatch(name, text(expected), actual == null ? ABSENT : text(actual)));
        }
    }

    /** Equal as JSON: 401, read as whatever type of number, is 401. */
    private static boolean same(JsonNode expected, JsonNode actual) {
        if (expected.isIntegralNumber() && actual.isIntegralNumber()) {
            return expected.bigIntegerValue().equals(actual.bigIntegerValue());
        }
        if (expected.isNumber() && actual.isNumber()) {
            return expected.doubleValue() == actual.doubleValue();
        }
        return expected.equals(actual);
    }

    /** Each expected answer takes the first answer that fits; the expectations of one case never overlap. */
    private void anyOrder(String prefix, JsonNode expected, JsonNode answers, List<Mismatch> wrong) {
        List<JsonNode> left = new ArrayList<>();
        answers.forEach(left::add);
        List<String> unmet = new ArrayList<>();
        for (JsonNode one : expected) {
            boolean met = false;
            for (Iterator<JsonNode> rest = left.iterator(); !met && rest.hasNext(); ) {
                List<Mismatch> differences = new ArrayList<>();
                compare("", (ObjectNode) one, rest.next(), differences);
                if (differences.isEmpty()) {
                    rest.remove();
                    met = true;
                }
            }
            if (!met) {
                unmet.add(Json.line(one));
            }
        }
        if (!unmet.isEmpty() || !left.isEmpty()) {
            wrong.add(new Mismatch(
                    prefix + "answers",
                    unmet.isEmpty() ? "nothing more" : String.join(", ", unmet),
                    left.isEmpty() ? "nothing more" : left.toString()));
        }
    }

    private static void responseHeaders(String prefix, JsonNode expected, JsonNode actual, List<Mismatch> wrong) {
        ObjectNode lower = byLowerName(actual);
        for (Map.Entry<String, JsonNode> header : expected.properties()) {
            patternFits(
                    prefix + "responseHeaders." + header.getKey(),
                    header.getValue(),
                    lower.get(lower(header.getKey())),
                    wrong);
        }
    }

    private static void responseJson(String prefix, JsonNode expected, JsonNode bodyHex, List<Mismatch> wrong) {
        JsonNode body;
        try {
            body = Json.parse(new String(Hex.parse(bodyHex.asText()), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException notJson) {
            wrong.add(new Mismatch(prefix + "responseBodyHex", "a JSON object", text(bodyHex)));
            return;
        }
        jsonFits(prefix + "responseJson", expected, body, wrong);
    }

    private static void jsonFits(String name, JsonNode expected, JsonNode actual, List<Mismatch> wrong) {
        for (Map.Entry<String, JsonNode> field : expected.properties()) {
            String path = name + "." + field.getKey();
            JsonNode value = actual.get(field.getKey());
            if (field.getValue().isObject() && value != null) {
                jsonFits(path, field.getValue(), value, wrong);
            } else {
                patternFits(path, field.getValue(), value, wrong);
            }
        }
    }

    private static void patternFits(String name, JsonNode expected, @Nullable JsonNode actual, List<Mismatch> wrong) {
        boolean fits =
                switch (expected.getNodeType()) {
                    case NULL -> actual == null;
                    case NUMBER -> actual != null && same(expected, actual);
                    case STRING -> actual != null && textFits(expected.asText(), actual);
                    default -> expected.equals(actual);
                };
        if (!fits) {
            wrong.add(new Mismatch(name, wanted(expected), actual == null ? ABSENT : text(actual)));
        }
    }

    private static boolean textFits(String expected, JsonNode actual) {
        return switch (expected) {
            case ANY -> actual.isTextual() && !actual.asText().isEmpty();
            case ANY_NUMBER -> actual.isNumber();
            default -> actual.isTextual() && actual.asText().equals(expected);
        };
    }

    private static String wanted(JsonNode expected) {
        return switch (expected.asText()) {
            case ANY -> "some text";
            case ANY_NUMBER -> "some number";
            default -> expected.isNull() ? ABSENT : text(expected);
        };
    }

    private static void signerHeaders(String prefix, JsonNode expected, JsonNode actual, List<Mismatch> wrong) {
        ObjectNode lower = byLowerName(actual);
        if (lower.size() != 6 || actual.size() != 6) {
            wrong.add(new Mismatch(
                    prefix + "headers",
                    "an object with exactly the six",
                    actual.isObject() ? String.join(", ", names(actual)) : text(actual)));
        }
        for (Map.Entry<String, JsonNode> header : expected.properties()) {
            equal(prefix + "headers." + header.getKey(), header.getValue(), lower.get(lower(header.getKey())), wrong);
        }
    }

    private static ObjectNode byLowerName(JsonNode headers) {
        ObjectNode lower = Json.object();
        headers.properties().forEach(line -> lower.set(lower(line.getKey()), line.getValue()));
        return lower;
    }

    /** In lower case, ASCII letters only. */
    static String lower(String name) {
        StringBuilder lower = new StringBuilder(name);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                lower.setCharAt(i, (char) (c + 'a' - 'A'));
            }
        }
        return lower.toString();
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static String text(JsonNode value) {
        return value.isMissingNode() ? ABSENT : value.isTextual() ? value.asText() : Json.line(value);
    }
}

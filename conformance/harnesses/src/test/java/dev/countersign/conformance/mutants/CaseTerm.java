package dev.countersign.conformance.mutants;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a reviewer says about cases, in a line of text. Terms:
 *
 * <ul>
 *   <li>{@code rule:message.hash}, {@code flag:HighS}, {@code role:keys}, {@code id:ingest/get-verbatim}: the case has it;
 *       a {@code *} at the end stands for anything
 *   <li>{@code expects:CLOCK_SKEW}: one of its answers has this reason; {@code expects:accepted}, or {@code valid}: this
 *       outcome; {@code expects:verified}: an outcome that only a valid signature can have
 *   <li>{@code request~regex}, {@code values~regex}: the expression is found in one of its requests, or in their
 *       intermediate values, as JSON on one line
 *   <li>{@code past:1}: one of its requests is, with its head or with the end of its body, so many seconds past the end of
 *       the freshness window, on either side
 *   <li>{@code !} before a term: not so; {@code a & b}: both; {@code a | b}: either. {@code &} binds more strongly.
 * </ul>
 */
final class CaseTerm implements Predicate<Case> {
    private static final Pattern TERM = Pattern.compile("(\\w+[:~])(.+)");

    /** What is decided after the signature, and nowhere before it. */
    private static final List<String> VERIFIED = List.of(
            "accepted",
            "valid",
            "DEVICE_REVOKED",
            "DEVICE_PENDING",
            "KEY_INVALIDATED",
            "NONCE_REPLAY",
            "SIGNATURE_REPLAY",
            "NOT_WATCHING_YET",
            "STORE_FULL");

    private final String text;
    private final Predicate<Case> predicate;

    private CaseTerm(String text, Predicate<Case> predicate) {
        this.text = text;
        this.predicate = predicate;
    }

    static CaseTerm of(String text) {
        return new CaseTerm(
                text,
                Arrays.stream(text.split(" \\| "))
                        .map(CaseTerm::conjunction)
                        .reduce(Predicate::or)
                        .orElseThrow());
    }

    private static Predicate<Case> conjunction(String text) {
        return Arrays.stream(text.split(" & "))
                .map(String::strip)
                .map(CaseTerm::term)
                .reduce(Predicate::and)
                .orElseThrow();
    }

    private static Predicate<Case> term(String text) {
        if (text.startsWith("!")) {
            return term(text.substring(1)).negate();
        }
        Matcher parts = TERM.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("no term: \"" + text + "\"");
        }
        String value = parts.group(2);
        return switch (parts.group(1)) {
            case "request~" -> finds(value, Step::request);
            case "values~" -> finds(value, Step::intermediates);
            case "rule:" -> aCase -> fits(value, aCase.rule());
            case "flag:" -> aCase -> aCase.flags().stream().anyMatch(flag -> fits(value, flag));
            case "role:" -> aCase -> fits(value, aCase.role().label());
            case "id:" -> aCase -> fits(value, aCase.id());
            case "past:" -> aCase -> pastTheWindow(aCase).contains(Long.valueOf(value));
            case "expects:" ->
                value.equals("verified")
                        ? aCase -> !Collections.disjoint(outcomes(aCase), VERIFIED)
                        : aCase -> outcomes(aCase).contains(value);
            default -> throw new IllegalArgumentException("no term: \"" + text + "\"");
        };
    }

    private static Predicate<Case> finds(String regex, Function<Step, @Nullable JsonNode> part) {
        Pattern pattern = Pattern.compile(regex);
        return aCase -> aCase.steps().stream()
                .map(part)
                .anyMatch(
                        node -> node != null && pattern.matcher(Json.line(node)).find());
    }

    private static boolean fits(String pattern, String text) {
        return pattern.endsWith("*")
                ? text.startsWith(pattern.substring(0, pattern.length() - 1))
                : text.equals(pattern);
    }

    private static Set<Long> pastTheWindow(Case aCase) {
        Set<Long> past = new HashSet<>();
        long window = 0;
        for (Step step : aCase.steps()) {
            ObjectNode request = step.request();
            if (step.op().equals("reset")) {
                window = request.path("config").path("freshnessSeconds").asLong(300);
            } else if (step.op().equals("verify")) {
                past.addAll(pastTheWindow(request, window));
            } else {
                for (JsonNode one : request.path("requests")) {
                    past.addAll(pastTheWindow(one, window));
                }
            }
        }
        return past;
    }

    private static Set<Long> pastTheWindow(JsonNode request, long window) {
        Set<Long> past = new HashSet<>();
        for (JsonNode header : request.path("headers")) {
            String value = header.path(1).asText();
            if (header.path(0).asText().equals("X-Synheart-Timestamp") && value.matches("[0-9]{1,18}")) {
                for (String time : List.of("serverTime", "finishTime")) {
                    if (request.has(time)) {
                        past.add(Math.abs(request.path(time).asLong() - Long.parseLong(value)) - window);
                    }
                }
            }
        }
        return past;
    }

    private static List<String> outcomes(Case aCase) {
        List<String> outcomes = new ArrayList<>();
        for (Step step : aCase.steps()) {
            outcome(step.expect(), outcomes);
            step.expect().path("answersInAnyOrder").forEach(expect -> outcome(expect, outcomes));
        }
        return outcomes;
    }

    private static void outcome(JsonNode expect, List<String> outcomes) {
        if (expect.has("valid")) {
            outcomes.add(expect.path("valid").asBoolean() ? "valid" : "invalid");
        } else if (expect.has("verdict")) {
            outcomes.add(expect.path("reason").asText(expect.path("verdict").asText()));
        }
    }

    @Override
    public boolean test(Case aCase) {
        return predicate.test(aCase);
    }

    @Override
    public String toString() {
        return text;
    }
}

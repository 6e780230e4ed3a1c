package dev.countersign.conformance.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Difference;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Step;
import dev.countersign.conformance.suite.Suite;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Each negative case differs from the positive one that it names in exactly one thing. A thing is a field of a step's
 * request, all lines of one header, a setting, a device, one instruction of a signature's recipe, or a whole step. A
 * signature that changes because something changed that it covers is no second thing.
 */
class OneDifferenceTest {
    /** Cases whose difference takes two coupled changes, and why. */
    private static final Map<String, String> COUPLED = Map.of();

    private static final Suite SUITE = SuiteGenerator.suite();

    @Test
    void everyNegativeDiffersInOneThing() {
        List<String> wrong = new ArrayList<>();
        int compared = 0;
        for (Case negative : SUITE.cases()) {
            Difference difference = negative.difference();
            if (difference != null) {
                Set<String> things = differences(SUITE.find(difference.from()).orElseThrow(), negative);
                compared++;
                if ((things.size() == 1) == COUPLED.containsKey(negative.id())) {
                    wrong.add(negative.id() + ", from " + difference.from() + ": " + things);
                }
            }
        }
        assertEquals(List.of(), wrong, () -> wrong.size() + " cases:\n" + String.join("\n", wrong));
        assertTrue(compared > 100, "the negatives were not found");
        COUPLED.keySet().forEach(id -> assertTrue(SUITE.find(id).isPresent(), id));
    }

    private static Set<String> differences(Case positive, Case negative) {
        List<Step> before = positive.steps();
        List<Step> after = negative.steps();
        if (before.size() == after.size()) {
            Set<String> things = new TreeSet<>();
            for (int i = 0; i < before.size(); i++) {
                compareSteps("step " + i + " ", before.get(i), after.get(i), things);
            }
            return things;
        }
        return oneStepMore(before, after) || oneStepMore(after, before)
                ? Set.of("a step")
                : Set.of("steps", "more steps");
    }

    /** Whether taking one step away from the longer list gives the other. */
    private static boolean oneStepMore(List<Step> shorter, List<Step> longer) {
        if (longer.size() != shorter.size() + 1) {
            return false;
        }
        for (int without = 0; without < longer.size(); without++) {
            List<Step> rest = new ArrayList<>(longer);
            rest.remove(without);
            boolean same = true;
            for (int i = 0; i < rest.size() && same; i++) {
                same = rest.get(i).request().equals(shorter.get(i).request());
            }
            if (same) {
                return true;
            }
        }
        return false;
    }

    private static void compareSteps(String at, Step before, Step after, Set<String> things) {
        if (!before.op().equals(after.op())) {
            things.add(at + "is another step");
            return;
        }
        switch (before.op()) {
            case "verify" ->
                compareRequests(at, before.request(), before.template(), after.request(), after.template(), things);
            case "verifyAll" -> compareAll(at, before, after, things);
            default -> compareFields(at, before.request(), after.request(), things);
        }
    }

    private static void compareAll(String at, Step before, Step after, Set<String> things) {
        JsonNode first = before.request().path("requests");
        JsonNode second = after.request().path("requests");
        if (first.size() != second.size()) {
            things.add(at + "has another number of requests");
            return;
        }
        for (int i = 0; i < first.size(); i++) {
            compareRequests(
                    at + "request " + i + " ",
                    first.get(i),
                    Objects.requireNonNull(before.template()).get(i),
                    second.get(i),
                    Objects.requireNonNull(after.template()).get(i),
                    things);
        }
    }

    private static void compareRequests(
            String at,
            JsonNode before,
            @Nullable JsonNode template,
            JsonNode after,
            @Nullable JsonNode changed,
            Set<String> things) {
        Set<String> found = new TreeSet<>();
        ObjectNode fields = ((ObjectNode) before).deepCopy();
        ObjectNode otherFields = ((ObjectNode) after).deepCopy();
        fields.remove(List.of("headers", "bodyHex", "bodyRepeat"));
        otherFields.remove(List.of("headers", "bodyHex", "bodyRepeat"));
        compareFields("", fields, otherFields, found);
        if (!Objects.equals(body(before), body(after))) {
            found.add("body");
        }
        compareHeaders(
                Objects.requireNonNull(template).path("headers"),
                Objects.requireNonNull(changed).path("headers"),
                found);
        JsonNode recipe = template.path("signature");
        JsonNode otherRecipe = changed.path("signature");
        if (recipe.isObject() && otherRecipe.isObject()) {
            compareRecipes(before, recipe, after, otherRecipe, found);
        }
        found.forEach(thing -> things.add(at + thing));
    }

    private static List<JsonNode> body(JsonNode request) {
        return List.of(request.path("bodyHex"), request.path("bodyRepeat"));
    }

    /** Headers by their templates: so a timestamp that follows the time, and the signature's bytes, are not things. */
    private static void compareHeaders(JsonNode before, JsonNode after, Set<String> things) {
        if (before.equals(after)) {
            return;
        }
        if (isRenamed(before, after)) {
            things.add("the name of a header");
            return;
        }
        Map<String, List<JsonNode>> first = byName(before);
        Map<String, List<JsonNode>> second = byName(after);
        Set<String> names = new TreeSet<>(first.keySet());
        names.addAll(second.keySet());
        for (String name : names) {
            if (!Objects.equals(first.get(name), second.get(name))) {
                things.add("header " + name);
            }
        }
    }

    /** Whether one line has another name, and all else is the same. */
    private static boolean isRenamed(JsonNode before, JsonNode after) {
        if (before.size() != after.size()) {
            return false;
        }
        int renamed = 0;
        for (int i = 0; i < before.size(); i++) {
            if (!before.get(i).get(1).equals(after.get(i).get(1))) {
                return false;
            }
            renamed += before.get(i).get(0).equals(after.get(i).get(0)) ? 0 : 1;
        }
        return renamed == 1;
    }

    private static Map<String, List<JsonNode>> byName(JsonNode headers) {
        Map<String, List<JsonNode>> lines = new LinkedHashMap<>();
        headers.forEach(
                line -> lines.computeIfAbsent(line.get(0).asText().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                        .add(line));
        return lines;
    }

    /** What is signed may follow the one part of the request that changed, and nothing else. */
    private static void compareRecipes(
            JsonNode request, JsonNode recipe, JsonNode otherRequest, JsonNode otherRecipe, Set<String> things) {
        for (String field : List.of("key", "hash", "attempt", "s", "encoding")) {
            if (!recipe.path(field).equals(otherRecipe.path(field))) {
                things.add("the signature's " + field);
            }
        }
        String over = recipe.path("over").asText();
        String otherOver = otherRecipe.path("over").asText();
        boolean same = over.equals(otherOver) || filled(over, request).equals(filled(otherOver, otherRequest));
        if (!same
                && !follows(
                        request.path("method").asText(),
                        over,
                        otherRequest.path("method").asText(),
                        otherOver,
                        things)) {
            things.add("what is signed");
        }
    }

    /** With the body in its place: a body that was changed on its way leaves what was signed as it was. */
    private static String filled(String over, JsonNode request) {
        return over.replace("{body}", new String(Body.of(request).bytes(), StandardCharsets.ISO_8859_1));
    }

    private static boolean follows(
            String method, String over, String otherMethod, String otherOver, Set<String> things) {
        if (things.size() != 1) {
            return false;
        }
        String rest = after(over, method + "\n");
        String otherRest = after(otherOver, otherMethod + "\n");
        return switch (things.iterator().next()) {
            case "method" -> rest.equals(otherRest);
            // The path is all that stands between the first line feed and the last two lines.
            case "target" -> method.equals(otherMethod) && lastLines(rest).equals(lastLines(otherRest));
            case "header x-synheart-timestamp", "the name of a header" -> {
                String path = rest.substring(0, rest.length() - lastLines(rest).length());
                yield method.equals(otherMethod) && otherRest.startsWith(path) && otherRest.endsWith("\n{body}");
            }
            default -> false;
        };
    }

    private static String after(String text, String prefix) {
        return text.startsWith(prefix) ? text.substring(prefix.length()) : "\u0000" + text;
    }

    /** From the last line feed but one on. */
    private static String lastLines(String over) {
        int last = over.lastIndexOf('\n');
        return last <= 0 ? over : over.substring(Math.max(0, over.lastIndexOf('\n', last - 1)));
    }

    /** Fields of requests without a signature; each setting, and each device by its ids, is a thing of its own. */
    private static void compareFields(String at, ObjectNode before, ObjectNode after, Set<String> things) {
        Set<String> names = new TreeSet<>();
        before.fieldNames().forEachRemaining(names::add);
        after.fieldNames().forEachRemaining(names::add);
        for (String name : names) {
            JsonNode first = before.path(name);
            JsonNode second = after.path(name);
            if (first.equals(second)) {
                continue;
            }
            switch (name) {
                case "config" -> compareFields(at + "setting ", (ObjectNode) first, (ObjectNode) second, things);
                case "devices" -> compareFields(at + "device ", devices(first), devices(second), things);
                default -> things.add(at + name);
            }
        }
    }

    private static ObjectNode devices(JsonNode list) {
        ObjectNode devices = Json.object();
        for (Iterator<JsonNode> each = list.elements(); each.hasNext(); ) {
            JsonNode device = each.next();
            devices.set(
                    device.path("appId").asText() + " "
                            + device.path("deviceId").asText(),
                    device);
        }
        return devices;
    }
}

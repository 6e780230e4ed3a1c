package dev.countersign.conformance.runner;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Rule;
import dev.countersign.conformance.suite.Step;
import dev.countersign.conformance.suite.Suite;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Small suites that tell a {@link FakeHarness} what to do. */
public final class Cases {
    private Cases() {}

    /** A case without state that passes if the harness answers as it should. */
    public static Case stateless(String id, String path) {
        return of(id, Role.MESSAGE, List.of("Plain"), new Step(message(path), object("messageHex", "00"), null, null));
    }

    /** A case with state: a reset, then a request with that target. */
    public static Case stateful(String id, String target) {
        ObjectNode reset = object("op", "reset");
        ObjectNode verify = object("op", "verify").put("target", target);
        return of(
                id,
                Role.VERIFIER,
                List.of("Plain"),
                new Step(reset, Json.object().put("ok", true), null, null),
                new Step(verify, object("verdict", "accepted"), null, null));
    }

    public static Case of(String id, Role role, List<String> flags, Step... steps) {
        return new Case(id, role, "rule." + role.label(), flags, true, "A case.", null, List.of(), List.of(steps));
    }

    public static ObjectNode message(String path) {
        return object("op", "message").put("path", path);
    }

    public static ObjectNode object(String field, String value) {
        return Json.object().put(field, value);
    }

    /** A suite of these cases, by group. */
    public static Suite suite(List<Case> cases) {
        Map<String, List<Case>> groups = new LinkedHashMap<>();
        cases.forEach(one ->
                groups.computeIfAbsent(one.group(), key -> new ArrayList<>()).add(one));
        return new Suite(
                "1.2.3",
                cases.stream()
                        .map(Case::rule)
                        .distinct()
                        .map(id -> new Rule(id, "Title of " + id, "Text.", "Section"))
                        .toList(),
                cases.stream()
                        .flatMap(one -> one.flags().stream())
                        .distinct()
                        .map(id -> new Flag(id, "Explains " + id + "."))
                        .toList(),
                groups.entrySet().stream()
                        .map(group -> new Group(group.getKey(), "Title", group.getValue()))
                        .toList());
    }
}

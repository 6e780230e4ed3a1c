package dev.countersign.conformance.generator;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Json;
import java.util.List;

/** What is expected of answers, as FORMAT.md says it. */
final class Expect {
    private Expect() {}

    /** The request is accepted. */
    static ObjectNode accepted() {
        return Json.object().put("verdict", "accepted");
    }

    /** The request is accepted, and its signature covers this path. */
    static ObjectNode accepted(String signedPath) {
        return accepted().put("signedPath", signedPath);
    }

    /** The request is rejected. */
    static ObjectNode rejected(Reason reason) {
        return Json.object()
                .put("verdict", "rejected")
                .put("reason", reason.name())
                .put("publicCode", reason.publicCode)
                .put("status", reason.status);
    }

    /** Of requests judged together, these verdicts in any order: {@code answers} as often as they are given. */
    static ObjectNode inAnyOrder(List<ObjectNode> answers) {
        ObjectNode expect = Json.object();
        ArrayNode list = expect.putArray("answersInAnyOrder");
        answers.forEach(list::add);
        return expect;
    }

    /** Done, and nothing to tell. */
    static ObjectNode ok() {
        return Json.object().put("ok", true);
    }
}

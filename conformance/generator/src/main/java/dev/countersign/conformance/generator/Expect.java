package dev.countersign.conformance.generator;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.FixedNames;
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

    /** The request is a replay; which of its tokens was seen first depends on chance. */
    static ObjectNode replayed() {
        ObjectNode expect = rejected(Reason.NONCE_REPLAY);
        expect.remove("reason");
        return expect;
    }

    /**
     * The request is rejected, and this is the whole of the answer that clients act on.
     *
     * @param serverTime seconds of the server's clock when it answers, from the case's time; sent with CLOCK_SKEW only
     */
    static ObjectNode answer(Reason reason, long serverTime) {
        boolean skew = reason == Reason.CLOCK_SKEW;
        long now = FixedNames.BASE_TIME + serverTime;
        ObjectNode expect = rejected(reason);
        ObjectNode headers = expect.putObject("responseHeaders");
        ObjectNode json = expect.putObject("responseJson")
                .put("status", "error")
                .put("code", reason.publicCode)
                .put("message", "*")
                .put("error_code", reason.publicCode)
                .put("error_description", "*");
        json.putObject("error").put("code", reason.publicCode).put("message", "*");
        if (reason.status == 401) {
            headers.put("x-synheart-error", reason.publicCode).put("www-authenticate", "*");
        }
        if (reason.status == 503) {
            headers.put("retry-after", "*");
            json.put("retry_after", "#");
        }
        if (skew) {
            headers.put("x-server-timestamp", Long.toString(now));
            json.put("server_timestamp", now);
        } else {
            headers.putNull("x-server-timestamp");
            json.putNull("server_timestamp");
        }
        return expect;
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

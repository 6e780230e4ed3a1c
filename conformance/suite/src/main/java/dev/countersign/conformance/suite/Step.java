package dev.countersign.conformance.suite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * One exchange of a case. The nodes are shared and must not be changed.
 *
 * @param request what a harness is sent, but for its id
 * @param expect what its answer must hold
 * @param intermediates values on the way to the answer, or null: one object, or for {@code verifyAll} one for each
 *     request
 * @param template how to make the request anew for another time, or null where it depends on none: one object, or for
 *     {@code verifyAll} one for each request
 */
public record Step(
        ObjectNode request,
        ObjectNode expect,
        @Nullable JsonNode intermediates,
        @Nullable JsonNode template) {
    /** The operation. */
    public String op() {
        return request.path("op").asText();
    }
}

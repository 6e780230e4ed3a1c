package dev.countersign.api;

import java.util.List;
import java.util.Map;

/**
 * The head of a request as it came over the wire. An adapter implements it over the request object of its framework.
 * Tests and hand-made requests use {@link #of}:
 *
 * <pre>{@code
 * RequestHead head = RequestHead.of("POST", "/v1/events?page=2", List.of(Map.entry("X-App-ID", "com.acme.app")));
 * }</pre>
 *
 * <p>Strings are Latin-1: one {@code char} is one byte of the wire. The verifier reads a head only during
 * {@link RequestVerifier#begin}, on the calling thread, and keeps no reference to it.
 */
public interface RequestHead {
    /**
     * The method exactly as it was sent. A verifier does not change its case, and an implementation must not either. A
     * verifier rejects a method that does not match {@code [A-Z][A-Z-]{0,31}}.
     */
    String method();

    /**
     * The request target exactly as it was sent, with its query, neither decoded nor normalised. It is in origin-form
     * ({@code /v1/x?y}) or absolute-form ({@code https://host/v1/x?y}). Of the latter only path and query count.
     */
    String target();

    /**
     * Every value of the header with this name, in the order of the wire, one element for each header line.
     *
     * @param name a header name; its ASCII letters match in either case
     * @return empty if the header is absent. A verifier looks at two values at most
     */
    List<String> headers(String name);

    /**
     * How many bytes of body the head announces, or a negative number if it announces none. A verifier uses it only to
     * reject a body that is too long before it is read.
     */
    default long announcedBodyBytes() {
        return -1;
    }

    /**
     * A head made of the given parts; the header lines are copied.
     *
     * @param headerLines name and value of each header line, in the order of the wire
     */
    static RequestHead of(String method, String target, List<Map.Entry<String, String>> headerLines) {
        return new ListedHead(method, target, headerLines);
    }
}

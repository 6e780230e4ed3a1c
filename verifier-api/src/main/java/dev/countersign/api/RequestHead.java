package dev.countersign.api;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * A view on the head of a request as it came over the wire. An adapter implements it over the request object of its
 * framework; for tests and for hand-made requests there is {@link #of}.
 *
 * <p>Strings are Latin-1: one {@code char} stands for one byte of the wire. The verifier reads a head inside
 * {@link RequestVerifier#begin} only, on the calling thread, and keeps no reference to it.
 */
public interface RequestHead {
    /**
     * The method exactly as it was sent. A verifier rejects a method outside {@code [A-Z][A-Z-]{0,31}} and never
     * changes its case, so an implementation must not change it either.
     */
    String method();

    /**
     * The request target exactly as it was sent, query included: neither decoded nor normalised. Origin-form
     * ({@code /v1/x?y}) or absolute-form ({@code https://host/v1/x?y}); the latter counts as its path and query.
     */
    String target();

    /**
     * Every value of the header with this name, in the order of the wire, one element for each header line.
     *
     * @param name a header name, compared without regard to ASCII case and to ASCII case only
     * @return an empty iterator when the header is absent
     */
    Iterator<String> headers(String name);

    /**
     * How many bytes of body the head announces, or a negative number when it does not say. A verifier uses it only to
     * refuse an over-long body before a byte of it is read.
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

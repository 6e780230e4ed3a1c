package dev.countersign.servlet;

import jakarta.servlet.http.HttpServletRequest;

/**
 * Where the filter reads the request target as it came over the wire, query included. The servlet API has no such
 * method; what it has is enough for most containers. Replace it for a container that keeps the request line elsewhere.
 *
 * <p>Called once for each request, on the thread that runs the filter and before anything is dispatched. Must be
 * thread-safe and must not touch the body or the parameters.
 */
@FunctionalInterface
public interface RawTargetSource {
    /**
     * The target, neither decoded nor normalised; see {@link dev.countersign.api.RequestHead#target}. A source that
     * cannot tell it must not guess: an empty string is rejected as a malformed target.
     */
    String target(HttpServletRequest request);

    /**
     * {@link HttpServletRequest#getRequestURI}, which containers leave undecoded, and {@code ?} with
     * {@link HttpServletRequest#getQueryString} if that is not null. What a container does to the target before, this
     * cannot undo: most reduce an absolute-form target to its path, which means the same, and some drop an empty query. Undertow
     * decodes the path with {@code ALLOW_UNESCAPED_CHARACTERS_IN_URL}: leave that off, or nothing that is escaped in a path
     * verifies. A decoded path with a {@code ?} in it is no target.
     */
    static RawTargetSource requestUri() {
        return request -> {
            String path = request.getRequestURI();
            String query = request.getQueryString();
            // A container that leaves it undecoded has taken the query off: what would look like one here was escaped.
            if (path == null || path.indexOf('?') >= 0) {
                return "";
            }
            return query == null ? path : path + '?' + query;
        };
    }
}

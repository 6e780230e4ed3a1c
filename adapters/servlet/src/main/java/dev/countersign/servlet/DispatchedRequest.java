package dev.countersign.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;

/**
 * A request that is to be dispatched once more. Containers compute the path of that dispatch from what the request says: until it has
 * come, that is what the container itself has read, whatever wrappers make of it.
 */
final class DispatchedRequest extends HttpServletRequestWrapper {
    private final HttpServletRequest sent;
    private volatile boolean hasCome;

    DispatchedRequest(HttpServletRequest request) {
        super(request);
        this.sent = ContainerRequest.of(request);
    }

    /** The dispatch has come: the wrappers have the word again. */
    void hasCome() {
        hasCome = true;
    }

    @Override
    public @Nullable String getRequestURI() {
        return hasCome ? super.getRequestURI() : sent.getRequestURI();
    }

    @Override
    public @Nullable String getContextPath() {
        return hasCome ? super.getContextPath() : sent.getContextPath();
    }

    @Override
    public @Nullable String getQueryString() {
        return hasCome ? super.getQueryString() : sent.getQueryString();
    }
}

package dev.countersign.servlet;

import dev.countersign.api.RequestVerifier;
import dev.countersign.api.VerifiedRequest;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An accepted request on its way to the application.
 *
 * @param body null where the signature does not cover it: then it comes from the container
 */
record ServedRequest(
        RequestVerifier verifier,
        VerifiedRequest verified,
        @Nullable BodyBuffer body) {
    void serve(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Mark.put(request, new Mark.Verified(verifier, verified));
        request.setAttribute(CountersignFilter.ATTRIBUTE, verified);
        UncachedResponse uncached = new UncachedResponse(response);
        VerifiedServletRequest served = new VerifiedServletRequest(request, uncached, verified, body);
        chain.doFilter(served, uncached);
        served.dispatchReturned();
        if (!request.isAsyncStarted()) {
            uncached.beforeCommit();
        }
    }
}

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
 * @param asyncTimeout the container's own for asynchronous mode, where it was changed, in milliseconds
 * @param body null where the signature does not cover it: then it comes from the container
 */
record ServedRequest(
        RequestVerifier verifier,
        VerifiedRequest verified,
        @Nullable BodyBuffer body,
        MultipartParser multipart,
        @Nullable Long asyncTimeout) {
    private static final int MAX_CAUSES = 8;

    void serve(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Mark.put(request, new Mark.Verified(verifier, verified));
        request.setAttribute(CountersignFilter.ATTRIBUTE, verified);
        UncachedResponse uncached = new UncachedResponse(response);
        VerifiedServletRequest served =
                new VerifiedServletRequest(request, uncached, verified, body, multipart, asyncTimeout);
        try {
            chain.doFilter(served, uncached);
        } catch (ServletException | RuntimeException failed) {
            MultipartException parts = multipartIn(failed);
            if (parts == null || uncached.isCommitted()) {
                throw failed;
            }
            uncached.sendError(parts.status());
        }
        served.dispatchReturned();
        if (!request.isAsyncStarted()) {
            uncached.beforeCommit();
        }
    }

    /** Frameworks wrap what they do not know. */
    private static @Nullable MultipartException multipartIn(Throwable failed) {
        Throwable cause = failed;
        for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
            if (cause instanceof MultipartException parts) {
                return parts;
            }
            cause = cause.getCause();
        }
        return null;
    }
}

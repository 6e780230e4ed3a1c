package dev.countersign.servlet;

import dev.countersign.api.RequestVerifier;
import dev.countersign.api.VerifiedRequest;
import dev.countersign.api.route.Routes;
import jakarta.servlet.ServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * What a filter has decided on a request, for its later dispatches. Lives in attributes of the request; the type is private
 * to this package, so that nothing else can make one.
 */
sealed interface Mark {
    /** Under this name: the request passed unverified, and which filters let it. */
    String OPEN_ATTRIBUTE = "dev.countersign.servlet.open";
    /** Under this name: the request was verified. */
    String VERIFIED_ATTRIBUTE = "dev.countersign.servlet.verified";

    /** Passed unverified, because its path is open. */
    record Open(Routes by) implements Mark {}

    /** Verified. */
    record Verified(RequestVerifier by, VerifiedRequest request) implements Mark {}

    static boolean isOpen(ServletRequest request, Routes routes) {
        return request.getAttribute(OPEN_ATTRIBUTE) instanceof Open open && open.by == routes;
    }

    static @Nullable Verified verified(ServletRequest request) {
        return request.getAttribute(VERIFIED_ATTRIBUTE) instanceof Verified verified ? verified : null;
    }

    /** Puts the mark on the request. */
    static void put(ServletRequest request, Mark mark) {
        request.setAttribute(mark instanceof Open ? OPEN_ATTRIBUTE : VERIFIED_ATTRIBUTE, mark);
    }
}

package dev.countersign.servlet;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;

/** The request as the container read it, beneath what filters and frameworks have put around it. */
final class ContainerRequest {
    private static final int DEEPEST = 1_000;

    private ContainerRequest() {}

    /** Beneath all wrappers: only that one says what was sent. */
    static HttpServletRequest of(HttpServletRequest request) {
        ServletRequest current = request;
        for (int depth = 0; current instanceof ServletRequestWrapper wrapper; depth++) {
            if (depth == DEEPEST) {
                throw new IllegalStateException("a request in more than " + DEEPEST + " wrappers");
            }
            current = wrapper.getRequest();
        }
        if (current instanceof HttpServletRequest http) {
            return http;
        }
        throw new IllegalStateException("beneath the wrappers is no HTTP request");
    }
}

package dev.countersign.servlet;

import dev.countersign.api.RequestHead;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;

/** A servlet request as the verifier reads it. */
record ServletHead(HttpServletRequest request, String target) implements RequestHead {
    @Override
    public String method() {
        return request.getMethod();
    }

    @Override
    public List<String> headers(String name) {
        // A container may keep headers to itself and answer null; to us they are absent then.
        Enumeration<String> values = request.getHeaders(name);
        return values == null ? List.of() : Collections.list(values);
    }

    @Override
    public long announcedBodyBytes() {
        return request.getContentLengthLong();
    }

    @Override
    public String toString() {
        return "ServletHead";
    }
}

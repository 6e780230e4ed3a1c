package dev.countersign.servlet;

import dev.countersign.api.ErrorAnswer;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Sends the answers to requests that are not served, and sees to what is left of their bodies. Thread-safe. */
final class RefusalSender {
    /** What of a body is not read when its request is answered. */
    enum Rest {
        NONE,
        /** The client sends nothing: it waits for {@code 100 Continue}, or has stopped. */
        WITHHELD,
        COMING
    }

    private final BodyDrains drains;

    RefusalSender(BodyDrains drains) {
        this.drains = drains;
    }

    /** How many bodies are read and dropped now. */
    int drainsRunning() {
        return drains.running();
    }

    /** By the head alone, before a byte of the body was read. */
    void sendWithHead(HttpServletRequest request, HttpServletResponse response, ErrorAnswer answer) throws IOException {
        send(request, response, answer, restOfUntouchedBody(request));
    }

    void send(HttpServletRequest request, HttpServletResponse response, ErrorAnswer answer, Rest rest)
            throws IOException {
        if (sendAlone(request, response, answer, rest)) {
            // A connection that closes under what is still sent is reset, and the answer lost with it.
            drains.begin(request);
        }
    }

    /** Sends an answer; true if the rest of the body should be read and dropped before the connection closes. */
    boolean sendAlone(HttpServletRequest request, HttpServletResponse response, ErrorAnswer answer, Rest rest)
            throws IOException {
        byte[] content = answer.body();
        response.setStatus(answer.status());
        answer.headers().forEach(response::setHeader);
        response.setContentLength(content.length);
        // The rest of the body is in the way of the next request. Later protocols end the one stream alone.
        boolean closes = rest != Rest.NONE && request.getProtocol().startsWith("HTTP/1");
        if (closes) {
            response.setHeader("Connection", "close");
        }
        if (!"HEAD".equals(request.getMethod())) {
            response.getOutputStream().write(content);
        }
        response.flushBuffer();
        return closes && rest == Rest.COMING;
    }

    /** Drops the rest of a body that is read in asynchronous mode already: what its listener is to call, or null for no place. */
    @Nullable ReadListener drain(AsyncContext async, ServletInputStream in) {
        return drains.goOn(async, in);
    }

    /** The framing of a body is broken, or its end is missing: what a container answers where it is asked to. */
    void sendBrokenOff(HttpServletResponse response) throws IOException {
        sendAndClose(response, HttpServletResponse.SC_BAD_REQUEST);
    }

    /** Where some containers answer with a 500. */
    void sendTimeout(HttpServletResponse response) throws IOException {
        sendAndClose(response, HttpServletResponse.SC_REQUEST_TIMEOUT);
    }

    private static void sendAndClose(HttpServletResponse response, int status) throws IOException {
        response.setStatus(status);
        response.setHeader("Connection", "close");
        response.setContentLength(0);
        response.flushBuffer();
    }

    /** What is left of a body of which nothing was read. */
    static Rest restOfUntouchedBody(HttpServletRequest request) {
        if (request.getContentLengthLong() <= 0 && request.getHeader("Transfer-Encoding") == null) {
            return Rest.NONE;
        }
        // Reading would ask for the body.
        return request.getHeader("Expect") != null ? Rest.WITHHELD : Rest.COMING;
    }
}

package dev.countersign.conformance.server;

import java.io.IOException;

/** What came back is not one whole answer of HTTP/1.1; the message is a sentence that says why. */
final class MalformedAnswerException extends IOException {
    private static final long serialVersionUID = 1L;

    MalformedAnswerException(String message) {
        super(message);
    }
}

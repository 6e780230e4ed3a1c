package dev.countersign.conformance.server;

import java.io.IOException;

/** The answer did not come in time. */
final class LateAnswerException extends IOException {
    private static final long serialVersionUID = 1L;

    LateAnswerException(String message) {
        super(message);
    }
}

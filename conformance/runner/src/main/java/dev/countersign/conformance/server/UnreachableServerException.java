package dev.countersign.conformance.server;

import java.io.IOException;

/** There is no server, or none that can be asked: further cases would fare no better. */
final class UnreachableServerException extends IOException {
    private static final long serialVersionUID = 1L;

    UnreachableServerException(String message) {
        super(message);
    }

    UnreachableServerException(String message, Throwable cause) {
        super(message, cause);
    }
}

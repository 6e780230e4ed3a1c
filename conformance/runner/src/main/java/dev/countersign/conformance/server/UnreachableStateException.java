package dev.countersign.conformance.server;

/** The server cannot be brought into a state that a case needs; the message says which. */
final class UnreachableStateException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreachableStateException(String message) {
        super(message);
    }
}

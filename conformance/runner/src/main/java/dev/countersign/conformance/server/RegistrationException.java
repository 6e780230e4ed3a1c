package dev.countersign.conformance.server;

/** The server did not register or revoke a device as it should have; the message is a sentence about it. */
final class RegistrationException extends Exception {
    private static final long serialVersionUID = 1L;

    RegistrationException(String message) {
        super(message);
    }
}

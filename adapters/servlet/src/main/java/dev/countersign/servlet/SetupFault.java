package dev.countersign.servlet;

/** The application is put together so that its requests cannot be verified. The message says what to change. */
final class SetupFault extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    SetupFault(String message) {
        super(message);
    }

    SetupFault(String message, Throwable cause) {
        super(message, cause);
    }
}

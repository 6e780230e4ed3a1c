package dev.countersign.quickstart;

/** Why the server does not start, told to whoever started it: the message is all that is printed. */
final class StartupException extends Exception {
    private static final long serialVersionUID = 1L;

    StartupException(String message) {
        super(message);
    }

    StartupException(String message, Throwable cause) {
        super(message, cause);
    }
}

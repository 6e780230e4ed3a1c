package dev.countersign.keystore.jdbc.failure;

import java.sql.SQLException;

/**
 * Stands for a failure of a driver, a pool or the network, with its type, its codes, its place, and of its text what
 * may be shown.
 */
public final class RedactedCause extends Exception {
    private static final long serialVersionUID = 1L;
    public static final int DEPTH = 8;

    private RedactedCause(Throwable original) {
        super(original.getClass().getName() + ": " + describe(original));
        setStackTrace(original.getStackTrace());
    }

    public static RedactedCause of(Throwable original) {
        return of(original, DEPTH);
    }

    private static RedactedCause of(Throwable original, int depth) {
        RedactedCause shown = new RedactedCause(original);
        Throwable cause = original.getCause();
        if (cause != null && cause != original && depth > 1) {
            shown.initCause(of(cause, depth - 1));
        }
        return shown;
    }

    private static String describe(Throwable original) {
        String text = FailureText.of(original);
        String shown = text == null ? "(its text is left out, for it may show keys or ids)" : text;
        return original instanceof SQLException failure
                ? shown + " [SQLState " + StoreFailure.code(failure) + ", error code " + failure.getErrorCode() + "]"
                : shown;
    }
}

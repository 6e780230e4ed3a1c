package dev.countersign.servlet;

/**
 * The parts of a verified request cannot be had. Where it leaves the application, the filter answers with its status; a servlet may
 * as well catch it.
 */
public final class MultipartException extends IllegalStateException {
    static final int MALFORMED = 400;
    static final int TOO_LARGE = 413;
    static final int UNSUPPORTED = 415;

    private static final long serialVersionUID = 1L;

    private final int status;

    MultipartException(int status, String message, Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    MultipartException(int status, String message) {
        super(message);
        this.status = status;
    }

    /**
     * What fits as an answer: 400 for a body that has not the form, 413 for one beyond a limit of {@link MultipartLimits} or of the
     * container, 415 where commons-fileupload2 is missing.
     */
    public int status() {
        return status;
    }
}

package dev.countersign.api.store;

/**
 * A store refused a call because its queue is full. The call did not begin and may succeed later. The exception says
 * nothing about the database or server behind the store: a cache that serves its records in an outage must not take it
 * for one. A verifier answers the request with 503.
 *
 * <p>It has no stack trace, because floods of requests cause it.
 */
public final class StoreOverloadedException extends RuntimeException implements ChangeFailure {
    private static final long serialVersionUID = 1L;

    /**
     * An exception without a cause and without a stack trace.
     *
     * @param message what is full, without anything that a client sent
     */
    public StoreOverloadedException(String message) {
        super(message, null, false, false);
    }

    /** False: the call was not begun. */
    @Override
    public boolean isOutcomeUnknown() {
        return false;
    }
}

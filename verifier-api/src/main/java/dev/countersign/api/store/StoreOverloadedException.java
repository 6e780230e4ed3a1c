package dev.countersign.api.store;

/**
 * A store's own queue, or its share of threads and connections, is taken: the call was not begun, and calling again later
 * may succeed. It says nothing about the database or the server behind the store, which may be well; so who serves
 * what it remembers while a store is down must not take it for an outage. A verifier answers the request with 503.
 *
 * <p>Has no stack trace, for it is made in floods.
 */
public final class StoreOverloadedException extends RuntimeException implements ChangeFailure {
    private static final long serialVersionUID = 1L;

    /**
     * An exception without a cause and without a stack trace.
     *
     * @param message what is taken, without anything that a client sent
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

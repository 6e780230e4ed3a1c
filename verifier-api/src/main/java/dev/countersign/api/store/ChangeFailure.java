package dev.countersign.api.store;

/**
 * A failure that knows whether its change may have been made. For a failure that does not implement this interface,
 * that is unknown.
 */
public interface ChangeFailure {
    /**
     * Whether the change may have been made, because the commit was not answered for instance. False means that it was
     * not made, or that the call changes nothing.
     */
    boolean isOutcomeUnknown();
}

package dev.countersign.api.store;

/**
 * Implemented by the failure of a store that knows whether the change which it ended may have been made all the same. Of a
 * failure that does not implement it, nobody knows.
 */
public interface ChangeFailure {
    /**
     * Whether the change may have been made: a commit that was not answered, for instance. If not, it was not made. Of a call
     * that changes nothing it is false.
     */
    boolean isOutcomeUnknown();
}

package dev.countersign.api;

/**
 * Called with each verdict, once. Metrics and logs are listeners; the verifier itself logs nothing.
 *
 * <p>Called on the thread that reached the verdict, before the caller gets it: be quick and do not block. That is the
 * caller's own thread for {@link RequestVerifier#verify}. Must be
 * thread-safe. An exception is counted by the verifier and changes nothing.
 */
@FunctionalInterface
public interface VerificationListener {
    /**
     * Takes note of a verdict.
     *
     * @param event valid during the call and after; thread-safe
     */
    void onVerdict(VerificationEvent event);

    /**
     * Takes note that a store was asked and gave no answer that can be used; at most once a second for each store, and once more
     * for calls that it refused because too many wait. Where a limit of the verifier or its cache kept it from asking there is no
     * call. Does nothing unless overridden.
     */
    default void onStoreFailure(StoreFailure failure) {}
}

package dev.countersign.api;

/**
 * Gets each verdict, once. Write metrics and logs as listeners; the verifier itself logs nothing.
 *
 * <p>The verifier calls it on the thread that reached the verdict, before the caller gets the verdict: be quick and do
 * not block. With {@link RequestVerifier#verify} this is the caller's thread. A listener must be thread-safe. The
 * verifier counts and otherwise ignores its exceptions.
 *
 * <pre>{@code
 * VerificationListener metrics = event ->
 *         counter(event.reason().map(Enum::name).orElse("ACCEPTED")).increment();
 * }</pre>
 */
@FunctionalInterface
public interface VerificationListener {
    /**
     * Called with a verdict.
     *
     * @param event valid during the call and after; thread-safe
     */
    void onVerdict(VerificationEvent event);

    /**
     * Called if a store gave no usable answer: at most once a second for each store, and at most once more a second for
     * calls that the store refused for overload. Not called if a limit of the verifier or its cache prevented the call
     * of the store. Does nothing by default.
     */
    default void onStoreFailure(StoreFailure failure) {}
}

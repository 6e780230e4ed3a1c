package dev.countersign.api;

/**
 * Told of each verdict, once. Metrics and logs are listeners; the verifier itself logs nothing.
 *
 * <p>Called on the thread that reached the verdict, before the caller gets it: be quick and do not block. Must be
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
}

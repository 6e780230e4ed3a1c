package dev.countersign.core.step;

import dev.countersign.api.wire.HttpMethod;

/**
 * §8.4 (3): the nonce was not seen before: for writes by the document, for every method by default here.
 *
 * <p>This step says only for which requests that is required. Whether the nonce was seen is decided by the claim, step
 * (7), in one atomic act: looking now and storing later would let two copies that come together both pass.
 */
public final class RequireUnseenNonce {
    private final boolean onWritesOnly;
    private final boolean readsWithoutStore;

    /**
     * The step.
     *
     * @param onWritesOnly whether GET, HEAD, OPTIONS and TRACE are left unprotected
     * @param readsWithoutStore whether they are while the nonce store is unavailable
     */
    public RequireUnseenNonce(boolean onWritesOnly, boolean readsWithoutStore) {
        this.onWritesOnly = onWritesOnly;
        this.readsWithoutStore = readsWithoutStore;
    }

    /** Whether a request with this method must be claimed. */
    public boolean isRequiredFor(String method) {
        return !onWritesOnly || HttpMethod.isWrite(method);
    }

    /** Whether a request with this method passes unclaimed where the nonce store is unavailable. */
    public boolean isWaivedFor(String method) {
        return readsWithoutStore && !HttpMethod.isWrite(method);
    }
}

package dev.countersign.tck.adapter;

import dev.countersign.api.RequestVerifier;
import java.util.Map;

/**
 * A way to sign requests and the verifier that checks it: what a contract's requests are signed with. {@link DigestScheme} has
 * no secrets and needs no library; a test that has a real verifier at hand runs the contract over that too. The contract expects
 * of it what the protocol says of targets, methods, headers and bodies.
 */
public interface TestScheme extends AutoCloseable {
    /** Its verifier, always the same. Refuses bodies of more than {@link #maxBodyBytes}. */
    RequestVerifier verifier();

    /**
     * Signs a request that was not signed before.
     *
     * @param path as it is on the wire, without the query
     * @return name and value of each header that it takes, in order; a map of the caller's own
     */
    Map<String, String> sign(String method, String path, byte[] body);

    /** How long a body may be. */
    int maxBodyBytes();

    /** Closes the verifier. */
    @Override
    void close();
}

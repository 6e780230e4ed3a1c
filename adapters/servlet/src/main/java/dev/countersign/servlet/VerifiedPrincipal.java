package dev.countersign.servlet;

import dev.countersign.api.VerifiedRequest;
import java.security.Principal;
import java.util.Objects;

/**
 * Who signed a request, as {@code HttpServletRequest.getUserPrincipal()} gives it. Its name is the keyed hash that logs show,
 * because frameworks write the names of principals to their logs. Immutable and thread-safe.
 */
public final class VerifiedPrincipal implements Principal {
    private final VerifiedRequest request;

    VerifiedPrincipal(VerifiedRequest request) {
        this.request = request;
    }

    /** What was verified, with the signer's identity. */
    public VerifiedRequest request() {
        return request;
    }

    /** {@link VerifiedRequest#signerHash}. */
    @Override
    public String getName() {
        return request.signerHash();
    }

    /** Whether both stand for the same signer. */
    @Override
    public boolean equals(Object other) {
        return other instanceof VerifiedPrincipal principal
                && principal.request.signer().equals(request.signer())
                && principal.request.scheme().equals(request.scheme());
    }

    @Override
    public int hashCode() {
        return Objects.hash(request.signer(), request.scheme());
    }

    /** Shows the keyed hash alone. */
    @Override
    public String toString() {
        return "VerifiedPrincipal[" + getName() + "]";
    }
}

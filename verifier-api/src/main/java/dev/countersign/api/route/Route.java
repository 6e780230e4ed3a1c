package dev.countersign.api.route;

import dev.countersign.api.ErrorAnswer;
import dev.countersign.api.RequestVerifier;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter does with a request: let it pass, have it verified, or refuse it. One of the three. Immutable and
 * thread-safe.
 */
public final class Route {
    static final Route OPEN = new Route(null, null);
    static final Route REFUSED = new Route(null, ErrorAnswer.invalidRequest());

    private final @Nullable RequestVerifier verifier;
    private final @Nullable ErrorAnswer refusal;

    private Route(@Nullable RequestVerifier verifier, @Nullable ErrorAnswer refusal) {
        this.verifier = verifier;
        this.refusal = refusal;
    }

    static Route verifiedBy(RequestVerifier verifier) {
        return new Route(verifier, null);
    }

    /** Whether the request passes without being verified. */
    public boolean isOpen() {
        return verifier == null && refusal == null;
    }

    /** What verifies the request; empty if it is open or refused. */
    public Optional<RequestVerifier> verifier() {
        return Optional.ofNullable(verifier);
    }

    /** The answer to send at once; empty unless the request is refused for its path. */
    public Optional<ErrorAnswer> refusal() {
        return Optional.ofNullable(refusal);
    }

    @Override
    public String toString() {
        return verifier != null ? "Route[verified]" : refusal != null ? "Route[refused]" : "Route[open]";
    }
}

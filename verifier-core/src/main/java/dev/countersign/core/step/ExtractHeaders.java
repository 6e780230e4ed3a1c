package dev.countersign.core.step;

import static dev.countersign.api.RejectionReason.UNSUPPORTED_VERSION;

import dev.countersign.api.RequestHead;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.wire.DecimalText;

/**
 * §8.4 (1): all six headers are there. The version comes first, and the scheme that it names reads the rest, so that a
 * request of another scheme is rejected for its scheme and not for lack of a header of this one.
 */
public final class ExtractHeaders {
    private static final int MAX_VERSION_DIGITS = 4;

    private final HeadRules rules;

    /** The step under the deployment's rules. */
    public ExtractHeaders(HeadRules rules) {
        this.rules = rules;
    }

    /** Reads the head; looks at no more than two values of each header. */
    public HeadResult apply(RequestHead head) {
        String text = HeaderValues.single(head, SignedHeaders.SIG_VERSION);
        if (text == null) {
            return HeadResult.fault(Objection.missing(SignedHeaders.SIG_VERSION));
        }
        long version = DecimalText.parse(text, MAX_VERSION_DIGITS);
        if (version <= 0) {
            return HeadResult.fault(Objection.malformed(SignedHeaders.SIG_VERSION));
        }
        SignatureScheme scheme = SchemeRegistry.find((int) version);
        return scheme == null ? HeadResult.fault(Objection.of(UNSUPPORTED_VERSION)) : scheme.readHead(head, rules);
    }
}

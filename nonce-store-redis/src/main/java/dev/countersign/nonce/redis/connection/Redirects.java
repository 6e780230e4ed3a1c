package dev.countersign.nonce.redis.connection;

import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.trouble.ErrorReply;

/**
 * What becomes of a claim that a server did not run, because another node may. Called from any thread; never blocks.
 */
public interface Redirects {
    /** Outside a Cluster there is no other node. */
    Redirects NONE = new Redirects() {
        @Override
        public boolean redirect(Target from, ClaimCall call, ErrorReply error) {
            return false;
        }

        @Override
        public boolean claimInSteps(ClaimCall call) {
            return false;
        }
    };

    /** Redis answered a claim with an error: true if the claim is taken care of. */
    boolean redirect(Target from, ClaimCall call, ErrorReply error);

    /** Another claim holds a token, and is not decided yet: true if this claim is taken care of. */
    boolean claimInSteps(ClaimCall call);
}

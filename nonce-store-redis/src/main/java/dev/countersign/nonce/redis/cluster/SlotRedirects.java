package dev.countersign.nonce.redis.cluster;

import dev.countersign.nonce.redis.claim.ClaimCall;
import dev.countersign.nonce.redis.connection.PrimaryConnection;
import dev.countersign.nonce.redis.connection.Redirects;
import dev.countersign.nonce.redis.connection.Target;
import dev.countersign.nonce.redis.context.StoreContext;
import dev.countersign.nonce.redis.trouble.ErrorReply;
import java.util.concurrent.atomic.LongAdder;

/**
 * Sends claims on to the node that MOVED or ASK names: they say that nothing was run, so this is no second delivery.
 * TRYAGAIN makes a claim a {@link SteppedClaim}. Thread-safe.
 */
final class SlotRedirects implements Redirects {
    private static final int MOST_HOPS = 2;

    private final StoreContext context;
    private final SlotRouter router;
    private final LongAdder stepped = new LongAdder();

    SlotRedirects(StoreContext context, SlotRouter router) {
        this.context = context;
        this.router = router;
    }

    @Override
    public boolean redirect(Target from, ClaimCall call, ErrorReply error) {
        return switch (error.code()) {
            case TRY_AGAIN -> claimInSteps(call);
            case MOVED, ASK -> {
                sendOn(from, call, error);
                yield true;
            }
            case CLUSTER_DOWN -> {
                router.askAgain();
                yield false;
            }
            default -> false;
        };
    }

    /** Whatever state the slot is in; false if there is one token only, which needs no steps. */
    @Override
    public boolean claimInSteps(ClaimCall call) {
        byte[] signatureKey = call.signatureKey;
        if (signatureKey == null) {
            return false;
        }
        stepped.increment();
        new SteppedClaim(context, router, call, signatureKey).start();
        return true;
    }

    /** How many claims were made in steps. */
    long stepped() {
        return stepped.sum();
    }

    private void sendOn(Target from, ClaimCall call, ErrorReply redirect) {
        PrimaryConnection next = router.follow(from, redirect);
        boolean late = call.isLate(context.timeLimitNanos());
        if (next == null || late || call.hops == MOST_HOPS) {
            call.fail(ClaimCall.Failure.NOT_STORED, "the slot has moved, and its node cannot be asked now");
            return;
        }
        call.hops++;
        call.asking = redirect.code() == ErrorReply.Code.ASK;
        next.claim(call);
    }
}

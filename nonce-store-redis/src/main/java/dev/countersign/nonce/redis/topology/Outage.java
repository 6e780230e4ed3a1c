package dev.countersign.nonce.redis.topology;

import dev.countersign.nonce.redis.context.StoreContext;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Reports the outages of one server: when one begins, each of its reasons once, and when it ends. On the store's
 * thread.
 */
public final class Outage {
    private static final int MOST_REASONS = 32;

    private final StoreContext context;
    private final Set<String> reported = new HashSet<>();
    private boolean underWay;
    private long began = System.nanoTime();

    public Outage(StoreContext context) {
        this.context = context;
    }

    /** The server cannot be used, for a reason in words. */
    public void troubled(String server, String reason) {
        context.changed();
        if (!underWay) {
            underWay = true;
            began = System.nanoTime();
            reported.add(reason);
            context.counters().outages.increment();
            context.events().outageBegan(server, reason);
        } else if (reported.size() < MOST_REASONS && reported.add(reason)) {
            context.events().outageReasonChanged(server, reason);
        }
    }

    /** It can. */
    public void over(String server) {
        context.changed();
        if (underWay) {
            underWay = false;
            reported.clear();
            Duration lasted = Duration.ofNanos(System.nanoTime() - began);
            context.events().outageEnded(server, lasted);
        }
    }
}

package dev.countersign.nonce.redis;

import dev.countersign.nonce.redis.context.StoreContext;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/** What the listener is told of one server's outages: when one begins, each of its reasons once, and when it ends. On the store's thread. */
final class Outage {
    private static final int MOST_REASONS = 32;

    private final StoreContext context;
    private final Set<String> told = new HashSet<>();
    private boolean underWay;
    private long began = System.nanoTime();

    Outage(StoreContext context) {
        this.context = context;
    }

    /** The server cannot be used, for a reason in words. */
    void troubled(String server, String reason) {
        if (!underWay) {
            underWay = true;
            began = System.nanoTime();
            told.add(reason);
            context.counters().outages.increment();
            context.events().outageBegan(server, reason);
        } else if (told.size() < MOST_REASONS && told.add(reason)) {
            context.events().outageReasonChanged(server, reason);
        }
    }

    /** It can. */
    void over(String server) {
        if (underWay) {
            underWay = false;
            told.clear();
            Duration lasted = Duration.ofNanos(System.nanoTime() - began);
            context.events().outageEnded(server, lasted);
        }
    }
}

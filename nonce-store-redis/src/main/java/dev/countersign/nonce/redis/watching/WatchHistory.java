package dev.countersign.nonce.redis.watching;

import dev.countersign.api.store.NonceStore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a store remembers of a place from one connection to the next: a place is a server that stands alone, a group
 * under Sentinel, or a shard of a Cluster. Thread-safe.
 */
public final class WatchHistory {
    private final AtomicLong lastClaim = new AtomicLong(Long.MIN_VALUE);
    private final AtomicLong lastLook = new AtomicLong(Long.MIN_VALUE);
    private final AtomicLong floor = new AtomicLong(NonceStore.ALWAYS);
    private volatile @Nullable WatchRecord lastRecord;
    private String clockOwner = "";
    private ServerClock clock = new ServerClock();

    /** The record relied on last, or null at the start. */
    public @Nullable WatchRecord lastRecord() {
        return lastRecord;
    }

    /**
     * A server's record is relied on.
     *
     * @param second in which it was: then the server took claims, other nodes' as well
     */
    public void relyOn(WatchRecord record, long second) {
        lastLook.accumulateAndGet(second, Math::max);
        lastRecord = record;
    }

    /** A claim dated with this second is about to be sent. */
    public void claiming(long second) {
        if (second > lastClaim.get()) {
            lastClaim.accumulateAndGet(second, Math::max);
        }
    }

    /** The latest second that a claim was dated with. */
    public long lastClaim() {
        return lastClaim.get();
    }

    /**
     * The latest second in which a server that was relied on here is known to have taken claims: this store's own, and
     * those of other nodes, of which it has not heard.
     */
    public long lastInUse() {
        return Math.max(lastClaim.get(), lastLook.get());
    }

    /** The clock of a server, as it was when it was read last, on this connection or on one before. */
    public synchronized ServerClock clockOf(String server) {
        if (!clockOwner.equals(server)) {
            clockOwner = server;
            clock = new ServerClock();
        }
        return clock;
    }

    /** The second up to which claims that came from elsewhere can be lost, whatever the record of this place says. */
    public long floor() {
        return floor.get();
    }

    /** This place holds claims that another one can have lost up to a second. */
    public void inherit(long second) {
        if (second > floor.get()) {
            floor.accumulateAndGet(second, Math::max);
        }
    }

    /**
     * The second since which this place is watched, as far as known: claims of requests signed up to then can be lost.
     */
    public long since() {
        WatchRecord known = lastRecord;
        return known == null ? floor.get() : Math.max(floor.get(), known.since());
    }

    /**
     * Slots of another place are served by this one now. Whether their claims were handed over one by one (a
     * migration), or are what a replica happened to have (a failover), cannot be seen here: this place has lost at
     * least what that one had lost, and if its server is a new one, it is watched since a later second than that of the
     * last claim that was made there.
     *
     * @param before may be this place
     */
    public void succeed(WatchHistory before) {
        inherit(before.since());
        claiming(before.lastClaim());
        lastLook.accumulateAndGet(before.lastLook.get(), Math::max);
        if (lastRecord == null) {
            lastRecord = before.lastRecord();
        }
    }
}

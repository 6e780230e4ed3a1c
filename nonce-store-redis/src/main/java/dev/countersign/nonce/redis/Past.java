package dev.countersign.nonce.redis;

import dev.countersign.api.store.NonceStore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a store remembers of a place from one connection to the next: a place is a server that stands alone, a group under
 * Sentinel, or a shard of a Cluster. Thread-safe.
 */
final class Past {
    private final AtomicLong lastClaim = new AtomicLong(Long.MIN_VALUE);
    private final AtomicLong lastLook = new AtomicLong(Long.MIN_VALUE);
    private final AtomicLong floor = new AtomicLong(NonceStore.ALWAYS);
    private volatile @Nullable Witness witness;
    private String clockOwner = "";
    private ServerClock clock = new ServerClock();

    /** The record relied on last, or null at the start. */
    @Nullable Witness witness() {
        return witness;
    }

    /**
     * A server's record is relied on.
     *
     * @param second in which it was: then the server took claims, other nodes' as well
     */
    void relyOn(Witness newWitness, long second) {
        lastLook.accumulateAndGet(second, Math::max);
        witness = newWitness;
    }

    /** A claim dated with this second is about to be sent. */
    void claiming(long second) {
        if (second > lastClaim.get()) {
            lastClaim.accumulateAndGet(second, Math::max);
        }
    }

    /** The latest second that a claim was dated with. */
    long lastClaim() {
        return lastClaim.get();
    }

    /**
     * The latest second in which a server that was relied on here is known to have taken claims: this store's own, and those of
     * other nodes, of which it has not heard.
     */
    long lastInUse() {
        return Math.max(lastClaim.get(), lastLook.get());
    }

    /** The clock of a server, as it was when it was read last, on this connection or on one before. */
    synchronized ServerClock clockOf(String server) {
        if (!clockOwner.equals(server)) {
            clockOwner = server;
            clock = new ServerClock();
        }
        return clock;
    }

    /** The second up to which nobody vouches for claims that came from elsewhere, whatever the record of this place says. */
    long floor() {
        return floor.get();
    }

    /** This place holds claims that another one can have lost up to a second. */
    void inherit(long second) {
        if (second > floor.get()) {
            floor.accumulateAndGet(second, Math::max);
        }
    }

    /** The latest second up to which nobody vouches for this place. */
    long since() {
        Witness known = witness;
        return known == null ? floor.get() : Math.max(floor.get(), known.since());
    }

    /**
     * Slots of another place are served by this one now. Whether their claims were handed over one by one (a migration), or
     * are what a replica happened to have (a failover), cannot be told here: this place has lost at least what that one had
     * lost, and if its server is a new one, it must vouch from later than the last claim that was made there.
     *
     * @param before may be this place
     */
    void succeed(Past before) {
        inherit(before.since());
        claiming(before.lastClaim());
        lastLook.accumulateAndGet(before.lastLook.get(), Math::max);
        if (witness == null) {
            witness = before.witness();
        }
    }
}

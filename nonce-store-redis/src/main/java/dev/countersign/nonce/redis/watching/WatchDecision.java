package dev.countersign.nonce.redis.watching;

import dev.countersign.api.store.NonceStore;
import org.jspecify.annotations.Nullable;

/**
 * Since when a server is watched, that is, since when its claims are complete. A pure function of what the server
 * reports and what the store knows of it.
 *
 * @param since the Unix second: requests that were signed later are judged, earlier ones are refused
 * @param cause why the watch record must be written, or null to rely on the record as it is
 */
public record WatchDecision(long since, @Nullable Cause cause) {
    /** Why watching begins anew. */
    public enum Cause {
        /** The server has no record: it is new, it was emptied, or it lost its data in a restart. */
        EMPTY,
        /** The record names another server, or this one in another role: a restart, a failover, a restored copy. */
        OTHER_SERVER,
        /** The record was written anew with less than this store has known of it. */
        BEGUN_AGAIN,
        /** Another server took claims since this server's record was written. */
        CLAIMED_ELSEWHERE,
        /** It serves slots of a Cluster whose former server is watched since a later second. */
        MOVED_HERE,
        /** The server's clock leapt ahead, so that claims may have ended too early. */
        CLOCK_LEAP
    }

    /**
     * Decides.
     *
     * @param server the server's present identity
     * @param found its record; null if there is none
     * @param past the record that this store relied on last, of this server or of another one; null at the start
     * @param lastInUse the latest second in which this store sent a claim, or found the server of that record in use:
     *     other nodes can have made claims there up to then
     * @param now the second since which it is watched if nothing better is known
     * @param mayBeFirst whether a server without a record was declared to be the first one
     */
    public static WatchDecision decide(
            String server,
            @Nullable WatchRecord found,
            @Nullable WatchRecord past,
            long lastInUse,
            long now,
            boolean mayBeFirst) {
        boolean moved = past != null && !past.server().equals(server);
        long anew = moved ? Math.max(now, lastInUse) : now;
        if (found == null) {
            return past == null && mayBeFirst
                    ? new WatchDecision(NonceStore.ALWAYS, Cause.EMPTY)
                    : new WatchDecision(atLeast(anew, past, server), Cause.EMPTY);
        }
        if (!found.server().equals(server)) {
            // The clocks of the nodes differ: what another one wrote for the same data is not undercut.
            return new WatchDecision(Math.max(anew, found.since()), Cause.OTHER_SERVER);
        }
        if (past == null || found.equals(past)) {
            return new WatchDecision(found.since(), null);
        }
        if (moved) {
            // Also the one that was left and is found again as it was: the one in between had claims that this one has
            // not.
            return found.since() >= lastInUse
                    ? new WatchDecision(found.since(), null)
                    : new WatchDecision(anew, Cause.CLAIMED_ELSEWHERE);
        }
        // Of the same server, written since: another node began to watch anew, from a later second. Anything else was
        // written
        // by a node that found no record, so the data had gone.
        return found.since() > past.since()
                ? new WatchDecision(found.since(), null)
                : new WatchDecision(atLeast(anew, past, server), Cause.BEGUN_AGAIN);
    }

    /** A server's second never decreases: a node whose clock is behind must not go back before what others wrote. */
    private static long atLeast(long second, @Nullable WatchRecord past, String server) {
        return past != null && past.server().equals(server) ? Math.max(second, past.since()) : second;
    }
}

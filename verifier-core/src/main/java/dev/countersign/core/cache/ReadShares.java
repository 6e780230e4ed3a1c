package dev.countersign.core.cache;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The reads that may be under way, in two shares: one that is open to all, and a reserve for devices at hand where that
 * is full. A request is rejected as unknown or badly signed only by a read of the open share, and only while nobody is
 * turned away from it: what the answer is then says nothing of whether the device is known. Thread-safe.
 */
final class ReadShares {
    /** Refreshes end where this part of the open share is taken: somebody waits for the others. */
    private static final int PART_OF_REFRESHES = 2;

    private static final int WHOLE = 1;

    /** This part of the reads is kept for devices at hand. */
    private static final int PART_OF_RESERVE = 4;

    /** A read is to be answered within this part of its time limit. */
    private static final int PART_OF_LIMIT = 4;

    private final LongSupplier nanoTime;
    private final ReadShare open;
    private final ReadShare reserve;

    /** When somebody was last turned away from the open share, or would have been. */
    private volatile long turnedAwayAt;

    /**
     * Two shares.
     *
     * @param most how many reads may be under way in both
     * @param limitNanos how long a read may take
     */
    ReadShares(int most, long limitNanos, LongSupplier nanoTime) {
        int kept = Math.max(1, most / PART_OF_RESERVE);
        this.nanoTime = nanoTime;
        this.turnedAwayAt = nanoTime.getAsLong() - 1;
        this.open = new ReadShare(most - kept, limitNanos / PART_OF_LIMIT);
        this.reserve = new ReadShare(kept, limitNanos / PART_OF_LIMIT);
    }

    /** A place in the open share, or null and a note of that. */
    @Nullable ReadShare enterOpen() {
        if (open.enter(WHOLE)) {
            return open;
        }
        turnAway(nanoTime.getAsLong());
        return null;
    }

    /** A place in the open share, for a device at hand else one in the reserve; null if there is none. */
    @Nullable ReadShare enter(boolean isAtHand) {
        ReadShare share = enterOpen();
        return share == null && isAtHand ? enterReserve() : share;
    }

    @Nullable ReadShare enterReserve() {
        return reserve.enter(WHOLE) ? reserve : null;
    }

    /** A place in the open share, if much of it is free. */
    @Nullable ReadShare enterToRefresh() {
        return open.enter(PART_OF_REFRESHES) ? open : null;
    }

    boolean isOpen(ReadShare share) {
        return share == open;
    }

    /**
     * Whether the open share is full, and a note of that: a device that is neither at hand nor being read would be
     * turned away now, so one that is not turned away gets no other answer than that one.
     */
    boolean notesThatItIsFull() {
        boolean isFull = open.isFull();
        if (isFull) {
            turnAway(nanoTime.getAsLong());
        }
        return isFull;
    }

    /** Notes that somebody was turned away, or would have been. */
    void turnAway(long at) {
        turnedAwayAt = at;
    }

    /** Whether somebody was turned away since then, or would have been: then the request is rejected by nothing. */
    boolean isAnyTurnedAwaySince(long begunAt) {
        return turnedAwayAt - begunAt >= 0;
    }

    /** How many reads the store has not answered. */
    int underWay() {
        return open.underWay() + reserve.underWay();
    }

    ReadShare open() {
        return open;
    }

    ReadShare reserve() {
        return reserve;
    }
}

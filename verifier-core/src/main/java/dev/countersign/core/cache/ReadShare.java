package dev.countersign.core.cache;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A share of the reads that may be under way at the store. How large it is follows how long the store takes, so that a
 * read waits in a queue of the store for a part of its time limit at most, and what is begun is answered in time: each
 * answer that takes longer than aimed at halves the share, once for all that were begun before that; while the share is
 * full, answers in time make it grow, by one each until the first halving, and by one for a whole share of them after
 * that.
 *
 * <p>A read keeps its place until the store has answered it, also when nobody waits for it any more: the queue that it
 * stands in is no shorter for that. Thread-safe.
 */
final class ReadShare {
    private static final int FIRST = 32;
    private static final int LEAST = 8;

    private final int most;
    private final long aimNanos;
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile int size;

    // Guarded by "this".
    private boolean wasHalved;
    private long halvedAt;
    private int inTime;

    /**
     * A share.
     *
     * @param most how large it gets
     * @param aimNanos how long an answer should take at most
     */
    ReadShare(int most, long aimNanos) {
        this.most = most;
        this.aimNanos = aimNanos;
        this.size = Math.min(FIRST, most);
    }

    /** Takes a place, if there is one within this part of the share; at least one place is within it. */
    boolean enter(int part) {
        int limit = Math.max(1, size / part);
        if (underWay.incrementAndGet() <= limit) {
            return true;
        }
        underWay.decrementAndGet();
        return false;
    }

    boolean isFull() {
        return underWay.get() >= size;
    }

    /** Gives a place back. */
    void leave() {
        underWay.decrementAndGet();
    }

    /** Counts an answer, or that there was none in time. */
    void answered(long begunAt, long now) {
        if (now - begunAt > aimNanos) {
            halve(begunAt, now);
        } else if (size < most && isFull()) {
            grow();
        }
    }

    private synchronized void halve(long begunAt, long now) {
        if (wasHalved && begunAt - halvedAt < 0) {
            return;
        }
        wasHalved = true;
        halvedAt = now;
        inTime = 0;
        size = Math.max(Math.min(LEAST, most), size / 2);
    }

    private synchronized void grow() {
        inTime++;
        if (size < most && (!wasHalved || inTime >= size)) {
            inTime = 0;
            size++;
        }
    }

    int underWay() {
        return underWay.get();
    }

    /** How many may be under way now. */
    int size() {
        return size;
    }
}

package dev.countersign.core.diagnosis;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How much may be noted and explained: bounds of memory and work. Thread-safe; its lock is held for no more than
 * counting.
 */
final class Admission {
    static final int AT_ONCE = 16;
    static final int BEGUN_A_SECOND = 100;
    static final int EXPLAINED_A_SECOND = 5;
    static final long BODY_BYTES_A_SECOND = 8L << 20;

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier nanoTime;
    private long secondBegan;
    private int open;
    private int begun;
    private int explained;
    private long bodyBytes;

    Admission(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.secondBegan = nanoTime.getAsLong();
    }

    /** Whether one more request may be noted; if so, {@link #end} is to follow. */
    synchronized boolean begin() {
        turn();
        if (open >= AT_ONCE || begun >= BEGUN_A_SECOND) {
            return false;
        }
        open++;
        begun++;
        return true;
    }

    synchronized void end() {
        open--;
    }

    /** Whether one more rejection may be explained. */
    synchronized boolean explain() {
        turn();
        return explained < EXPLAINED_A_SECOND && ++explained > 0;
    }

    /** Whether so many bytes of a body may be hashed for other messages. */
    synchronized boolean takeBody(int bytes) {
        turn();
        if (bodyBytes + bytes > BODY_BYTES_A_SECOND) {
            return false;
        }
        bodyBytes += bytes;
        return true;
    }

    private void turn() {
        long now = nanoTime.getAsLong();
        if (now - secondBegan >= SECOND) {
            secondBegan = now;
            begun = 0;
            explained = 0;
            bodyBytes = 0;
        }
    }
}

package dev.countersign.core.verification;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Lets one pass a second, and counts the others. Thread-safe; its lock is held for no more than that. */
final class OncePerSecond {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier nanoTime;
    private boolean hasPassed;
    private long passedAt;
    private long leftOut;

    OncePerSecond(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** How many were left out since the last one that passed; negative if this one is left out, too. */
    long pass() {
        long now = nanoTime.getAsLong();
        synchronized (this) {
            if (hasPassed && now - passedAt < SECOND) {
                leftOut++;
                return -1;
            }
            hasPassed = true;
            passedAt = now;
            long before = leftOut;
            leftOut = 0;
            return before;
        }
    }
}

package dev.countersign.core.verification;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Lets one pass a second, and counts the others. Thread-safe. */
final class OncePerSecond {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier nanoTime;
    private final AtomicLong next;
    private final AtomicLong leftOut = new AtomicLong();

    OncePerSecond(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.next = new AtomicLong(nanoTime.getAsLong());
    }

    /** How many were left out since the last one that passed; negative if this one is left out, too. */
    long pass() {
        long now = nanoTime.getAsLong();
        long from = next.get();
        if (now - from < 0 || !next.compareAndSet(from, now + SECOND)) {
            leftOut.incrementAndGet();
            return -1;
        }
        return leftOut.getAndSet(0);
    }
}

package dev.countersign.core.verification;

import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Faults of our own, counted; the last one is kept for a bug report. Thread-safe. */
public final class InternalFaults {
    private final LongAdder count = new LongAdder();
    private volatile @Nullable Throwable last;

    void note(Throwable fault) {
        count.increment();
        last = fault;
    }

    /** How many there were. */
    public long count() {
        return count.sum();
    }

    /** The last one, or null if there was none. */
    public @Nullable Throwable last() {
        return last;
    }
}

package dev.countersign.core.cache;

import java.util.concurrent.atomic.LongAdder;

/** What a key cache counts; {@link dev.countersign.core.KeyCacheStats} says what each is. Thread-safe. */
public final class CacheCounters {
    public final LongAdder hits = new LongAdder();
    public final LongAdder unknownHits = new LongAdder();
    public final LongAdder misses = new LongAdder();
    public final LongAdder readsBegun = new LongAdder();
    public final LongAdder readFailures = new LongAdder();
    public final LongAdder readsRefused = new LongAdder();
    public final LongAdder coalesced = new LongAdder();
    public final LongAdder refreshes = new LongAdder();
    public final LongAdder rechecks = new LongAdder();
    public final LongAdder rechecksRefused = new LongAdder();
    public final LongAdder evictions = new LongAdder();
    public final LongAdder servedInOutage = new LongAdder();
    public final LongAdder polls = new LongAdder();
    public final LongAdder pollFailures = new LongAdder();
}

package dev.countersign.nonce.redis.context;

import java.util.concurrent.atomic.LongAdder;

/** What a store counts since it was built. Thread-safe. */
public final class StoreCounters {
    /** Claims that were asked for, without those that found too many in flight. */
    public final LongAdder claims = new LongAdder();

    /** Claims that may be stored, and have no answer. */
    public final LongAdder unknownOutcomes = new LongAdder();

    /** Claims that failed because too many were in flight. */
    public final LongAdder overloaded = new LongAdder();

    /** How often a server had lost the script. */
    public final LongAdder scriptsReloaded = new LongAdder();

    /** Connections that were checked and used. */
    public final LongAdder connections = new LongAdder();

    /** Outages that began. */
    public final LongAdder outages = new LongAdder();

    /** Calls of the listener that failed, or that it was too slow for. */
    public final LongAdder listenerFailures = new LongAdder();
}

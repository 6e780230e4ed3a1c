package dev.countersign.signer;

import java.util.OptionalLong;

/**
 * Where a {@link ClockOffset} outlives the process: one number under the name {@value #NAME}. A {@link ClockOffset} loads
 * once, when it is made, and saves one value at a time, in the order of the corrections.
 */
public interface ClockOffsetStore {
    /** The name under which clients keep the number. */
    String NAME = "clock_offset_ms";

    /** The number saved last, in milliseconds; empty if there is none. */
    OptionalLong load();

    /**
     * Keeps the number in place of the one before.
     *
     * @param offsetMillis server time minus local time, in milliseconds
     */
    void save(long offsetMillis);

    /** Keeps nothing: each process starts with its own clock. */
    static ClockOffsetStore none() {
        return NoClockOffsetStore.INSTANCE;
    }
}

package dev.countersign.signer;

import java.util.OptionalLong;

/** Forgets. */
enum NoClockOffsetStore implements ClockOffsetStore {
    INSTANCE;

    @Override
    public OptionalLong load() {
        return OptionalLong.empty();
    }

    @Override
    public void save(long offsetMillis) {}
}

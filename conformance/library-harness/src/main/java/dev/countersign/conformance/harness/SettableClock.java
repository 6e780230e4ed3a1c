package dev.countersign.conformance.harness;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Shows the second that the runner says it is. */
final class SettableClock extends Clock {
    private volatile long second;

    SettableClock(long second) {
        this.second = second;
    }

    void set(long newSecond) {
        this.second = newSecond;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochSecond(second);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}

package dev.countersign.faults;

import java.time.Duration;

/**
 * A point in time by both clocks of this process: the one that orders events, and the one that requests are dated by.
 *
 * @param nanos of {@link System#nanoTime}
 * @param millis of the wall clock
 */
record Moment(long nanos, long millis) {
    static Moment now() {
        return new Moment(System.nanoTime(), System.currentTimeMillis());
    }

    boolean isBefore(Moment other) {
        return nanos - other.nanos < 0;
    }

    boolean isAfter(Moment other) {
        return other.isBefore(this);
    }

    Moment plus(Duration duration) {
        return new Moment(nanos + duration.toNanos(), millis + duration.toMillis());
    }

    Duration since(Moment earlier) {
        return Duration.ofNanos(nanos - earlier.nanos);
    }

    static Moment later(Moment one, Moment other) {
        return one.isBefore(other) ? other : one;
    }
}

package dev.countersign.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Objects;

/**
 * A clock that stands still until a test moves it, in either direction. Thread-safe; UTC.
 *
 * <pre>{@code
 * MutableClock clock = MutableClock.atSecond(1_800_000_000L);
 * RequestVerifier verifier = CountersignVerifier.builder(keys, nonces).clock(clock).build();
 * clock.advance(Duration.ofMinutes(5)); // and the requests that were signed before are stale
 * }</pre>
 */
public final class MutableClock extends Clock {
    private volatile Instant now;
    private volatile Runnable beforeReading = () -> {};

    /** A clock that stands at the given instant. */
    public MutableClock(Instant start) {
        this.now = Objects.requireNonNull(start, "start");
    }

    /** A clock that stands at the given Unix second. */
    public static MutableClock atSecond(long epochSecond) {
        return new MutableClock(Instant.ofEpochSecond(epochSecond));
    }

    /** Steps to an instant, which may be earlier. */
    public synchronized void set(Instant instant) {
        now = Objects.requireNonNull(instant, "instant");
    }

    /** Steps to the beginning of a Unix second, which may be earlier. */
    public void setSecond(long epochSecond) {
        set(Instant.ofEpochSecond(epochSecond));
    }

    /**
     * Steps on.
     *
     * @param step may be negative: then the clock steps back
     */
    public synchronized void advance(Duration step) {
        now = now.plus(step);
    }

    /** Steps on by whole seconds; back, if negative. */
    public void advanceSeconds(long seconds) {
        advance(Duration.ofSeconds(seconds));
    }

    /** The Unix second in which the clock stands. */
    public long second() {
        return now.getEpochSecond();
    }

    /**
     * Runs an action before each later reading, on the thread that reads, in place of the action before. A reading fails with what
     * the action throws: a clock that cannot say the time. {@link #second()} is no reading.
     */
    public void beforeReading(Runnable action) {
        beforeReading = Objects.requireNonNull(action, "action");
    }

    @Override
    public Instant instant() {
        beforeReading.run();
        return now;
    }

    @Override
    public long millis() {
        return instant().toEpochMilli();
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    /** This clock: a time zone does not matter to an instant. */
    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}

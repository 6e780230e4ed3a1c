package dev.countersign.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class MutableClockTest {
    private final MutableClock clock = MutableClock.atSecond(100);

    @Test
    void itStandsUntilItIsMoved() {
        assertEquals(Instant.ofEpochSecond(100), clock.instant());
        clock.advance(Duration.ofMillis(1_500));
        assertEquals(101_500, clock.millis());
        assertEquals(101, clock.second());
        clock.advanceSeconds(-2);
        assertEquals(Instant.ofEpochMilli(99_500), clock.instant());
        clock.setSecond(7);
        assertEquals(Instant.ofEpochSecond(7), clock.instant());
        clock.set(Instant.EPOCH);
        assertEquals(0, clock.millis());
        assertSame(clock, clock.withZone(ZoneId.of("Pacific/Auckland")));
        assertEquals(ZoneOffset.UTC, clock.getZone());
    }

    @Test
    void aReadingFailsWithWhatTheActionThrows() {
        int[] readings = {0};
        clock.beforeReading(() -> readings[0]++);
        assertEquals(Instant.ofEpochSecond(100), clock.instant());
        assertEquals(100_000, clock.millis());
        assertEquals(100, clock.second());
        assertEquals(2, readings[0]);
        clock.beforeReading(() -> {
            throw new IllegalStateException("no time");
        });
        assertThrows(IllegalStateException.class, clock::instant);
        clock.beforeReading(() -> {});
        assertEquals(Instant.ofEpochSecond(100), clock.instant());
    }
}

package dev.countersign.nonce.redis.watching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ServerClockTest {
    private final ServerClock clock = new ServerClock();

    @Test
    void aLeapAheadIsReportedOnce() {
        assertEquals(0, read(0, 0));
        assertEquals(0, read(1_000, 1_000));
        assertEquals(0, read(4_000, 2_000), "2 s is within what nodes leave between their clocks");
        assertEquals(11_000, read(14_001, 3_000));
        assertEquals(0, read(15_001, 4_000));
    }

    @Test
    void aLeapBackIsNoLossAndTheWayAheadAgainIsOne() {
        assertEquals(0, read(100_000, 0));
        assertEquals(0, read(51_000, 1_000));
        assertEquals(50_000, read(102_000, 2_000));
    }

    /** A clock that is slewed runs fast for long: what adds up while claims live is a leap, too. */
    @Test
    void aClockThatRunsFastIsNoticed() {
        long reported = 0;
        for (long second = 0; second < 600; second++) {
            reported += read(second * 1010, second * 1000); // one in a hundred
        }
        assertTrue(reported > 2_000, reported + " ms");
        ServerClock honest = new ServerClock();
        for (long second = 0; second < 100_000; second++) {
            assertEquals(
                    0,
                    honest.leapMillis(new ServerClock.Reading(second * 1000 + second / 2, second * 1_000_000_000, 0)));
        }
    }

    @Test
    void aSlowAnswerTellsNothing() {
        assertEquals(0, read(0, 0));
        assertEquals(0, clock.leapMillis(new ServerClock.Reading(10_000, 1_000_000_000, 1_000_000_001)));
        assertEquals(0, read(2_000, 2_000));
    }

    private long read(long serverMillis, long monotonicMillis) {
        return clock.leapMillis(new ServerClock.Reading(serverMillis, monotonicMillis * 1_000_000, 1_000_000));
    }
}

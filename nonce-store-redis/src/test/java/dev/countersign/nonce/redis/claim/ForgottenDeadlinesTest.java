package dev.countersign.nonce.redis.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ForgottenDeadlinesTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long START = 1_800_000_000L;

    private final ForgottenDeadlines forgotten = new ForgottenDeadlines();

    @Test
    void aClockThatGoesOnForgetsWhatLiesBehindIt() {
        forgotten.claimKept(611);
        forgotten.reading(START, 0);
        assertEquals(START, forgotten.latest(0));
        assertEquals(START + 100, forgotten.latest(100 * SECOND));
        forgotten.reading(START + 100, 100 * SECOND);
        assertEquals(1, forgotten.frames());
    }

    @Test
    void aClockThatStepsBackDoesNotTakeTimeBack() {
        forgotten.claimKept(611);
        forgotten.reading(START, 0);
        forgotten.reading(START - 400, 10 * SECOND);
        assertEquals(START + 10, forgotten.latest(10 * SECOND));
        assertEquals(START + 300, forgotten.latest(300 * SECOND));
    }

    /** A year ahead for a moment: what was claimed then is gone after its time, and the year is forgotten. */
    @Test
    void aClockThatWasAheadAndWasSetRightIsForgivenWithTime() {
        long year = 365 * 86_400L;
        forgotten.claimKept(611);
        forgotten.reading(START, 0);
        forgotten.reading(START + 60, 60 * SECOND);
        forgotten.reading(START + 400, 61 * SECOND);
        forgotten.reading(START + 62, 62 * SECOND);
        assertEquals(START + 401, forgotten.latest(62 * SECOND));
        for (long second = 63; second < 2000; second++) {
            forgotten.reading(START + second, second * SECOND);
        }
        assertEquals(START + 1999, forgotten.latest(1999 * SECOND), "the correct clock again");
        assertEquals(1, forgotten.frames());
        forgotten.reading(START + year, 2000 * SECOND);
        assertEquals(START + year, forgotten.latest(2000 * SECOND));
    }

    /** Against the obvious: remember every claim, and drop it when Redis would. */
    @Test
    void noDroppedClaimIsEverAboveTheMark() {
        for (long seed = 1; seed <= 300; seed++) {
            Random random = new Random(seed);
            ForgottenDeadlines mark = new ForgottenDeadlines();
            List<long[]> alive = new ArrayList<>();
            long monotonic = random.nextInt(1_000_000);
            long clock = START * 1000;
            long dropped = Long.MIN_VALUE;
            for (int step = 0; step < 400; step++) {
                long passed = random.nextInt(60_000);
                monotonic += passed;
                clock += passed;
                if (random.nextInt(6) == 0) {
                    clock += random.nextInt(2_000_000) - 1_000_000;
                }
                long second = Math.floorDiv(clock, 1000L);
                long kept = 300L + random.nextInt(311);
                mark.claimKept(kept + 1);
                mark.reading(second, monotonic * 1_000_000);
                alive.add(new long[] {monotonic + (kept + 1) * 1000, second + kept});
                for (int i = alive.size() - 1; i >= 0; i--) {
                    if (alive.get(i)[0] <= monotonic) {
                        dropped = Math.max(dropped, alive.remove(i)[1]);
                    }
                }
                assertTrue(mark.latest(monotonic * 1_000_000) >= dropped, "seed " + seed + ", step " + step);
            }
        }
    }

    @Test
    void aClockThatStepsBackAgainAndAgainTakesBoundedRoom() {
        forgotten.claimKept(100_000);
        for (int i = 0; i < 1000; i++) {
            forgotten.reading(START - 10L * i, i);
            forgotten.reading(START - 100_000 + 7L * i, i);
        }
        assertTrue(forgotten.frames() <= 33, forgotten.frames() + " frames");
        assertTrue(forgotten.latest(1000) >= START);
    }
}

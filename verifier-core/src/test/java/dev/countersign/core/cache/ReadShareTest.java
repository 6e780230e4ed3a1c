package dev.countersign.core.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ReadShareTest {
    private static final long AIM = 250;
    private final ReadShare share = new ReadShare(192, AIM);

    private void fill() {
        for (int i = 0; i < 1000 && share.enter(1); i++) {
            assertTrue(share.underWay() <= share.size());
        }
    }

    @Test
    void answersInTimeMakeItGrowWhileItIsFull() {
        assertEquals(32, share.size());
        share.answered(0, 1);
        assertEquals(32, share.size(), "nobody was turned away");
        fill();
        assertTrue(share.isFull());
        share.answered(0, AIM);
        assertEquals(33, share.size());
        for (int i = 0; i < 1000; i++) {
            fill();
            share.answered(0, 1);
        }
        assertEquals(192, share.size());
    }

    @Test
    void answersThatTakeLongHalveItOnceForAllThatWereBegunBefore() {
        for (int i = 0; i < 32; i++) {
            share.answered(i, 300 + i);
        }
        assertEquals(16, share.size());
        share.answered(299, 600);
        assertEquals(16, share.size(), "begun before the halving");
        share.answered(301, 600);
        assertEquals(8, share.size());
        share.answered(700, 1000);
        assertEquals(8, share.size(), "and no further");
        fill();
        for (int i = 0; i < 8; i++) {
            assertEquals(8, share.size());
            share.answered(1000, 1001);
        }
        assertEquals(9, share.size(), "slowly from here on");
    }

    @Test
    void aPartOfItHasOnePlaceAtLeast() {
        ReadShare small = new ReadShare(1, AIM);
        assertTrue(small.enter(2));
        assertFalse(small.enter(1));
        small.leave();
        assertTrue(small.enter(1));
        small.answered(0, 1000);
        assertEquals(1, small.size());
    }
}

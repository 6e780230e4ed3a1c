package dev.countersign.nonce.redis.watching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.countersign.api.store.NonceStore;
import dev.countersign.nonce.redis.watching.WatchDecision.Cause;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WatchDecisionTest {
    private static final long NOW = 5000;
    private static final long NO_CLAIM = Long.MIN_VALUE;

    @Test
    void aServerWithoutARecordIsNew() {
        assertEquals(new WatchDecision(NOW, Cause.EMPTY), decide("a", null, null, NO_CLAIM, false));
        assertEquals(new WatchDecision(NonceStore.ALWAYS, Cause.EMPTY), decide("a", null, null, NO_CLAIM, true));
    }

    @Test
    void theBeginningIsDeclaredOnceOnly() {
        WatchRecord always = new WatchRecord("a", NonceStore.ALWAYS, "1");
        assertEquals(new WatchDecision(NOW, Cause.EMPTY), decide("a", null, always, NOW - 1, true));
        assertEquals(new WatchDecision(NOW, Cause.EMPTY), decide("b", null, always, NOW - 1, true));
    }

    @Test
    void aRecordOfThisServerIsReliedOn() {
        assertEquals(
                new WatchDecision(4000, null), decide("a", new WatchRecord("a", 4000, "1"), null, NO_CLAIM, false));
        assertEquals(new WatchDecision(4000, null), decide("a", new WatchRecord("a", 4000, "1"), null, NO_CLAIM, true));
    }

    @Test
    void aRecordOfAnotherServerSaysThatThisOneIsACopy() {
        assertEquals(
                new WatchDecision(NOW, Cause.OTHER_SERVER),
                decide("b", new WatchRecord("a", 4000, "1"), null, NO_CLAIM, true));
        assertEquals(
                new WatchDecision(NOW + 7, Cause.OTHER_SERVER),
                decide("b", new WatchRecord("a", NOW + 7, "1"), null, NO_CLAIM, false),
                "a node whose clock is behind does not go back before what others wrote");
    }

    @Test
    void aRecordThatAnotherNodeMovedOnIsReliedOn() {
        WatchRecord mine = new WatchRecord("a", 4000, "1");
        assertEquals(new WatchDecision(4500, null), decide("a", new WatchRecord("a", 4500, "2"), mine, 4400, false));
    }

    @Test
    void aRecordThatSaysLessThanItDidWasBegunAgain() {
        WatchRecord mine = new WatchRecord("a", 4000, "1");
        assertEquals(
                new WatchDecision(NOW, Cause.BEGUN_AGAIN),
                decide("a", new WatchRecord("a", NonceStore.ALWAYS, "2"), mine, 4400, false));
        assertEquals(
                new WatchDecision(NOW, Cause.BEGUN_AGAIN),
                decide("a", new WatchRecord("a", 4000, "2"), mine, 4400, false));
    }

    @Test
    void whoComesFromAnotherServerRemembersHowLongThatWasInUse() {
        WatchRecord there = new WatchRecord("a", 4000, "1");
        WatchRecord here = new WatchRecord("b", 4500, "2");
        assertEquals(new WatchDecision(4500, null), decide("b", here, there, 4500, false));
        assertEquals(new WatchDecision(NOW, Cause.CLAIMED_ELSEWHERE), decide("b", here, there, 4501, false));
        assertEquals(new WatchDecision(NOW + 9, Cause.CLAIMED_ELSEWHERE), decide("b", here, there, NOW + 9, false));
    }

    @Test
    void aSecondNeverDecreases() {
        WatchRecord mine = new WatchRecord("a", NOW + 300, "1");
        assertEquals(new WatchDecision(NOW + 300, Cause.EMPTY), decide("a", null, mine, NO_CLAIM, false));
    }

    @Test
    void aWatchRecordIsReadAsItWasWritten() {
        for (WatchRecord record : new WatchRecord[] {
            new WatchRecord("0123456789abcdef-fedcba9876543210", 1_800_000_000L, "5f2e"),
            new WatchRecord("a", NonceStore.ALWAYS, "1"),
            new WatchRecord("a", 0, "1")
        }) {
            assertEquals(record, WatchRecord.parse(record.bytes()));
        }
        for (String nobodys : new String[] {
            "",
            "a",
            "a 1",
            "a 1 ",
            " 1 g",
            "a  g",
            "a -1 g",
            "a +1 g",
            "a 1x g",
            "a 1 g h",
            "a 1234567890123456 g",
            "a \u0661 g"
        }) {
            assertNull(WatchRecord.parse(nobodys.getBytes(StandardCharsets.UTF_8)), nobodys);
        }
    }

    private static WatchDecision decide(
            String server,
            @Nullable WatchRecord found,
            @Nullable WatchRecord past,
            long lastInUse,
            boolean mayBeFirst) {
        return WatchDecision.decide(server, found, past, lastInUse, NOW, mayBeFirst);
    }
}

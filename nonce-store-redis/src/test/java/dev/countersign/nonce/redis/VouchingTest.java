package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.countersign.api.store.NonceStore;
import dev.countersign.nonce.redis.Vouching.Cause;
import dev.countersign.nonce.redis.Vouching.Decision;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class VouchingTest {
    private static final long NOW = 5000;
    private static final long NO_CLAIM = Long.MIN_VALUE;

    @Test
    void aServerWithoutARecordIsNew() {
        assertEquals(new Decision(NOW, Cause.EMPTY), decide("a", null, null, NO_CLAIM, false));
        assertEquals(new Decision(NonceStore.ALWAYS, Cause.EMPTY), decide("a", null, null, NO_CLAIM, true));
    }

    @Test
    void theBeginningIsDeclaredOnceOnly() {
        Witness always = new Witness("a", NonceStore.ALWAYS, "1");
        assertEquals(new Decision(NOW, Cause.EMPTY), decide("a", null, always, NOW - 1, true));
        assertEquals(new Decision(NOW, Cause.EMPTY), decide("b", null, always, NOW - 1, true));
    }

    @Test
    void aRecordOfThisServerIsReliedOn() {
        assertEquals(new Decision(4000, null), decide("a", new Witness("a", 4000, "1"), null, NO_CLAIM, false));
        assertEquals(new Decision(4000, null), decide("a", new Witness("a", 4000, "1"), null, NO_CLAIM, true));
    }

    @Test
    void aRecordOfAnotherServerSaysThatThisOneIsACopy() {
        assertEquals(
                new Decision(NOW, Cause.OTHER_SERVER), decide("b", new Witness("a", 4000, "1"), null, NO_CLAIM, true));
        assertEquals(
                new Decision(NOW + 7, Cause.OTHER_SERVER),
                decide("b", new Witness("a", NOW + 7, "1"), null, NO_CLAIM, false),
                "a node whose clock is behind does not vouch for more than was vouched for");
    }

    @Test
    void aRecordThatAnotherNodeMovedOnIsReliedOn() {
        Witness mine = new Witness("a", 4000, "1");
        assertEquals(new Decision(4500, null), decide("a", new Witness("a", 4500, "2"), mine, 4400, false));
    }

    @Test
    void aRecordThatSaysLessThanItDidWasBegunAgain() {
        Witness mine = new Witness("a", 4000, "1");
        assertEquals(
                new Decision(NOW, Cause.BEGUN_AGAIN),
                decide("a", new Witness("a", NonceStore.ALWAYS, "2"), mine, 4400, false));
        assertEquals(new Decision(NOW, Cause.BEGUN_AGAIN), decide("a", new Witness("a", 4000, "2"), mine, 4400, false));
    }

    @Test
    void whoComesFromAnotherServerRemembersHowLongThatWasInUse() {
        Witness there = new Witness("a", 4000, "1");
        Witness here = new Witness("b", 4500, "2");
        assertEquals(new Decision(4500, null), decide("b", here, there, 4500, false));
        assertEquals(new Decision(NOW, Cause.CLAIMED_ELSEWHERE), decide("b", here, there, 4501, false));
        assertEquals(new Decision(NOW + 9, Cause.CLAIMED_ELSEWHERE), decide("b", here, there, NOW + 9, false));
    }

    @Test
    void aSecondNeverDecreases() {
        Witness mine = new Witness("a", NOW + 300, "1");
        assertEquals(new Decision(NOW + 300, Cause.EMPTY), decide("a", null, mine, NO_CLAIM, false));
    }

    @Test
    void aWitnessIsReadAsItWasWritten() {
        for (Witness witness : new Witness[] {
            new Witness("0123456789abcdef-fedcba9876543210", 1_800_000_000L, "5f2e"),
            new Witness("a", NonceStore.ALWAYS, "1"),
            new Witness("a", 0, "1")
        }) {
            assertEquals(witness, Witness.parse(witness.bytes()));
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
            assertNull(Witness.parse(nobodys.getBytes(StandardCharsets.UTF_8)), nobodys);
        }
    }

    private static Decision decide(
            String server, @Nullable Witness found, @Nullable Witness past, long lastInUse, boolean mayBeFirst) {
        return Vouching.decide(server, found, past, lastInUse, NOW, mayBeFirst);
    }
}

package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.api.store.NonceStore;
import org.junit.jupiter.api.Test;

class PastTest {
    @Test
    void whoTakesOverSlotsTakesOverWhatWasLost() {
        Past old = new Past();
        old.relyOn(new Witness("old", 100, "a"), 200);
        old.claiming(250);
        Past fresh = new Past();
        fresh.succeed(old);
        assertEquals(100, fresh.floor());
        assertEquals(100, fresh.since());
        assertEquals(250, fresh.lastClaim());
        assertEquals(old.witness(), fresh.witness(), "so that it is no first start");
        assertEquals(250, fresh.lastInUse());
        // A promoted replica that another store has vouched for too early.
        Vouching.Decision decision =
                Vouching.decide("new", new Witness("new", 240, "b"), fresh.witness(), fresh.lastInUse(), 245, true);
        assertEquals(new Vouching.Decision(250, Vouching.Cause.CLAIMED_ELSEWHERE), decision);
    }

    @Test
    void aServerThatWasLookedAtWasInUse() {
        Past past = new Past();
        past.relyOn(new Witness("one", 100, "a"), 260);
        past.claiming(250);
        assertEquals(260, past.lastInUse());
        past.relyOn(new Witness("one", 100, "a"), 240);
        assertEquals(260, past.lastInUse(), "a clock that stepped back");
        Past next = new Past();
        next.succeed(past);
        assertEquals(260, next.lastInUse());
    }

    @Test
    void aNodeThatHasLostMoreItselfStaysCareful() {
        Past old = new Past();
        old.relyOn(new Witness("old", 100, "a"), 200);
        Past other = new Past();
        Witness own = new Witness("other", 180, "b");
        other.relyOn(own, 200);
        other.succeed(old);
        assertEquals(180, other.since());
        assertEquals(own, other.witness());
        other.succeed(other);
        assertEquals(180, other.since());
    }

    @Test
    void whatWasLostGoesOnFromNodeToNode() {
        Past first = new Past();
        first.relyOn(new Witness("first", 100, "a"), 200);
        Past second = new Past();
        second.relyOn(new Witness("second", NonceStore.ALWAYS, "b"), 200);
        second.succeed(first);
        Past third = new Past();
        third.relyOn(new Witness("third", NonceStore.ALWAYS, "c"), 200);
        third.succeed(second);
        assertEquals(100, third.since());
    }
}

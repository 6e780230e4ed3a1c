package dev.countersign.nonce.redis.watching;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.api.store.NonceStore;
import org.junit.jupiter.api.Test;

class WatchHistoryTest {
    @Test
    void whoTakesOverSlotsTakesOverWhatWasLost() {
        WatchHistory old = new WatchHistory();
        old.relyOn(new WatchRecord("old", 100, "a"), 200);
        old.claiming(250);
        WatchHistory fresh = new WatchHistory();
        fresh.succeed(old);
        assertEquals(100, fresh.floor());
        assertEquals(100, fresh.since());
        assertEquals(250, fresh.lastClaim());
        assertEquals(old.lastRecord(), fresh.lastRecord(), "so that it is no first start");
        assertEquals(250, fresh.lastInUse());
        // A promoted replica that another store has begun to watch too early.
        WatchDecision decision = WatchDecision.decide(
                "new", new WatchRecord("new", 240, "b"), fresh.lastRecord(), fresh.lastInUse(), 245, true);
        assertEquals(new WatchDecision(250, WatchDecision.Cause.CLAIMED_ELSEWHERE), decision);
    }

    @Test
    void aServerThatWasLookedAtWasInUse() {
        WatchHistory past = new WatchHistory();
        past.relyOn(new WatchRecord("one", 100, "a"), 260);
        past.claiming(250);
        assertEquals(260, past.lastInUse());
        past.relyOn(new WatchRecord("one", 100, "a"), 240);
        assertEquals(260, past.lastInUse(), "a clock that stepped back");
        WatchHistory next = new WatchHistory();
        next.succeed(past);
        assertEquals(260, next.lastInUse());
    }

    @Test
    void aNodeThatHasLostMoreItselfStaysCareful() {
        WatchHistory old = new WatchHistory();
        old.relyOn(new WatchRecord("old", 100, "a"), 200);
        WatchHistory other = new WatchHistory();
        WatchRecord own = new WatchRecord("other", 180, "b");
        other.relyOn(own, 200);
        other.succeed(old);
        assertEquals(180, other.since());
        assertEquals(own, other.lastRecord());
        other.succeed(other);
        assertEquals(180, other.since());
    }

    @Test
    void whatWasLostGoesOnFromNodeToNode() {
        WatchHistory first = new WatchHistory();
        first.relyOn(new WatchRecord("first", 100, "a"), 200);
        WatchHistory second = new WatchHistory();
        second.relyOn(new WatchRecord("second", NonceStore.ALWAYS, "b"), 200);
        second.succeed(first);
        WatchHistory third = new WatchHistory();
        third.relyOn(new WatchRecord("third", NonceStore.ALWAYS, "c"), 200);
        third.succeed(second);
        assertEquals(100, third.since());
    }
}

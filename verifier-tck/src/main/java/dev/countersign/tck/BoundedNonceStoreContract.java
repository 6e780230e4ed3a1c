package dev.countersign.tck;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import org.junit.jupiter.api.Test;

/** What a nonce store must do that limits, exactly, how many requests of all devices together it holds. */
public abstract class BoundedNonceStoreContract extends NonceStoreContract {
    /** For subclasses. */
    protected BoundedNonceStoreContract() {}

    @Test
    public void capacityRefusesAndNeverEvicts() {
        int capacity = 50;
        NonceStore store = openWith(StoreOptions.ROOMY.withCapacity(capacity));
        for (int i = 0; i < capacity; i++) {
            expect(ClaimResult.CLAIMED, store, claim(device(i), 2L * i, 2L * i + 1, START));
        }
        for (int i = 0; i < 200; i++) {
            expect(ClaimResult.FULL, store, claim(device(1000 + i), 1000 + i, 5000 + i, START));
        }
        for (int i = 0; i < capacity; i++) {
            expect(ClaimResult.NONCE_REPLAYED, store, claim(device(i), 2L * i, 2L * i + 1, START));
            expect(ClaimResult.SIGNATURE_REPLAYED, store, claim(device(i), 900, 2L * i + 1, START));
        }
    }

    @Test
    public void aReplayIsDecidedBeforeCapacity() {
        NonceStore store = openWith(StoreOptions.ROOMY.withCapacity(1));
        expectReplaysWhenFull(store);
    }

    @Test
    public void refusalsUseUpNoQuota() {
        assumeTrue(hasQuota() && followsClock(), "the store has no quota, or its time cannot be stepped");
        NonceStore store = openWith(new StoreOptions(2, 2, true));
        Claim first = claim(TABLET, 1, 2, START);
        expect(ClaimResult.CLAIMED, store, first);
        expect(ClaimResult.CLAIMED, store, claim(TABLET, 3, 4, START));
        for (int i = 0; i < 10; i++) {
            expect(ClaimResult.FULL, store, claim(PHONE, 100 + i, 200 + i, START));
        }
        clock.setSecond(first.deadline() + 1);
        dropExpired(store);
        expect(ClaimResult.CLAIMED, store, claim(PHONE, 100, 200, clock.second()));
        expect(ClaimResult.CLAIMED, store, claim(PHONE, 101, 201, clock.second()));
    }

    @Test
    public void capacityIsFreeAgainAfterTheDeadline() {
        assumeTrue(followsClock(), "the store's time cannot be stepped");
        expectRoomAfterTheDeadline(openWith(StoreOptions.ROOMY.withCapacity(2)));
    }

    @Test
    public void capacityIsExactUnderConcurrentClaims() {
        expectExactly(20, StoreOptions.ROOMY.withCapacity(20), true);
    }
}

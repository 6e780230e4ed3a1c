package dev.countersign.nonce.memory;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.tck.NonceStoreContract;
import dev.countersign.testkit.MutableClock;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The contract must see what is wrong with stores that look right. */
class BrokenNonceStoresTest {
    @Test
    void checkingBeforePuttingIsSeen() {
        NonceStoreContract contract = contractOf(BrokenNonceStoresTest::checkThenPut, 8);
        assertThrows(AssertionError.class, contract::ofCopiesClaimedAtOnceExactlyOneWins);
        assertThrows(AssertionError.class, contract::ofCopiesWithSwappedNoncesClaimedAtOnceExactlyOneWins);
    }

    @Test
    void puttingOneTokenAfterTheOtherIsSeen() {
        NonceStoreContract contract = contractOf(BrokenNonceStoresTest::putOneByOne, 1);
        assertThrows(AssertionError.class, contract::aReplayedSignatureStoresNothing);
    }

    @Test
    void takingATokenBackIsSeen() {
        NonceStoreContract contract = contractOf(BrokenNonceStoresTest::putAndTakeBack, 6);
        contract.aReplayedSignatureStoresNothing();
        assertThrows(AssertionError.class, contract::overlappingClaimsAtOnceAreAllOrNone);
    }

    @Test
    void aStatusThatIsWrongIsSeen() {
        Instant now = Instant.EPOCH;
        StoreStatus available = StoreStatus.available(now);
        StoreStatus down = StoreStatus.unavailable(now, "down");
        StoreStatus foreign = StoreStatus.unavailable(now, "a reason\nof two lines");
        statusContract(available, down).theStatusSaysNothingThatIsWrong();
        statusContract(StoreStatus.unknown(), StoreStatus.unknown()).theStatusSaysNothingThatIsWrong();
        assertThrows(
                AssertionError.class, statusContract(available, available)::theStatusSaysNothingThatIsWrong, "closed");
        assertThrows(AssertionError.class, statusContract(down, down)::theStatusSaysNothingThatIsWrong, "open");
        assertThrows(
                AssertionError.class, statusContract(available, foreign)::theStatusSaysNothingThatIsWrong, "foreign");
    }

    private static NonceStoreContract statusContract(StoreStatus open, StoreStatus closed) {
        return new NonceStoreContract() {
            @Override
            protected NonceStore open(MutableClock storeClock, StoreOptions options) {
                return new BrokenStore(BrokenNonceStoresTest::putOneByOne, 1) {
                    private boolean ended;

                    @Override
                    public StoreStatus status() {
                        return ended ? closed : open;
                    }

                    @Override
                    public void close() {
                        ended = true;
                    }
                };
            }
        };
    }

    /** The store that everybody writes first. */
    private static ClaimResult checkThenPut(BrokenStore store, Claim claim) {
        ReplayToken signature = signature(claim);
        if (store.known.contains(claim.nonce())) {
            return ClaimResult.NONCE_REPLAYED;
        }
        if (store.known.contains(signature)) {
            return ClaimResult.SIGNATURE_REPLAYED;
        }
        store.awaitTheOthers();
        store.known.add(claim.nonce());
        store.known.add(signature);
        return ClaimResult.CLAIMED;
    }

    /** Each put is atomic, the two together are not. */
    private static ClaimResult putOneByOne(BrokenStore store, Claim claim) {
        if (!store.known.add(claim.nonce())) {
            return ClaimResult.NONCE_REPLAYED;
        }
        return store.known.add(signature(claim)) ? ClaimResult.CLAIMED : ClaimResult.SIGNATURE_REPLAYED;
    }

    /** All or none in the end, but a loser's token is seen in between. */
    private static ClaimResult putAndTakeBack(BrokenStore store, Claim claim) {
        if (!store.known.add(claim.nonce())) {
            return ClaimResult.NONCE_REPLAYED;
        }
        store.awaitTheOthers();
        if (!store.known.add(signature(claim))) {
            store.known.remove(claim.nonce());
            return ClaimResult.SIGNATURE_REPLAYED;
        }
        return ClaimResult.CLAIMED;
    }

    private static ReplayToken signature(Claim claim) {
        return claim.signature()
                .orElse(new ReplayToken(~claim.nonce().high(), ~claim.nonce().low()));
    }

    private interface Claiming {
        ClaimResult claim(BrokenStore store, Claim claim);
    }

    /** @param together how many claims the contract sends at once */
    private static NonceStoreContract contractOf(Claiming claiming, int together) {
        return new NonceStoreContract() {
            @Override
            protected int rounds() {
                return 1000; // ends with the first wrong answer, after a handful of rounds
            }

            @Override
            protected NonceStore open(MutableClock storeClock, StoreOptions options) {
                return new BrokenStore(claiming, together);
            }
        };
    }

    /** A claim that hesitates does so until all that were sent with it have come: how busy the machine is plays no part. */
    private static class BrokenStore implements NonceStore {
        /** Where fewer come together, as when the contract looks at what a round has left. */
        private static final long PATIENCE_MILLIS = 200;

        private final Set<ReplayToken> known = ConcurrentHashMap.newKeySet();
        private final Claiming claiming;
        private final int together;
        private int inside;
        private int arrived;

        BrokenStore(Claiming claiming, int together) {
            this.claiming = claiming;
            this.together = together;
        }

        @Override
        public CompletionStage<ClaimResult> claim(Claim claim) {
            enter();
            try {
                return CompletableFuture.completedFuture(claiming.claim(this, claim));
            } finally {
                leave();
            }
        }

        private synchronized void enter() {
            arrived = inside == 0 ? 1 : arrived + 1;
            inside++;
            notifyAll();
        }

        private synchronized void leave() {
            inside--;
        }

        private synchronized void awaitTheOthers() {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
            for (long left = PATIENCE_MILLIS; arrived < together && left > 0; ) {
                try {
                    wait(left);
                } catch (InterruptedException interrupted) {
                    throw new AssertionError(interrupted);
                }
                left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            }
        }

        @Override
        public long watchingSince() {
            return ALWAYS;
        }

        @Override
        public boolean isShared() {
            return false;
        }

        @Override
        public void close() {}
    }
}

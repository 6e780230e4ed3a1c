package dev.countersign.nonce.memory;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.countersign.api.Claim;
import dev.countersign.api.ClaimResult;
import dev.countersign.api.NonceStore;
import dev.countersign.api.ReplayToken;
import dev.countersign.tck.MutableClock;
import dev.countersign.tck.NonceStoreContract;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** The contract must see what is wrong with stores that look right. */
class BrokenNonceStoresTest {
    @Test
    void checkingBeforePuttingIsSeen() {
        NonceStoreContract contract = contractOf(BrokenNonceStoresTest::checkThenPut);
        assertThrows(AssertionError.class, contract::ofCopiesClaimedAtOnceExactlyOneWins);
        assertThrows(AssertionError.class, contract::ofCopiesWithSwappedNoncesClaimedAtOnceExactlyOneWins);
    }

    @Test
    void puttingOneTokenAfterTheOtherIsSeen() {
        NonceStoreContract contract = contractOf(BrokenNonceStoresTest::putOneByOne);
        assertThrows(AssertionError.class, contract::aReplayedSignatureStoresNothing);
    }

    @Test
    void takingATokenBackIsSeen() {
        NonceStoreContract contract = contractOf(BrokenNonceStoresTest::putAndTakeBack);
        contract.aReplayedSignatureStoresNothing();
        assertThrows(AssertionError.class, contract::overlappingClaimsAtOnceAreAllOrNone);
    }

    /** The store that everybody writes first. */
    private static ClaimResult checkThenPut(Set<ReplayToken> known, Claim claim) {
        ReplayToken signature = signature(claim);
        if (known.contains(claim.nonce())) {
            return ClaimResult.NONCE_REPLAYED;
        }
        if (known.contains(signature)) {
            return ClaimResult.SIGNATURE_REPLAYED;
        }
        hesitate();
        known.add(claim.nonce());
        known.add(signature);
        return ClaimResult.CLAIMED;
    }

    /** Each put is atomic, the two together are not. */
    private static ClaimResult putOneByOne(Set<ReplayToken> known, Claim claim) {
        if (!known.add(claim.nonce())) {
            return ClaimResult.NONCE_REPLAYED;
        }
        return known.add(signature(claim)) ? ClaimResult.CLAIMED : ClaimResult.SIGNATURE_REPLAYED;
    }

    /** All or none in the end, but a loser's token is seen in between. */
    private static ClaimResult putAndTakeBack(Set<ReplayToken> known, Claim claim) {
        if (!known.add(claim.nonce())) {
            return ClaimResult.NONCE_REPLAYED;
        }
        hesitate();
        if (!known.add(signature(claim))) {
            known.remove(claim.nonce());
            return ClaimResult.SIGNATURE_REPLAYED;
        }
        return ClaimResult.CLAIMED;
    }

    /** Makes likely what is possible without it. */
    private static void hesitate() {
        for (int i = 0; i < 1000; i++) {
            Thread.onSpinWait();
        }
    }

    private static ReplayToken signature(Claim claim) {
        ReplayToken signature = claim.signature();
        return signature == null
                ? new ReplayToken(~claim.nonce().high(), ~claim.nonce().low())
                : signature;
    }

    private interface Claiming {
        ClaimResult claim(Set<ReplayToken> known, Claim claim);
    }

    private static NonceStoreContract contractOf(Claiming claiming) {
        return new NonceStoreContract() {
            @Override
            protected int rounds() {
                return 5000; // ends with the first wrong answer, after a handful of rounds
            }

            @Override
            protected NonceStore open(MutableClock storeClock, StoreOptions options) {
                return new BrokenStore(claiming);
            }
        };
    }

    private static final class BrokenStore implements NonceStore {
        private final Set<ReplayToken> known = ConcurrentHashMap.newKeySet();
        private final Claiming claiming;

        BrokenStore(Claiming claiming) {
            this.claiming = claiming;
        }

        @Override
        public CompletionStage<ClaimResult> claim(Claim claim) {
            return CompletableFuture.completedFuture(claiming.claim(known, claim));
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

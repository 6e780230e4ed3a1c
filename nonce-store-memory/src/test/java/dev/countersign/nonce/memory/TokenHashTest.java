package dev.countersign.nonce.memory;

import static dev.countersign.nonce.memory.Claims.START;
import static dev.countersign.nonce.memory.Claims.device;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.testkit.MutableClock;
import org.junit.jupiter.api.Test;

/** Nobody outside can find tokens that meet in one place of a store's tables. */
class TokenHashTest {
    /** The published SipHash-2-4 of the bytes 0 to 15 under the key of the bytes 0 to 15. */
    @Test
    void isSipHash() {
        TokenHash hash = new TokenHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);
        assertEquals(0x3f2acc7f57c29bdbL, hash.of(0x0706050403020100L, 0x0f0e0d0c0b0a0908L));
    }

    @Test
    void eachStoreHasAKeyOfItsOwn() {
        assertNotEquals(TokenHash.random().of(1, 2), TokenHash.random().of(1, 2));
    }

    /**
     * Tokens as a device's owner grinds them for a table that looks at a token's own bits: those that pick the stripe and those that
     * pick the chain are all alike, and nothing else is.
     */
    @Test
    void groundTokensSpreadOverStripesAndChains() {
        int requests = 20_000;
        try (MemoryNonceStore store = MemoryNonceStore.builder()
                .clock(MutableClock.atSecond(START))
                .alwaysWatching()
                .noBackgroundPurge()
                .quotaPerDevice(requests)
                .build()) {
            for (int i = 0; i < requests; i++) {
                assertEquals(
                        ClaimResult.CLAIMED,
                        Claims.result(
                                store,
                                Claim.builder(device(0), ground(2L * i))
                                        .signature(ground(2L * i + 1))
                                        .timestamp(START)
                                        .claimedAt(START)
                                        .deadline(START + Claims.KEPT)
                                        .earliestDeadline(START + Claims.KEPT)
                                        .build()));
            }
            // 40 000 tokens in 64 stripes are 625 in each; five standard deviations are 125. A table of a stripe has
            // more
            // heads than tokens, so that chains are short: nine or more in one are not seen in a thousand runs.
            assertTrue(store.fullestStripe() < 800, "the fullest stripe has " + store.fullestStripe() + " of 40000");
            assertTrue(store.longestChain() < 16, "the longest chain has " + store.longestChain());
        }
    }

    /** The 32 highest bits and the 32 lowest bits are zero. */
    private static ReplayToken ground(long number) {
        ReplayToken random = Claims.token(number);
        return new ReplayToken(random.high() & 0xFFFF_FFFFL, random.low() & 0xFFFF_FFFF_0000_0000L);
    }
}

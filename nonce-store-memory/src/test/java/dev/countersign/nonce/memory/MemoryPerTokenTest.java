package dev.countersign.nonce.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.store.ClaimResult;
import dev.countersign.testkit.MutableClock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MemoryPerTokenTest {
    @Test
    void aTokenTakesAsMuchAsDocumented() {
        measure(100_000, 48);
    }

    @Test
    @Tag("full")
    void aTokenOfMillionsTakesAsMuchAsDocumented() {
        measure(3_000_000, 40);
    }

    private static void measure(int requests, int most) {
        MutableClock clock = MutableClock.atSecond(Claims.START);
        try (MemoryNonceStore store = MemoryNonceStore.builder()
                .clock(clock)
                .alwaysWatching()
                .noBackgroundPurge()
                .capacity(requests)
                .quotaPerDevice(requests)
                .build()) {
            for (int i = 0; i < requests; i++) {
                clock.setSecond(Claims.START + i * 300L / requests);
                assertEquals(ClaimResult.CLAIMED, Claims.result(store, Claims.request(i, clock.second())));
            }
            assertEquals(2L * requests, store.tokens());
            double each = (double) store.bytes() / store.tokens();
            System.out.printf("%d requests: %.1f bytes for each token%n", requests, each);
            assertTrue(each <= most, each + " bytes for each token");
        }
    }
}

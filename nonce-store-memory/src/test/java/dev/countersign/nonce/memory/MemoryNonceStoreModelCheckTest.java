package dev.countersign.nonce.memory;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.testkit.MutableClock;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Lincheck runs a few claims and the purge of two threads in many orders of their reads, writes and locks. For each it looks for an
 * order of whole operations that gives the same answers: of requests that share a token at most one is claimed, and none after the
 * purge that dropped it.
 */
@Tag("full")
class MemoryNonceStoreModelCheckTest {
    /** By nonce and signature: two requests, and what their copies with swapped nonces are. */
    private static final Claim[][] CLAIMS = {{of(0, 10), of(0, 11)}, {of(1, 10), of(1, 11)}};

    private static Claim of(long nonce, long signature) {
        return Claims.of(Claims.device(0), nonce, signature, Claims.START, Claims.START);
    }

    /**
     * Claims of requests that share tokens. The clock stands behind their deadline, so that each claim drops what it meets, and the
     * answers depend on nothing but the order.
     */
    @Param(name = "token", gen = IntGen.class, conf = "0:1")
    public static class Copies {
        final MemoryNonceStore store = MemoryNonceStore.builder()
                .clock(MutableClock.atSecond(Claims.START + Claims.KEPT + 1))
                .capacity(1_000)
                .alwaysWatching()
                .noBackgroundPurge()
                .places(new TokenHash(5, 2), 4) // in these stripes: nonces in 0 and 2, signatures in 2 and 3
                .build();

        public Copies() {}

        /** Whether it was claimed; why not depends on how far a purge has got. */
        @Operation
        public boolean claim(@Param(name = "token") int nonce, @Param(name = "token") int signature) {
            return Claims.result(store, CLAIMS[nonce][signature]) == ClaimResult.CLAIMED;
        }
    }

    /** The same beside a purge. */
    @Param(name = "token", gen = IntGen.class, conf = "0:1")
    public static final class CopiesAndPurge extends Copies {
        public CopiesAndPurge() {}

        @Operation(runOnce = true)
        public void purge() {
            store.purgeExpired();
        }
    }

    @Test
    void ofCopiesThatShareATokenOneIsClaimed() {
        check(Copies.class, 1);
    }

    @Test
    void nothingThatAPurgeDropsIsClaimedAgain() {
        check(CopiesAndPurge.class, 2);
    }

    private static void check(Class<?> operations, int inEachThread) {
        new ModelCheckingOptions()
                .threads(2)
                .actorsBefore(0)
                .actorsPerThread(inEachThread)
                .actorsAfter(inEachThread - 1)
                .loopBound(1_000)
                .loopIterationsBeforeThreadSwitch(1_000) // no loop here waits for another thread
                .iterations(10)
                .invocationsPerIteration(300)
                .check(operations);
    }
}

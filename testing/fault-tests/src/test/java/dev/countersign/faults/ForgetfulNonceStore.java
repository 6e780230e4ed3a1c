package dev.countersign.faults;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.testkit.ForwardingNonceStore;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** A mutant: one claim in a hundred is confirmed and not remembered. */
final class ForgetfulNonceStore extends ForwardingNonceStore {
    private static final int ONE_IN = 100;

    private final AtomicInteger claims = new AtomicInteger();

    ForgetfulNonceStore(NonceStore sound) {
        super(sound);
    }

    @Override
    public CompletionStage<ClaimResult> claim(Claim claim) {
        return claims.incrementAndGet() % ONE_IN == 0
                ? CompletableFuture.completedFuture(ClaimResult.CLAIMED)
                : super.claim(claim);
    }
}

package dev.countersign.faults;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.StoreStatus;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** A mutant: one claim in a hundred is confirmed and not remembered. */
final class ForgetfulNonceStore implements NonceStore {
    private static final int ONE_IN = 100;

    private final NonceStore sound;
    private final AtomicInteger claims = new AtomicInteger();

    ForgetfulNonceStore(NonceStore sound) {
        this.sound = sound;
    }

    @Override
    public CompletionStage<ClaimResult> claim(Claim claim) {
        return claims.incrementAndGet() % ONE_IN == 0
                ? CompletableFuture.completedFuture(ClaimResult.CLAIMED)
                : sound.claim(claim);
    }

    @Override
    public long watchingSince() {
        return sound.watchingSince();
    }

    @Override
    public boolean isShared() {
        return sound.isShared();
    }

    @Override
    public StoreStatus status() {
        return sound.status();
    }

    @Override
    public void close() {
        sound.close();
    }
}

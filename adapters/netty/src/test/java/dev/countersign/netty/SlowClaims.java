package dev.countersign.netty;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A store whose answers to the devices' claims come when the test says so, on the test's thread. */
final class SlowClaims implements NonceStore {
    private final NonceStore store;
    private final BlockingQueue<CompletableFuture<Void>> waiting = new LinkedBlockingQueue<>();

    SlowClaims(NonceStore store) {
        this.store = store;
    }

    /** Waits for a claim, which has been sent then and is not answered. */
    CompletableFuture<Void> next() throws InterruptedException {
        CompletableFuture<Void> next = waiting.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no claim came");
        }
        return next;
    }

    int unanswered() {
        return waiting.size();
    }

    @Override
    public CompletionStage<ClaimResult> claim(Claim claim) {
        CompletableFuture<Void> go = new CompletableFuture<>();
        waiting.add(go);
        return go.thenCompose(ignored -> store.claim(claim));
    }

    @Override
    public long watchingSince() {
        return store.watchingSince();
    }

    @Override
    public boolean isShared() {
        return store.isShared();
    }

    @Override
    public void close() {
        store.close();
    }
}

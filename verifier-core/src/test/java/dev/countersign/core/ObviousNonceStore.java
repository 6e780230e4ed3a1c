package dev.countersign.core;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.ReplayToken;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Remembers for ever; can be told what to answer. */
final class ObviousNonceStore implements NonceStore {
    final List<Claim> claims = new ArrayList<>();
    final Set<ReplayToken> tokens = new HashSet<>();

    @Nullable Supplier<CompletionStage<ClaimResult>> script;

    long watchingSince = ALWAYS;
    boolean shared;
    volatile boolean down;

    @Override
    public synchronized CompletionStage<ClaimResult> claim(Claim claim) {
        claims.add(claim);
        return script != null ? script.get() : CompletableFuture.completedFuture(decide(claim));
    }

    private ClaimResult decide(Claim claim) {
        if (tokens.contains(claim.nonce())) {
            return ClaimResult.NONCE_REPLAYED;
        }
        if (claim.signature().filter(tokens::contains).isPresent()) {
            return ClaimResult.SIGNATURE_REPLAYED;
        }
        if (claim.timestamp() <= watchingSince) {
            return ClaimResult.NOT_WATCHING_YET;
        }
        tokens.add(claim.nonce());
        claim.signature().ifPresent(tokens::add);
        return ClaimResult.CLAIMED;
    }

    @Override
    public long watchingSince() {
        return watchingSince;
    }

    @Override
    public boolean isShared() {
        return shared;
    }

    @Override
    public boolean isDown() {
        return down;
    }

    @Override
    public void close() {
        throw new AssertionError("a verifier closes no store");
    }
}

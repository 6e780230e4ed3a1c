package dev.countersign.conformance.harness;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.testkit.ForwardingNonceStore;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A nonce store that the runner can switch off, or fill. Full, it still has to know a replay when it sees one without
 * storing anything, which no store can be asked to do; so it remembers the claims that it let through. Thread-safe.
 */
final class BreakableNonceStore extends ForwardingNonceStore {
    private final Map<ReplayToken, Long> deadlines = new HashMap<>();
    private boolean full;

    BreakableNonceStore(NonceStore store) {
        super(store);
    }

    synchronized void setState(String state) {
        full = state.equals("full");
        if (state.equals("down")) {
            goDown();
        } else {
            comeBack();
        }
    }

    @Override
    public CompletionStage<ClaimResult> claim(Claim claim) {
        synchronized (this) {
            if (full) {
                return CompletableFuture.completedFuture(whenFull(claim));
            }
        }
        return super.claim(claim).thenApply(result -> {
            if (result == ClaimResult.CLAIMED) {
                remember(claim);
            }
            return result;
        });
    }

    private ClaimResult whenFull(Claim claim) {
        if (isKnown(claim.nonce(), claim)) {
            return ClaimResult.NONCE_REPLAYED;
        }
        return claim.signature().isPresent() && isKnown(claim.signature().get(), claim)
                ? ClaimResult.SIGNATURE_REPLAYED
                : ClaimResult.FULL;
    }

    private boolean isKnown(ReplayToken token, Claim claim) {
        Long deadline = deadlines.get(token);
        return deadline != null && claim.claimedAt() <= deadline;
    }

    private synchronized void remember(Claim claim) {
        deadlines.put(claim.nonce(), claim.deadline());
        claim.signature().ifPresent(token -> deadlines.put(token, claim.deadline()));
    }
}

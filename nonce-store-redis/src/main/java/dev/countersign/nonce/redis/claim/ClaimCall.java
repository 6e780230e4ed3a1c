package dev.countersign.nonce.redis.claim;

import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.nonce.redis.trouble.RedisUnavailableException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One claim on its way: what to ask, and what to do with the answer, once. */
public final class ClaimCall {
    /** How much is known of a claim that failed. */
    public enum Failure {
        /** Redis did not get the claim, or answered that it stored nothing. */
        NOT_STORED,
        /** It is unknown whether the claim is stored. */
        MAYBE_STORED
    }

    /** Called once, when the claim has ended. */
    public interface End {
        void ended(ClaimCall call, @Nullable ClaimResult result, @Nullable Failure failure);
    }

    public final Claim claim;
    public final int slot;
    public final byte[] nonceKey;
    public final byte @Nullable [] signatureKey;
    /** How long to keep the tokens, in milliseconds, as Redis reads it. */
    public final byte[] keepMillis;
    /** What to answer if no token is known, without storing any; null to store them. */
    public final @Nullable ClaimResult refusal;

    private final long startedNanos;

    /**
     * Whether the node that the call goes to next was named by ASK, so that ASKING has to come before the claim. One
     * thread at a time.
     */
    public boolean asking;

    /** How often it was sent on to another node of a Cluster. One thread at a time. */
    public int hops;

    private final End end;
    private final CompletableFuture<ClaimResult> answer = new CompletableFuture<>();
    private final AtomicBoolean ended = new AtomicBoolean();

    public ClaimCall(Claim claim, KeyLayout keys, @Nullable ClaimResult refusal, long startedNanos, End end) {
        this.claim = claim;
        this.slot = KeyLayout.slotOf(claim.device());
        this.nonceKey = keys.token(slot, claim.nonce());
        ReplayToken signature = claim.signature().orElse(null);
        this.signatureKey = signature == null || signature.equals(claim.nonce()) ? null : keys.token(slot, signature);
        // Relative, from the claim's own numbers: it arrives after it was dated, so it stays long enough.
        long seconds = Math.subtractExact(Math.addExact(claim.deadline(), 1), claim.claimedAt());
        this.keepMillis = Long.toString(Math.multiplyExact(seconds, 1000L)).getBytes(StandardCharsets.US_ASCII);
        this.refusal = refusal;
        this.startedNanos = startedNanos;
        this.end = end;
    }

    /** Whether an answer comes too late, whatever it says. */
    public boolean isLate(long limitNanos) {
        return System.nanoTime() - startedNanos > limitNanos;
    }

    public CompletableFuture<ClaimResult> answer() {
        return answer;
    }

    /** What to answer if no token is known, given since when the server is watched; null to store them. */
    public @Nullable ClaimResult refusalSince(long since) {
        return claim.timestamp() <= since ? ClaimResult.NOT_WATCHING_YET : refusal;
    }

    public void succeed(ClaimResult result) {
        if (ended.compareAndSet(false, true)) {
            end.ended(this, result, null);
            answer.complete(result);
        }
    }

    public void fail(Failure failure, String why) {
        if (ended.compareAndSet(false, true)) {
            end.ended(this, null, failure);
            answer.completeExceptionally(new RedisUnavailableException(why));
        }
    }
}

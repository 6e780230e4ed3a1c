package dev.countersign.api.store;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Remembers the replay tokens of accepted requests. Implementations are thread-safe and must not block the caller;
 * {@link #fromBlocking} adapts a store that blocks.
 *
 * <p>If a stage fails, a method throws or the answer is {@code null}, the store counts as unavailable and the request
 * is answered with 503. The verifier sets time limits; a store needs none for it.
 */
public interface NonceStore extends AutoCloseable {
    /**
     * The value of {@link #watchingSince} for a store that was always watching: no request was signed too early for it.
     */
    long ALWAYS = Long.MIN_VALUE;

    /**
     * Remembers all tokens of a claim, or none: linearizable for each token over all nodes that share the store. In
     * this order:
     *
     * <ol>
     *   <li>If a token is known, {@link ClaimResult#NONCE_REPLAYED}, or {@link ClaimResult#SIGNATURE_REPLAYED} if only
     *       that of the signature is known. Quota and capacity do not matter for this.
     *   <li>{@link ClaimResult#NOT_WATCHING_YET} if {@link Claim#timestamp} is at or before {@link #watchingSince}, or
     *       if a claim with a deadline at or after {@link Claim#earliestDeadline} has been dropped, or may have been.
     *   <li>{@link ClaimResult#FULL} if the device's quota or the store's capacity is used up. A live claim is never
     *       evicted to make room.
     *   <li>Otherwise {@link ClaimResult#CLAIMED}: the tokens are known at least until {@link Claim#deadline} has
     *       passed.
     * </ol>
     */
    CompletionStage<ClaimResult> claim(Claim claim);

    /**
     * The Unix second since which the store is watching: it knows every claimed request that was signed after this
     * second. {@link #ALWAYS} if no request was accepted before the store began. {@code Retry-After} is computed from
     * it.
     */
    long watchingSince();

    /**
     * Whether nodes with clocks of their own share the store. A verifier then adds the difference between their clocks
     * to each deadline.
     */
    boolean isShared();

    /**
     * Whether the store knows that its server is down, from its own checks of the server. A claim that failed, came
     * late or was refused for overload is no such check. Does no I/O. False by default, and while nothing is known.
     *
     * <p>With the setting {@code acceptReadsWithoutNonceStore}, a verifier asks this before it accepts a read whose
     * claim failed.
     */
    default boolean isDown() {
        return false;
    }

    /**
     * Whether the store can be used, since when, and why not, for health pages. Does no I/O and does not wait. A closed
     * store is not available. {@linkplain StoreStatus#unknown Unknown} by default.
     */
    default StoreStatus status() {
        return StoreStatus.unknown();
    }

    /** Closes what the store itself opened. Idempotent. */
    @Override
    void close();

    /**
     * A store whose calls block, run on an executor.
     *
     * @param executor should be bounded, because it decides how many claims wait. If it refuses a task, the store is
     *     unavailable for that request, with a {@link StoreOverloadedException} unless the executor was shut down
     */
    static NonceStore fromBlocking(BlockingNonceStore store, Executor executor) {
        return new BlockingStoreAdapters.Nonces(store, executor);
    }
}

package dev.countersign.api.store;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Where the replay tokens of accepted requests are remembered. Implementations are thread-safe and must not block the
 * caller; for a store that can only block there is {@link #fromBlocking}.
 *
 * <p>A failed stage, a {@code null} and a throw all mean that the store is unavailable, and the request is answered
 * with 503; time limits are the verifier's business.
 */
public interface NonceStore extends AutoCloseable {
    /** What {@link #watchingSince} says of a store that was always watching: no request was signed too early for it. */
    long ALWAYS = Long.MIN_VALUE;

    /**
     * Remembers all tokens of a claim, or none: linearizable for each token over all nodes that share the store. In this
     * order:
     *
     * <ol>
     *   <li>A known token makes it {@link ClaimResult#NONCE_REPLAYED} or, if only the signature's is known,
     *       {@link ClaimResult#SIGNATURE_REPLAYED}, whatever quota or capacity say.
     *   <li>{@link ClaimResult#NOT_WATCHING_YET} if {@link Claim#timestamp} is at or before {@link #watchingSince}, or if
     *       a claim with a deadline at or after {@link Claim#earliestDeadline} has been dropped, or may have been.
     *   <li>{@link ClaimResult#FULL} if the device's quota or the store's capacity is used up. A live claim is never
     *       evicted to make room.
     *   <li>Otherwise the tokens are known at least until {@link Claim#deadline} has passed.
     * </ol>
     */
    CompletionStage<ClaimResult> claim(Claim claim);

    /**
     * The Unix second since which the store is watching: it knows each request signed later than this second that was
     * claimed. {@link #ALWAYS} for a store before which nobody accepted requests. The client learns from it when to come back.
     */
    long watchingSince();

    /**
     * Whether nodes with clocks of their own share the store. A verifier then adds the difference between their clocks
     * to each deadline.
     */
    boolean isShared();

    /**
     * Whether the store is known to be down: by a look of its own at its server, never because a claim failed, came late
     * or was refused for overload. It ends with the look that finds the server back. Costs no I/O. False where nothing is
     * known, and by default: a store that never looks is never known to be down.
     *
     * <p>A verifier asks it before it lets a read pass whose replay could not be checked, if it was built to.
     */
    default boolean isDown() {
        return false;
    }

    /**
     * Whether the store can be used, since when, and why not: for health pages. Costs no I/O, and does not wait for a call that is
     * under way. A closed store is not available. By default {@linkplain StoreStatus#unknown nothing is known}: "available" would be a
     * promise that nobody looked after, and "unavailable" an alarm.
     */
    default StoreStatus status() {
        return StoreStatus.unknown();
    }

    /** Releases what the store itself opened. Idempotent. */
    @Override
    void close();

    /**
     * A store whose calls block, run on an executor.
     *
     * @param executor bounded, please: it decides how many claims wait. One that refuses a task makes the store
     *     unavailable for that request, with a {@link StoreOverloadedException} unless it was shut down.
     */
    static NonceStore fromBlocking(BlockingNonceStore store, Executor executor) {
        return new BlockingStoreAdapters.Nonces(store, executor);
    }
}

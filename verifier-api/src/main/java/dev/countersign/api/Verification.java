package dev.countersign.api;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * One request on its way to a verdict: the head is in, the body comes in chunks, then {@link #finish}.
 *
 * <p>{@link #update} and {@link #finish} belong to one thread at a time, and so does {@link #rejection}; {@link #cancel},
 * {@link #verdict} and {@link #completion} may be called from any thread at any time.
 *
 * <p>While the body is on its way, a verification ends itself from another thread: once the timestamp cannot be fresh any
 * more ({@link RejectionReason#CLOCK_SKEW}), once the body has taken longer than the verifier allows, or when the verifier is
 * closed (both {@link RejectionReason#CANCELLED}). From then on {@link #rejection} says so. Nothing can come of the body any
 * more: drop the bytes of it that you hold. Who reads the body looks after each chunk; who is waiting for bytes learns of
 * it by {@link #completion}.
 *
 * <p>So a verification that is neither finished nor cancelled holds no resource but memory, and that no longer than a body
 * may take.
 */
public interface Verification {
    /** The rejection if there already is one: then send its answer and keep no more of the body. */
    Optional<Rejected> rejection();

    /**
     * Takes the next bytes of the body, as they were on the wire after transfer decoding. The chunk is consumed whole
     * (its position becomes its limit) and not kept. After a rejection it is skipped. Ends the verification if the timestamp
     * cannot be fresh any more, if the body has become too long or has taken too long, or, with that setting, if it is known by
     * now that there is no such device.
     *
     * @throws IllegalStateException after {@link #finish}
     */
    void update(ByteBuffer chunk);

    /** As {@link #update(ByteBuffer)}, of a part of an array. */
    default void update(byte[] bytes, int offset, int length) {
        update(ByteBuffer.wrap(bytes, offset, length));
    }

    /**
     * Says that the body is complete, and brings the verdict: at once if everything needed is at hand, else on the
     * caller's executor. Never completes exceptionally and completes within the stores' time limits, and at most a second
     * later for each of them if the executor does not run what it is given: then with a rejection, on any thread. Another
     * call returns the same stage.
     *
     * @return a minimal stage, which can be waited for and not be completed, cancelled or given a time limit;
     *     {@link CompletionStage#toCompletableFuture} makes a future of the caller's own
     */
    CompletionStage<Verdict> finish();

    /**
     * The verdict as soon as there is one, also before {@link #finish}: for who is waiting for bytes of a body that has
     * ended by itself. Does not say that the body is complete.
     *
     * @return as from {@link #finish}. Where the verification ends itself it completes on a thread of the verifier, which must
     *     not be held up: go on with one of the {@code Async} methods and an executor
     */
    CompletionStage<Verdict> completion();

    /**
     * Gives up: the client is gone. As long as the claim has not been sent, nothing is stored and the verdict is
     * {@link RejectionReason#CANCELLED}; after that it has no effect.
     */
    void cancel();

    /**
     * As {@link #cancel()}, for a reason of the adapter's own, such as that it has no room for the body.
     *
     * @param detail why, for the log: ASCII, and nothing that the client sent; {@link Rejected#detail} shows it
     */
    default void cancel(String detail) {
        cancel();
    }

    /**
     * The adapter cannot hand the body over as it was sent, for a fault of the application's set-up: something in front of it has
     * read the body, say. The verdict is {@link RejectionReason#INTERNAL} with this cause, under the same condition as for
     * {@link #cancel()}.
     *
     * @param fault says in words what to change
     */
    default void fail(Throwable fault) {
        cancel();
    }

    /** The verdict once there is one. */
    Optional<Verdict> verdict();
}

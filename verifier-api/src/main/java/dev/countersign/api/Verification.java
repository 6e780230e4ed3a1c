package dev.countersign.api;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The verification of one request whose head has been read. Call {@link #update} with each piece of the body, then
 * {@link #finish}:
 *
 * <pre>{@code
 * Verification verification = verifier.begin(head, Caller.on(eventLoop));
 * verification.update(chunk);                             // each piece of the body, until rejection() is present
 * verification.finish().thenAccept(verdict -> respond(verdict));
 * }</pre>
 *
 * <p>Only one thread at a time may call {@link #update}, {@link #finish} and {@link #rejection}. Any thread may call
 * {@link #cancel}, {@link #verdict} and {@link #completion} at any time.
 *
 * <p>While the body arrives, the verification may end itself, on another thread: with
 * {@link RejectionReason#CLOCK_SKEW} if the timestamp cannot be fresh any more, and with
 * {@link RejectionReason#CANCELLED} if the body takes too long or the verifier is closed. Then {@link #rejection} is
 * present and the rest of the body does not matter: drop the bytes that you hold. Check {@link #rejection} after each
 * chunk. If you wait for bytes asynchronously, use {@link #completion}.
 *
 * <p>A verification that is neither finished nor cancelled occupies memory and nothing else, until the time limit for
 * the body.
 */
public interface Verification {
    /** The rejection, once there is one. Then send its answer and drop the body. */
    Optional<Rejected> rejection();

    /**
     * Takes the next bytes of the body, as they were on the wire after transfer decoding. Consumes the whole chunk (its
     * position becomes its limit) and does not keep it. Skips it after a rejection.
     *
     * <p>Rejects the request if the timestamp cannot be fresh any more, if the body is too long or takes too long, or,
     * with the setting {@code answerUnknownDevicesEarly}, if the device is known not to exist.
     *
     * @throws IllegalStateException after {@link #finish}
     */
    void update(ByteBuffer chunk);

    /** As {@link #update(ByteBuffer)}, for a part of an array. */
    default void update(byte[] bytes, int offset, int length) {
        update(ByteBuffer.wrap(bytes, offset, length));
    }

    /**
     * Ends the body. The stage completes with the verdict: before this method returns if no store has to be waited for,
     * else on the caller's executor. A second call returns the same stage.
     *
     * <p>The stage never completes exceptionally. It completes within the stores' time limits. If the caller's executor
     * does not run its tasks, the stage completes with a rejection, on any thread, at most a second after each of these
     * limits.
     *
     * @return a minimal stage: it cannot be completed, cancelled or given a time limit by its user;
     *     {@link CompletionStage#toCompletableFuture} creates an independent future
     */
    CompletionStage<Verdict> finish();

    /**
     * A stage that completes with the verdict, also if the verification ends before {@link #finish}. For callers that
     * wait for bytes of the body. Unlike {@code finish}, this method does not end the body.
     *
     * @return as from {@link #finish}. If the verification ends itself, the stage completes on a thread of the
     *     verifier. Do not block that thread: continue with one of the {@code Async} methods and an executor
     */
    CompletionStage<Verdict> completion();

    /**
     * Gives the verification up, because the client is gone for instance. Before the claim is sent, nothing is stored
     * and the verdict is {@link RejectionReason#CANCELLED}. After that, this method has no effect.
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

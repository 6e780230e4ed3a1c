package dev.countersign.api;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;

/**
 * Decides for each request whether it is genuine, fresh and not a replay. Thread-safe; one for an application.
 *
 * <p>Nothing that a client sends makes a method of this type throw: the answer is always a {@link Verdict}.
 */
public interface RequestVerifier extends AutoCloseable {
    /**
     * Starts a verification with the head of a request. Reads the head before it returns, never blocks, and starts the
     * key lookup. A head that is faulty in itself is rejected here, before any of the body is read.
     */
    Verification begin(RequestHead head, Caller caller);

    /**
     * Verifies a request whose body is at hand, and waits: at most for the time limits of a lookup, a claim, and the
     * confirmation of a key. A thread that is interrupted while it waits stays interrupted and gets
     * {@link RejectionReason#CANCELLED}.
     *
     * @param body the bytes of the wire, after transfer decoding and before content decoding; not kept
     */
    Verdict verify(RequestHead head, byte[] body);

    /**
     * Verifies a request whose body is at hand, without waiting.
     *
     * @param body consumed before this method returns; not kept
     * @return as from {@link Verification#finish}; never completes exceptionally
     */
    CompletionStage<Verdict> verifyAsync(RequestHead head, ByteBuffer body, Caller caller);

    /**
     * Rejects from now on with {@link RejectionReason#CANCELLED}, also what is still waiting for its body, lets verifications
     * that wait for a store end, and closes what the verifier's builder made; stores belong to whoever opened them. Idempotent.
     */
    @Override
    void close();
}

package dev.countersign.api;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Decides for each request whether it is genuine, fresh and not a replay. Thread-safe; one for an application.
 *
 * <pre>{@code
 * Verdict verdict = verifier.verify(head, body);
 * return verdict.fold(
 *         accepted -> serve(accepted.request().device()),
 *         rejected -> send(rejected.answer()));
 * }</pre>
 *
 * <p>Nothing that a client sends makes a method of this type throw: the answer is always a {@link Verdict}.
 */
public interface RequestVerifier extends AutoCloseable {
    /**
     * What its verdict needs of the body. Adapters ask once for each request, before they begin; the answer never changes.
     *
     * @return {@link BodyUse#COVERED} unless overridden
     */
    default BodyUse bodyUse() {
        return BodyUse.COVERED;
    }

    /**
     * Starts a verification with the head of a request. Reads the head before it returns, never blocks, and starts the
     * key lookup. A head that is faulty in itself is rejected here, before any of the body is read.
     */
    Verification begin(RequestHead head, Caller caller);

    /**
     * Verifies a request whose body is at hand, and waits: at most for the time limits of a lookup, a claim, and the
     * confirmation of a key. All work is done, and listeners are called, on the thread that calls. A thread that is
     * interrupted while it waits stays interrupted and gets {@link RejectionReason#CANCELLED}.
     *
     * @param body the bytes of the wire, after transfer decoding and before content decoding; consumed, and not kept
     * @param attachment handed to listeners unchanged, or null
     */
    Verdict verify(RequestHead head, ByteBuffer body, @Nullable Object attachment);

    /** As {@link #verify(RequestHead, ByteBuffer, Object)}, without an attachment. */
    default Verdict verify(RequestHead head, ByteBuffer body) {
        return verify(head, body, null);
    }

    /** As {@link #verify(RequestHead, ByteBuffer, Object)}, of a whole array and without an attachment. */
    default Verdict verify(RequestHead head, byte[] body) {
        return verify(head, ByteBuffer.wrap(body), null);
    }

    /**
     * Verifies a request whose body is at hand, without waiting.
     *
     * @param body consumed before this method returns; not kept
     * @return as from {@link Verification#finish}; never completes exceptionally
     */
    CompletionStage<Verdict> verifyAsync(RequestHead head, ByteBuffer body, Caller caller);

    /**
     * Rejects from now on with {@link RejectionReason#CANCELLED}, also what is still waiting for its body, lets verifications
     * that wait for a store end, and closes what the verifier's builder made; stores belong to those who opened them. Idempotent.
     */
    @Override
    void close();
}

package dev.countersign.api;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Decides for each request whether it is genuine, fresh and not a replay. Thread-safe; an application needs one.
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
     * Starts a verification. Reads the head before it returns, starts the key lookup, and never blocks. Rejects a
     * faulty head at once, before the body is read.
     */
    Verification begin(RequestHead head, Caller caller);

    /**
     * Verifies a request whose body is complete, and waits for the verdict: at most for the time limits of a lookup, a
     * claim, and the confirmation of a key. The calling thread does all the work and calls the listeners. If it is
     * interrupted while it waits, it stays interrupted and gets {@link RejectionReason#CANCELLED}.
     *
     * @param body the bytes of the wire, after transfer decoding and before content decoding; consumed, and not kept
     * @param attachment passed to the listeners unchanged, or null
     */
    Verdict verify(RequestHead head, ByteBuffer body, @Nullable Object attachment);

    /** As {@link #verify(RequestHead, ByteBuffer, Object)}, without an attachment. */
    default Verdict verify(RequestHead head, ByteBuffer body) {
        return verify(head, body, null);
    }

    /** As {@link #verify(RequestHead, ByteBuffer, Object)}, for a whole array and without an attachment. */
    default Verdict verify(RequestHead head, byte[] body) {
        return verify(head, ByteBuffer.wrap(body), null);
    }

    /**
     * Verifies a request whose body is complete, without waiting.
     *
     * @param body consumed before this method returns; not kept
     * @return as from {@link Verification#finish}; never completes exceptionally
     */
    CompletionStage<Verdict> verifyAsync(RequestHead head, ByteBuffer body, Caller caller);

    /**
     * Closes the verifier. New requests, and requests whose body is not complete, are rejected with
     * {@link RejectionReason#CANCELLED}. Verifications that wait for a store end as usual. Does not close the stores.
     * Idempotent.
     */
    @Override
    void close();
}

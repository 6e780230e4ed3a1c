package dev.countersign.api;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to a verdict: the head is in, the body comes in chunks, then {@link #finish}.
 *
 * <p>{@link #rejection}, {@link #update} and {@link #finish} belong to one thread at a time; {@link #cancel} and
 * {@link #verdict} may be called from any thread at any time. A verification that is neither finished nor cancelled
 * holds no resource but memory.
 */
public interface Verification {
    /** The rejection if there already is one: then send its answer and read no more of the body. Otherwise null. */
    @Nullable Rejected rejection();

    /**
     * Takes the next bytes of the body, as they were on the wire after transfer decoding. The chunk is consumed whole
     * (its position becomes its limit) and not kept. After a rejection it is skipped.
     *
     * @throws IllegalStateException after {@link #finish}
     */
    void update(ByteBuffer chunk);

    /**
     * Says that the body is complete, and brings the verdict: at once if everything needed is at hand, else on the
     * caller's executor. Never completes exceptionally and completes within the stores' time limits. Another call
     * returns the same stage.
     */
    CompletionStage<Verdict> finish();

    /**
     * Gives up: the client is gone. As long as the claim has not been sent, nothing is stored and the verdict is
     * {@link RejectionReason#CANCELLED}; after that it has no effect.
     */
    void cancel();

    /** The verdict once there is one, else null. */
    @Nullable Verdict verdict();
}

package dev.countersign.core.verification;

import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.core.diagnosis.Explainer;
import dev.countersign.core.step.Objection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How far a verification is and, in the end, its verdict: the first one that anybody reaches, and only one. Whatever
 * happens while the listener is called, the verdict is set afterwards. Thread-safe.
 */
final class Outcome {
    /**
     * How far a verification is, as long as it has no verdict. It can end itself while the body is on its way, and be
     * cancelled until it is committed: from then on something may be stored.
     */
    enum Phase {
        BODY,
        JUDGING,
        COMMITTED
    }

    private final VerificationContext context;
    private final Trace trace;
    private final Runnable release;

    /** The phase, and then the verdict: who puts it here tells the listener. */
    private final AtomicReference<Object> state = new AtomicReference<>(Phase.BODY);

    private final CompletableFuture<Verdict> completion = new CompletableFuture<>();

    /** The verdict once the listener was called. */
    private volatile @Nullable Verdict verdict;

    /** @param release lets go what is of no use once there is a verdict; may run more than once */
    Outcome(VerificationContext context, Trace trace, Runnable release) {
        this.context = context;
        this.trace = trace;
        this.release = release;
    }

    /** Goes on to another phase, unless there is a verdict or somebody else has gone on. */
    boolean advance(Phase from, Phase to) {
        return state.compareAndSet(from, to);
    }

    boolean isDecided() {
        return state.get() instanceof Verdict;
    }

    /** The verdict once the listener was called, else null. */
    @Nullable Verdict verdict() {
        return verdict;
    }

    /** Nobody can complete, cancel or time out for others what they wait for. */
    CompletionStage<Verdict> completion() {
        return completion.minimalCompletionStage();
    }

    void reject(Objection objection) {
        conclude(rejection(objection));
    }

    /** The verdict that this objection makes, dated now. */
    Rejected rejection(Objection objection) {
        return context.rejections().of(trace.id(), objection);
    }

    /** The verdict, unless there is one already. */
    void conclude(Verdict reached) {
        for (Phase phase : Phase.values()) { // in their order: no phase follows that was tried before
            if (concludeFrom(phase, reached)) {
                return;
            }
        }
    }

    /** The verdict, if the verification is in this phase. */
    boolean concludeFrom(Phase phase, Verdict reached) {
        if (!state.compareAndSet(phase, reached)) {
            return false;
        }
        try {
            context.observation().reached(trace, reached);
        } finally {
            try {
                publish(reached);
            } finally {
                explain(reached);
            }
        }
        return true;
    }

    /** When the verdict is out: explaining can neither change nor delay it. */
    private void explain(Verdict reached) {
        Explainer explainer = context.explainer();
        if (explainer != null) {
            explainer.concluded(trace.inquiry, reached);
        }
    }

    private void publish(Verdict reached) {
        verdict = reached;
        completion.complete(reached);
        release.run();
    }

    /** Runs a part of the verification: where a fault of our own becomes a verdict. */
    void guard(Runnable part) {
        try {
            part.run();
        } catch (Throwable fault) {
            fail(fault);
        }
    }

    void fail(Throwable fault) {
        Rejected answer;
        try {
            context.faults().note(fault);
            answer = rejection(new Objection(RejectionReason.INTERNAL, "", fault));
        } catch (Throwable another) { // for lack of memory or stack, twice
            answer = Rejections.UNDATED_FAULT;
        }
        conclude(answer);
        if (state.get() instanceof Verdict reached) {
            publish(reached); // if the fault was one of telling it
        }
    }
}

package dev.countersign.core.diagnosis;

import dev.countersign.api.Rejected;
import dev.countersign.api.RequestHead;
import dev.countersign.api.Verdict;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.explain.Explanation;
import dev.countersign.core.explain.ExplanationListener;
import dev.countersign.core.step.HeadRules;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Explains the rejections of one verifier, within limits. Nothing that fails in here, and nothing that its listener
 * throws, gets out. Thread-safe.
 */
public final class Explainer {
    private final Settings settings;
    private final ExplanationListener listener;
    private final Admission admission;
    private final AtomicLong leftOut = new AtomicLong();
    private final LongAdder failures = new LongAdder();

    /**
     * What the explanations speak of.
     *
     * @param verifierName the verifier's
     * @param engine checks signatures; it gets keys of its own, and none that it prepared for verifications
     * @param rules for heads
     * @param windowSeconds how far back a timestamp may lie
     * @param maxAheadSeconds how far ahead
     * @param maxBodyBytes the longest body
     */
    public record Settings(
            String verifierName,
            EcdsaP256Engine engine,
            HeadRules rules,
            long windowSeconds,
            long maxAheadSeconds,
            long maxBodyBytes) {}

    /** @param nanoTime the monotonic clock of the limits for each second */
    public Explainer(Settings settings, ExplanationListener listener, LongSupplier nanoTime) {
        this.settings = settings;
        this.listener = listener;
        this.admission = new Admission(nanoTime);
    }

    /** Says that it is on. */
    public void turnedOn() {
        try {
            listener.onTurnedOn("COUNTERSIGN EXPLAINS REJECTIONS of the verifier \"" + settings.verifierName()
                    + "\": paths, app ids, device ids, nonces and hashes of messages and bodies are shown."
                    + " For development only, not for production.");
        } catch (Throwable fault) {
            failed();
        }
    }

    /** Begins to note a request; null if too many are noted. Each is to be given to {@link #concluded}. */
    public @Nullable Inquiry open(RequestHead head) {
        try {
            if (!admission.begin()) {
                return null;
            }
            try {
                return new Inquiry(this, new Sent(head));
            } catch (Throwable fault) {
                admission.end();
                throw fault;
            }
        } catch (Throwable fault) {
            failed();
            return null;
        }
    }

    /**
     * Explains a rejection, unless a limit is reached. To be called once for each verification, when its verdict is
     * out.
     *
     * @param inquiry what was noted, or null if nothing was
     */
    public void concluded(@Nullable Inquiry inquiry, Verdict verdict) {
        try {
            Inquiry.Notes notes = null;
            if (inquiry != null) {
                admission.end();
                notes = inquiry.end();
            }
            if (verdict instanceof Rejected rejected) {
                if (notes == null || !admission.explain()) {
                    leftOut.incrementAndGet();
                } else {
                    explain(notes, rejected);
                }
            }
        } catch (Throwable fault) {
            failed();
        }
    }

    private void explain(Inquiry.Notes notes, Rejected rejected) {
        long others = leftOut.getAndSet(0);
        Explanation explanation;
        try {
            explanation = new Diagnosis(settings, notes, rejected).explanation(others);
        } catch (Throwable fault) {
            leftOut.addAndGet(others + 1);
            throw fault;
        }
        listener.onRejection(explanation);
    }

    Admission admission() {
        return admission;
    }

    void failed() {
        failures.increment();
    }

    /** How often something in here failed, or the listener threw. */
    public long failures() {
        return failures.sum();
    }
}

package dev.countersign.core;

import dev.countersign.api.Caller;
import dev.countersign.api.CallersThread;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.annotation.CheckReturnValue;
import dev.countersign.api.store.NonceStore;
import dev.countersign.core.diagnosis.Explainer;
import dev.countersign.core.verification.PipelineVerification;
import dev.countersign.core.verification.VerificationContext;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Verifies device-signed requests: the implementation of {@link RequestVerifier}. Build one for an application with
 * {@link #builder}; thread-safe.
 *
 * <p>It holds no lock while it computes and registers nothing with the JVM. It starts one daemon thread with the first
 * request that waits for a store or for its body.
 */
@CheckReturnValue
public final class CountersignVerifier implements RequestVerifier {
    private final VerificationContext context;
    private final @Nullable ScheduledExecutorService ownTimer;

    /** @param ownTimer closed with the verifier, unless it is null */
    CountersignVerifier(VerificationContext context, @Nullable ScheduledExecutorService ownTimer) {
        this.context = context;
        this.ownTimer = ownTimer;
    }

    /**
     * Creates a builder. The verifier does not close the key source or the nonce store.
     *
     * <pre>{@code
     * KeyCache cache = KeyCache.builder(keyStore).build();
     * RequestVerifier verifier = CountersignVerifier.builder(cache, nonceStore).name("api").build();
     * }</pre>
     *
     * @param keys where devices and their keys are looked up: a {@link KeyCache}, or {@link KeySource#uncached}
     * @param nonces where accepted requests are remembered
     */
    public static VerifierBuilder builder(KeySource keys, NonceStore nonces) {
        return new VerifierBuilder(keys, nonces);
    }

    @Override
    public Verification begin(RequestHead head, Caller caller) {
        return begin(head, caller, false);
    }

    private PipelineVerification begin(RequestHead head, Caller caller, boolean isBodyAtHand) {
        Objects.requireNonNull(head, "head");
        Objects.requireNonNull(caller, "caller");
        return PipelineVerification.begin(context, head, caller, isBodyAtHand);
    }

    @Override
    public Verdict verify(RequestHead head, ByteBuffer body, @Nullable Object attachment) {
        Objects.requireNonNull(body, "body");
        CallersThread thread = new CallersThread();
        PipelineVerification verification = begin(head, Caller.on(thread).withAttachment(attachment), true);
        verification.update(body);
        CompletionStage<Verdict> verdict = verification.finish();
        try {
            thread.runUntil(verdict);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            verification.cancel();
        }
        return verification.verdict().orElseGet(verification::givenUp); // if it is too late to cancel
    }

    @Override
    public CompletionStage<Verdict> verifyAsync(RequestHead head, ByteBuffer body, Caller caller) {
        Objects.requireNonNull(body, "body");
        Verification verification = begin(head, caller, true);
        verification.update(body);
        return verification.finish();
    }

    @Override
    public void close() {
        context.close();
        if (ownTimer != null) {
            ownTimer.shutdown(); // what executors owe is still looked after, for a second
        }
    }

    /** How many exceptions listeners threw. The verifier ignores them otherwise. */
    public long listenerFailures() {
        return context.observation().listenerFailures();
    }

    /**
     * How often an explanation failed or its listener threw. The verifier ignores this otherwise. Always 0 unless
     * {@link VerifierBuilder#explainRejections} was called.
     */
    public long explanationFailures() {
        Explainer explainer = context.explainer();
        return explainer == null ? 0 : explainer.failures();
    }

    /**
     * How many requests were rejected with {@link RejectionReason#INTERNAL}. More than 0 is a bug: please report it.
     */
    public long internalFaults() {
        return context.faults().count();
    }

    /**
     * The last fault behind {@link RejectionReason#INTERNAL}, for a bug report; null if there was none. Its message may
     * come from a store or an adapter and contain anything: check it before you log it.
     */
    public @Nullable Throwable lastInternalFault() {
        return context.faults().last();
    }

    /** How many requests wait for a store, for tests. */
    int waiting() {
        return context.waits().armed();
    }

    /** How many bodies are on their way, for tests. */
    int openBodies() {
        return context.openBodies().count();
    }

    @Override
    public String toString() {
        return "CountersignVerifier[" + (context.isClosed() ? "closed" : "open") + "]";
    }
}

package dev.countersign.core.verification;

import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.VerificationEvent.Stage;
import dev.countersign.core.diagnosis.Explainer;
import dev.countersign.core.diagnosis.Inquiry;
import dev.countersign.core.step.HeadResult;
import dev.countersign.core.step.Objection;
import dev.countersign.core.step.SignedHead;
import dev.countersign.core.step.SignedMessage;
import dev.countersign.core.verification.Outcome.Phase;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The driver: takes one request through the {@link Procedure}. All that is not a pure step happens here and in what
 * this calls: reading the clock, asking the stores, waiting, cancelling, and catching faults of our own.
 *
 * <pre>
 * begin    (1) extract headers   (2) freshness   (5) lookup starts
 * update   (4) message, hashed as it arrives
 * finish   {@link Decision}: (5) device   (6) signature   (2) freshness again   (5) state of device and key   (7) claim
 * </pre>
 */
public final class PipelineVerification implements Verification, OpenBodies.OpenBody {
    private static final Objection CLOSED = Objection.of(RejectionReason.CANCELLED, "the verifier is closed");
    private static final String BY_CALLER = "by its caller";
    private static final Objection SLOW_BODY =
            Objection.of(RejectionReason.CANCELLED, "the body took longer than bodyTimeLimit");

    private final VerificationContext context;
    private final Caller caller;
    private final Trace trace;
    private final Outcome outcome;

    // Set by begin() unless the head is rejected. Only the message is let go from another thread.
    private @Nullable SignedHead head;
    private @Nullable DeviceReading<?> device;
    private volatile @Nullable SignedMessage message;

    private boolean answersUnknownDeviceEarly;

    // Set by finish().
    private boolean finished;
    private @Nullable CompletionStage<Verdict> handedOut;

    private PipelineVerification(VerificationContext context, Caller caller) {
        this.context = context;
        this.caller = caller;
        this.trace = new Trace(context, caller.attachment().orElse(null));
        this.outcome = new Outcome(context, trace, this::release);
    }

    // ---- with the head ----

    /**
     * Begins a verification: reads the head, and starts the lookup unless that is faulty.
     *
     * @param isBodyAtHand whether it is not worth while to watch how long the body takes
     */
    public static PipelineVerification begin(
            VerificationContext context, RequestHead head, Caller caller, boolean isBodyAtHand) {
        PipelineVerification verification = new PipelineVerification(context, caller);
        try {
            verification.begin(head, isBodyAtHand);
        } catch (Throwable fault) {
            verification.outcome.fail(fault);
        }
        return verification;
    }

    private void begin(RequestHead requestHead, boolean isBodyAtHand) {
        Explainer explainer = context.explainer();
        if (explainer != null) {
            trace.inquiry = explainer.open(requestHead);
        }
        Objection objection = context.isClosed() ? CLOSED : readHead(requestHead);
        trace.end(Stage.HEAD);
        if (objection != null) {
            outcome.reject(objection);
            return;
        }
        if (isBodyAtHand) {
            return;
        }
        answersUnknownDeviceEarly = context.answersUnknownDevicesEarly();
        answerUnknownDevice();
        if (!outcome.isDecided()) {
            context.openBodies().add(this); // from here on it may end at any moment, on another thread
        }
    }

    /** Judges the head as far as stored data plays no part, and starts what can run while the body comes. */
    private @Nullable Objection readHead(RequestHead requestHead) {
        HeadResult result = context.procedure().extractHeaders().apply(requestHead); // (1)
        SignedHead signed = result.head();
        if (signed == null) {
            return result.fault();
        }
        trace.claimed = signed.claimed();
        Inquiry inquiry = trace.inquiry;
        if (inquiry != null) {
            inquiry.read(signed);
        }
        long now = context.clocks().serverSecond();
        if (!context.procedure().checkFreshness().isFresh(signed.timestamp(), now)) { // (2)
            return Objection.of(RejectionReason.CLOCK_SKEW, "with the head");
        }
        if (requestHead.announcedBodyBytes() > context.limits().bodyBytes()) {
            return tooLarge();
        }
        device = DeviceReading.begin(context, signed.claimed(), now); // (5)
        message = context.procedure().rebuildMessage().start(signed); // (4)
        head = signed;
        return null;
    }

    private Objection tooLarge() {
        return Objection.of(
                RejectionReason.BODY_TOO_LARGE,
                "more than maxBodyBytes, " + context.limits().bodyBytes());
    }

    /** Before the body, if so set, and as soon as it is known. */
    private void answerUnknownDevice() {
        DeviceReading<?> reading = device;
        if (answersUnknownDeviceEarly && reading != null && reading.isKnownToBeUnknown()) {
            outcome.reject(Objection.of(RejectionReason.UNKNOWN_DEVICE, "before the body"));
        }
    }

    @Override
    public Optional<Rejected> rejection() {
        return outcome.verdict() instanceof Rejected rejected ? Optional.of(rejected) : Optional.empty();
    }

    // ---- with the body ----

    @Override
    public void update(ByteBuffer chunk) {
        if (finished) {
            throw new IllegalStateException("update() after finish(): the body was said to be complete");
        }
        SignedMessage arriving = message;
        if (arriving != null && outcome.verdict() == null) {
            try {
                take(chunk, arriving);
            } catch (Throwable fault) {
                outcome.fail(fault);
            }
        }
        chunk.position(chunk.limit());
    }

    private void take(ByteBuffer chunk, SignedMessage arriving) {
        Objection objection = overdue();
        if (objection == null
                && arriving.bodyBytes() + chunk.remaining() > context.limits().bodyBytes()) {
            objection = tooLarge();
        }
        if (objection != null) {
            outcome.reject(objection);
            return;
        }
        answerUnknownDevice();
        if (!outcome.isDecided()) {
            Inquiry inquiry = trace.inquiry;
            if (inquiry != null) {
                inquiry.update(chunk);
            }
            arriving.update(chunk);
        }
    }

    /** Why nothing can come of a body that is still on its way, or null. */
    private @Nullable Objection overdue() {
        SignedHead signed = head;
        DeviceReading<?> reading = device;
        if (signed == null || reading == null) {
            return null;
        }
        if (context.procedure()
                .checkFreshness()
                .isOver(signed.timestamp(), context.clocks().serverSecond())) {
            return Objection.of(RejectionReason.CLOCK_SKEW, "while the body came");
        }
        long open = context.clocks().nanoTime() - reading.begunAt();
        return open > context.limits().bodyNanos() ? SLOW_BODY : null;
    }

    /** On another thread than the caller's, which may be inside of any method. */
    @Override
    public void endIfOverdue() {
        try {
            if (outcome.isDecided()) {
                context.openBodies().remove(this); // where publishing the verdict failed halfway
                return;
            }
            Objection overdue = overdue();
            if (overdue != null) {
                outcome.concludeFrom(Phase.BODY, outcome.rejection(overdue));
            }
        } catch (Throwable fault) { // it is looked at again; a verdict that was reached is out all the same
            context.faults().note(fault);
        }
    }

    /** The verifier is closed: on any thread, and only while the body is on its way. */
    @Override
    public void endIfOpen() {
        try {
            outcome.concludeFrom(Phase.BODY, outcome.rejection(CLOSED));
        } catch (Throwable fault) {
            context.faults().note(fault);
        }
    }

    // ---- when the body is complete ----

    @Override
    public CompletionStage<Verdict> finish() {
        if (!finished) {
            finished = true;
            SignedHead signed = head;
            DeviceReading<?> reading = device;
            SignedMessage complete = message;
            if (signed != null && reading != null && complete != null && outcome.advance(Phase.BODY, Phase.JUDGING)) {
                try {
                    decide(signed, reading, complete);
                } catch (Throwable fault) {
                    outcome.fail(fault);
                }
            }
            handedOut = completion();
        }
        CompletionStage<Verdict> stage = handedOut;
        return stage == null ? completion() : stage;
    }

    private void decide(SignedHead signed, DeviceReading<?> reading, SignedMessage complete) {
        context.openBodies().remove(this);
        trace.start();
        Judgement.CompleteBody body = new Judgement.CompleteBody(complete.digests(), complete.bodyBytes());
        Inquiry inquiry = trace.inquiry;
        if (inquiry != null) {
            inquiry.complete(body.digests(), body.bytes());
        }
        new Decision(context, caller.executor(), trace, outcome, signed, reading, body).start();
    }

    @Override
    public CompletionStage<Verdict> completion() {
        return outcome.completion();
    }

    // ---- the end ----

    /** The answer for a caller that does not wait for the verdict any more. */
    public Rejected givenUp() {
        return outcome.rejection(Objection.of(RejectionReason.CANCELLED, BY_CALLER));
    }

    @Override
    public void cancel() {
        cancel(BY_CALLER);
    }

    @Override
    public void cancel(String detail) {
        giveUp(Objection.of(RejectionReason.CANCELLED, detail));
    }

    @Override
    public void fail(Throwable fault) {
        giveUp(new Objection(RejectionReason.INTERNAL, "the body does not come as it was sent", fault));
    }

    /** Unless something may be stored by now. */
    private void giveUp(Objection objection) {
        Rejected given = outcome.rejection(objection);
        if (!outcome.concludeFrom(Phase.BODY, given)) {
            outcome.concludeFrom(Phase.JUDGING, given);
        }
    }

    @Override
    public Optional<Verdict> verdict() {
        return Optional.ofNullable(outcome.verdict());
    }

    private void release() {
        message = null;
        context.openBodies().remove(this);
    }

    @Override
    public String toString() {
        return "Verification[" + trace.claimed + "]";
    }
}

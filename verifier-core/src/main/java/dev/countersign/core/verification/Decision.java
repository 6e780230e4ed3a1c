package dev.countersign.core.verification;

import dev.countersign.api.Accepted;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.VerificationEvent.Stage;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.core.key.FoundDevice;
import dev.countersign.core.step.SignatureMatch;
import dev.countersign.core.step.SignedHead;
import dev.countersign.core.wait.Waits;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes a request whose body is complete to its verdict: waits for what is known of the device, has the request judged by
 * that, and claims the nonce last. Used by one thread at a time.
 */
final class Decision {
    private final VerificationContext context;
    private final Executor executor;
    private final Trace trace;
    private final Outcome outcome;
    private final SignedHead head;
    private final DeviceReading<?> device;
    private final Judgement.CompleteBody body;

    /** The signature's checks by an older record of the device. */
    private @Nullable SignatureMatch before;

    /** @param executor where it goes on when it had to wait */
    Decision(
            VerificationContext context,
            Executor executor,
            Trace trace,
            Outcome outcome,
            SignedHead head,
            DeviceReading<?> device,
            Judgement.CompleteBody body) {
        this.context = context;
        this.executor = executor;
        this.trace = trace;
        this.outcome = outcome;
        this.head = head;
        this.device = device;
        this.body = body;
    }

    void start() {
        device.refresh(context.clocks().serverSecond());
        whenFound(this::decide);
    }

    private void whenFound(Consumer<FoundDevice> next) {
        device.whenFound(
                executor,
                found -> outcome.guard(() -> {
                    trace.end(Stage.KEY_LOOKUP);
                    if (found == null) {
                        outcome.reject(RejectionReason.STORE_UNAVAILABLE);
                    } else if (!outcome.isDecided()) { // not cancelled while it was awaited
                        next.accept(found);
                    }
                }),
                this::lost);
    }

    /**
     * The steps that need the device, in the order of the faults. (1) and (2) have passed with the head, (4) while the body
     * came; whether the nonce is unseen (3) is decided by the claim (7).
     */
    private void decide(FoundDevice found) {
        Judgement judgement = new Judgement(context, trace, head, body, found);
        RejectionReason objection = judgement.findDevice(); // (5) the device by app and id
        objection = objection != null ? objection : judgement.verifySignature(device.second(), before); // (6)
        objection = objection != null ? objection : judgement.checkFreshness(); // (2) again, by the second reading
        objection = objection != null ? objection : judgement.checkState(); // (5) what device and key are by that
        if (objection != null) {
            before = judgement.match() == null ? before : judgement.match();
            rejectOrReadAgain(objection, found);
        } else if (outcome.advance(
                Outcome.Phase.JUDGING, Outcome.Phase.COMMITTED)) { // else cancelled: nothing is stored
            claimNonce(judgement); // (3) and (7)
        }
    }

    /** A record that was remembered may be older than the device's last change: it is read once more before it rejects. */
    private void rejectOrReadAgain(RejectionReason objection, FoundDevice found) {
        if (!device.mayBeOutdated(objection)) {
            outcome.reject(objection);
            return;
        }
        trace.start();
        if (device.readAgain()) {
            whenFound(again -> {
                if (again == found) {
                    rejectByReading(objection);
                } else {
                    decide(again);
                }
            });
        } else {
            rejectByReading(objection);
        }
    }

    /** Where the reading is not good enough to reject by, the request may come again. */
    private void rejectByReading(RejectionReason objection) {
        outcome.reject(device.mayReject(objection) ? objection : RejectionReason.STORE_UNAVAILABLE);
    }

    private void claimNonce(Judgement judgement) {
        if (!context.procedure().requireUnseenNonce().isRequiredFor(head.method())) {
            confirmKey(judgement);
            return;
        }
        Claim claim = judgement.claim();
        trace.start();
        CompletionStage<ClaimResult> stage = Waits.call(() -> context.nonces().claim(claim));
        long remaining = context.limits().claimNanos() - (context.clocks().nanoTime() - judgement.readAt());
        context.waits()
                .whenAnswered(
                        stage,
                        remaining,
                        executor,
                        answer -> outcome.guard(() -> {
                            trace.end(Stage.CLAIM);
                            claimed(answer, judgement);
                        }),
                        this::lost);
    }

    private void claimed(@Nullable ClaimResult answer, Judgement judgement) {
        RejectionReason objection = objectionToClaim(answer, judgement);
        if (objection == null) {
            confirmKey(judgement);
        } else if (objection == RejectionReason.NOT_WATCHING_YET) {
            outcome.conclude(context.rejections().notWatchingYet(head.timestamp()));
        } else {
            outcome.reject(objection);
        }
    }

    /**
     * Late is unavailable, whatever the answer says: the margin covers a claim's time limit and no more. And it is no outage,
     * whatever the store says: the claim may have been stored.
     */
    private @Nullable RejectionReason objectionToClaim(@Nullable ClaimResult answer, Judgement judgement) {
        long took = context.clocks().nanoTime() - judgement.readAt();
        long limit = context.limits().claimNanos();
        if (answer == null ? took >= limit : took > limit) {
            return RejectionReason.STORE_UNAVAILABLE;
        }
        return answer == null
                ? objectionToUnclaimed()
                : context.procedure().claimNonce().objection(answer);
    }

    /**
     * A read may pass unclaimed, if so set, and if the store knows itself to be down now that the claim has failed: a claim
     * that was refused, or that the verifier stopped waiting for when it was closed, is no outage.
     */
    private @Nullable RejectionReason objectionToUnclaimed() {
        if (context.isClosed()
                || !context.procedure().requireUnseenNonce().isWaivedFor(head.method())
                || !context.isNonceStoreDown()) {
            return RejectionReason.STORE_UNAVAILABLE;
        }
        trace.replayUnchecked = true;
        return null;
    }

    /** The first accepted request of a provisional key confirms its rotation; should that fail, a later one will. */
    private void confirmKey(Judgement judgement) {
        if (judgement.key().state() != KeyState.PROVISIONAL) {
            accept(judgement);
            return;
        }
        DeviceIdentity identity = judgement.record().identity();
        DevicePublicKey key = judgement.key().publicKey();
        Instant at = Instant.ofEpochSecond(judgement.now());
        context.waits()
                .whenAnswered(
                        Waits.call(() -> context.devices().confirm(identity, key, at)),
                        context.limits().lookupNanos(),
                        executor,
                        ignored -> outcome.guard(() -> accept(judgement)),
                        this::lost);
    }

    private void accept(Judgement judgement) {
        outcome.conclude(new Accepted(judgement.verifiedRequest()));
    }

    /** The caller's executor did not go on: whether the store has answered, and what, counts no more. */
    private void lost() {
        outcome.guard(() -> outcome.reject(RejectionReason.STORE_UNAVAILABLE));
    }
}

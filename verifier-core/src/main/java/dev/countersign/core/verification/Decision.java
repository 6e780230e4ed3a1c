package dev.countersign.core.verification;

import dev.countersign.api.Accepted;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.StoreFailure.Store;
import dev.countersign.api.VerificationEvent.Stage;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.store.Claim;
import dev.countersign.api.store.ClaimResult;
import dev.countersign.api.verifier.ForVerifiers;
import dev.countersign.core.diagnosis.Inquiry;
import dev.countersign.core.key.FoundDevice;
import dev.countersign.core.step.Objection;
import dev.countersign.core.step.SignatureMatch;
import dev.countersign.core.step.SignedHead;
import dev.countersign.core.wait.StoreAnswer;
import dev.countersign.core.wait.StoreAnswer.Missing;
import dev.countersign.core.wait.Waits;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes a request whose body is complete to its verdict: waits for what is known of the device, has the request judged
 * by that, and claims the nonce last. Used by one thread at a time.
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
                answer -> outcome.guard(() -> {
                    trace.end(Stage.KEY_LOOKUP);
                    FoundDevice found = answer.value();
                    if (found == null) {
                        outcome.reject(unavailable(Store.KEYS, answer));
                    } else if (!outcome.isDecided()) { // not cancelled while it was awaited
                        next.accept(found);
                    }
                }),
                this::lost);
    }

    /**
     * The steps that need the device, in the order of the faults. (1) and (2) have passed with the head, (4) while the
     * body came; whether the nonce is unseen (3) is decided by the claim (7).
     */
    private void decide(FoundDevice found) {
        Inquiry inquiry = trace.inquiry;
        if (inquiry != null) {
            inquiry.found(found.record());
        }
        Judgement judgement = new Judgement(context, trace, head, body, found);
        Objection objection = judgement.findDevice(); // (5) the device by app and id
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

    /**
     * A record that was remembered may be older than the device's last change: it is read once more before it rejects.
     */
    private void rejectOrReadAgain(Objection objection, FoundDevice found) {
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
    private void rejectByReading(Objection objection) {
        outcome.reject(
                device.mayReject(objection)
                        ? objection
                        : Objection.of(
                                RejectionReason.STORE_UNAVAILABLE,
                                "key store: the device could not be read once more before a rejection"));
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

    private void claimed(StoreAnswer<ClaimResult> answer, Judgement judgement) {
        Objection objection = objectionToClaim(answer, judgement);
        if (objection == null) {
            confirmKey(judgement);
        } else if (objection.reason() == RejectionReason.NOT_WATCHING_YET) {
            outcome.conclude(context.rejections().notWatchingYet(trace.id(), objection, head.timestamp()));
        } else {
            outcome.reject(objection);
        }
    }

    /**
     * Late is unavailable, whatever the answer says: the margin covers a claim's time limit and no more. And it is no
     * outage, whatever the store says: the claim may have been stored.
     */
    private @Nullable Objection objectionToClaim(StoreAnswer<ClaimResult> answer, Judgement judgement) {
        long took = context.clocks().nanoTime() - judgement.readAt();
        long limit = context.limits().claimNanos();
        ClaimResult result = answer.value();
        if (result == null ? took >= limit : took > limit) {
            return unavailable(Store.NONCES, result == null ? answer : StoreAnswer.missing(Missing.LATE));
        }
        return result == null
                ? objectionToUnclaimed(answer)
                : context.procedure().claimNonce().objection(result);
    }

    /**
     * A read may pass unclaimed, if so set, and if the store knows itself to be down now that the claim has failed: a
     * claim that was refused, that may still be under way, or that the verifier stopped waiting for when it was closed,
     * is no outage.
     */
    private @Nullable Objection objectionToUnclaimed(StoreAnswer<ClaimResult> answer) {
        boolean isWaived = (answer.missing() == Missing.FAILED || answer.missing() == Missing.NOTHING)
                && !context.isClosed()
                && context.procedure().requireUnseenNonce().isWaivedFor(head.method())
                && context.isNonceStoreDown();
        Objection unavailable =
                unavailable(Store.NONCES, answer); // tells of it, which must not change what was decided
        trace.replayUnchecked = isWaived;
        return isWaived ? null : unavailable;
    }

    /** Also reports it, if it says anything about the store. */
    private Objection unavailable(Store store, StoreAnswer<?> answer) {
        Unavailability why = Unavailability.of(answer);
        context.observation().storeFailed(store, why);
        return new Objection(
                RejectionReason.STORE_UNAVAILABLE,
                (store == Store.KEYS ? "key store " : "nonce store ") + why.words(),
                why.cause());
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
                        confirmed -> outcome.guard(() -> {
                            if (confirmed.value() == null) {
                                context.observation().storeFailed(Store.KEYS, Unavailability.of(confirmed));
                            }
                            accept(judgement);
                        }),
                        this::lost);
    }

    private void accept(Judgement judgement) {
        outcome.conclude(Accepted.of(judgement.verifiedRequest(), ForVerifiers.ONLY));
    }

    /** The caller's executor did not go on: whether the store has answered, and what, counts no more. */
    private void lost() {
        outcome.guard(() ->
                outcome.reject(Objection.of(RejectionReason.STORE_UNAVAILABLE, "the caller's executor did not go on")));
    }
}

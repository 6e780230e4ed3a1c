package dev.countersign.core;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.Claim;
import dev.countersign.api.ClaimResult;
import dev.countersign.api.DeviceIdentity;
import dev.countersign.api.DeviceKey;
import dev.countersign.api.DeviceRecord;
import dev.countersign.api.KeyState;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.VerificationEvent.Stage;
import dev.countersign.api.VerifiedRequest;
import dev.countersign.core.step.HeadResult;
import dev.countersign.core.step.SignatureMatch;
import dev.countersign.core.step.SignedHead;
import dev.countersign.core.step.SignedMessage;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The driver: takes one request through the {@link Procedure}. All that is not a pure step happens here and only here:
 * reading the clock, asking the stores, waiting, cancelling, and catching faults of our own.
 *
 * <pre>
 * begin    (1) extract headers   (2) freshness   (5) lookup starts
 * update   (4) message, hashed as it arrives
 * finish   (5) record            (6) signature   (2) freshness again   (5) state of device and key   (7) claim
 * </pre>
 *
 * <p>A record that was remembered from an earlier request and would reject this one is read once more, and (5) and (6) are
 * passed again if it is another one now.
 */
final class PipelineVerification implements Verification {
    /**
     * How far a verification is, as long as it has no verdict. It can end itself while the body is on its way, and be
     * cancelled until it is committed: from then on something may be stored.
     */
    private enum Phase {
        BODY,
        JUDGING,
        COMMITTED
    }

    /** For a fault of our own where there is no memory, stack or time for a better answer. */
    private static final Rejected UNDATED_FAULT =
            new Rejected(RejectionReason.INTERNAL, 0, CountersignVerifier.RETRY_AFTER_SECONDS);

    /** What another node's change of the device may turn into an acceptance. */
    private static final Set<RejectionReason> MAY_BE_OUTDATED = EnumSet.of(
            RejectionReason.UNKNOWN_DEVICE, RejectionReason.INVALID_SIGNATURE, RejectionReason.DEVICE_PENDING);

    private final CountersignVerifier verifier;
    private final Procedure procedure;
    private final Caller caller;
    /** The phase, and then the verdict: whoever puts it here tells of it. */
    private final AtomicReference<Object> state = new AtomicReference<>(Phase.BODY);

    private final CompletableFuture<Verdict> completion = new CompletableFuture<>();
    private final Trace trace;

    /** The verdict once the listener was told. */
    private volatile @Nullable Verdict verdict;

    // Set by begin() unless the head is rejected. Only the message is let go from another thread.
    private @Nullable SignedHead head;
    private volatile @Nullable SignedMessage message;
    private @Nullable CompletionStage<DeviceEntry> lookup;
    private long begunAt;
    private long lookupSecond;
    private long lookupStarted;

    // Set by finish().
    private boolean finished;
    private @Nullable CompletionStage<Verdict> handedOut;

    // Set by a record that was remembered and would have rejected the request.
    private boolean rechecked;
    private List<SignatureMatch.Check> failedChecks = List.of();

    PipelineVerification(CountersignVerifier verifier, Caller caller) {
        this.verifier = verifier;
        this.procedure = verifier.procedure;
        this.caller = caller;
        this.trace = new Trace(verifier, caller.attachment());
    }

    // ---- with the head ----

    /** @param isBodyAtHand whether it is not worth while to watch how long the body takes */
    void begin(RequestHead requestHead, boolean isBodyAtHand) {
        try {
            RejectionReason fault = verifier.isClosed() ? RejectionReason.CANCELLED : read(requestHead);
            trace.end(Stage.HEAD);
            if (fault != null) {
                reject(fault);
            } else if (!isBodyAtHand) {
                verifier.openBodies.add(this); // from here on it may end at any moment, on another thread
            }
        } catch (Throwable fault) {
            failed(fault);
        }
    }

    /** Reads and judges the head as far as stored data plays no part, and starts what can run while the body comes. */
    private @Nullable RejectionReason read(RequestHead requestHead) {
        HeadResult result = procedure.extractHeaders().apply(requestHead);
        SignedHead signed = result.head();
        if (signed == null) {
            return result.fault();
        }
        trace.claimed = signed.claimed();
        long now = verifier.serverSecond();
        if (!procedure.checkFreshness().isFresh(signed.timestamp(), now)) {
            return RejectionReason.CLOCK_SKEW;
        }
        if (requestHead.announcedBodyBytes() > verifier.maxBodyBytes) {
            return RejectionReason.BODY_TOO_LARGE;
        }
        startLookup(signed.claimed(), now);
        begunAt = lookupStarted;
        message = procedure.rebuildMessage().start(signed);
        head = signed;
        return null;
    }

    private void startLookup(DeviceIdentity claimed, long now) {
        rechecked = false;
        lookupSecond = now;
        lookupStarted = verifier.nanoTime();
        lookup = Waits.call(() -> verifier.keys.find(claimed));
    }

    @Override
    public @Nullable Rejected rejection() {
        SignedHead signed = head;
        if (verdict == null && verifier.answerUnknownDevicesEarly && !finished && signed != null) {
            if (isKnownToBeUnknown() && !rechecked) {
                rechecked = true;
                recheck(signed, Objects.requireNonNull(found()));
            }
            if (isKnownToBeUnknown() && mayReject(signed, Objects.requireNonNull(found()))) {
                reject(RejectionReason.UNKNOWN_DEVICE);
            }
        }
        return verdict instanceof Rejected rejected ? rejected : null;
    }

    private boolean isKnownToBeUnknown() {
        DeviceEntry found = found();
        return found != null && found.record() == null;
    }

    /** What the lookup has found, or null as long as it has not. */
    private @Nullable DeviceEntry found() {
        return lookup instanceof CompletableFuture<DeviceEntry> future
                        && future.isDone()
                        && !future.isCompletedExceptionally()
                ? future.join()
                : null;
    }

    // ---- with the body ----

    @Override
    public void update(ByteBuffer chunk) {
        if (finished) {
            throw new IllegalStateException("update() after finish(): the body was said to be complete");
        }
        SignedMessage arriving = message;
        if (verdict != null || arriving == null) {
            chunk.position(chunk.limit());
        } else {
            try {
                RejectionReason objection = objectionToBody(arriving, chunk.remaining());
                if (objection == null) {
                    arriving.update(chunk);
                } else {
                    reject(objection);
                }
            } catch (Throwable fault) {
                failed(fault);
            }
            chunk.position(chunk.limit());
        }
    }

    private @Nullable RejectionReason objectionToBody(SignedMessage arriving, int moreBytes) {
        RejectionReason overdue = overdue();
        if (overdue != null) {
            return overdue;
        }
        return arriving.bodyBytes() + moreBytes > verifier.maxBodyBytes ? RejectionReason.BODY_TOO_LARGE : null;
    }

    /** Why nothing can come of a body that is still on its way, or null. */
    private @Nullable RejectionReason overdue() {
        SignedHead signed = head;
        if (signed != null && procedure.checkFreshness().isOver(signed.timestamp(), verifier.serverSecond())) {
            return RejectionReason.CLOCK_SKEW;
        }
        return verifier.nanoTime() - begunAt > verifier.bodyLimitNanos ? RejectionReason.CANCELLED : null;
    }

    /** On another thread than the caller's, which may be inside of any method. */
    void endIfOverdue() {
        try {
            if (isDecided()) {
                verifier.openBodies.remove(this); // if the one who told of it came to grief
                return;
            }
            RejectionReason overdue = overdue();
            if (overdue != null) {
                endFrom(Phase.BODY, verifier.rejected(overdue));
            }
        } catch (Throwable fault) { // it is looked at again; a verdict that was reached is out all the same
            verifier.noteFault(fault);
        }
    }

    /** The verifier is closed: on any thread, and only while the body is on its way. */
    void endIfOpen() {
        try {
            endFrom(Phase.BODY, verifier.rejected(RejectionReason.CANCELLED));
        } catch (Throwable fault) {
            verifier.noteFault(fault);
        }
    }

    // ---- when the body is complete ----

    @Override
    public CompletionStage<Verdict> finish() {
        if (!finished) {
            finished = true;
            SignedHead signed = head;
            SignedMessage complete = message;
            if (signed != null && complete != null && state.compareAndSet(Phase.BODY, Phase.JUDGING)) {
                try {
                    verifier.openBodies.remove(this);
                    awaitRecord(signed, complete);
                } catch (Throwable fault) {
                    failed(fault);
                }
            }
            handedOut = completion();
        }
        CompletionStage<Verdict> stage = handedOut;
        return stage == null ? completion() : stage;
    }

    /** Nobody can complete, cancel or time out for others what they wait for. */
    @Override
    public CompletionStage<Verdict> completion() {
        return completion.minimalCompletionStage();
    }

    /** A record that was looked up in an earlier second may have been overtaken while the body came: ask again. */
    private void awaitRecord(SignedHead signed, SignedMessage complete) {
        trace.start();
        byte[][] digests = complete.digests();
        long now = verifier.serverSecond();
        DeviceEntry found = found();
        if (lookupSecond != now || (found != null && found.isSuperseded())) {
            startLookup(signed.claimed(), now);
        }
        awaitLookup(entry -> judgeBy(entry, signed, complete, digests));
    }

    private void awaitLookup(Consumer<DeviceEntry> next) {
        long remaining = verifier.lookupLimitNanos - (verifier.nanoTime() - lookupStarted);
        verifier.waits.whenAnswered(
                lookup,
                remaining,
                caller.executor(),
                entry -> guarded(() -> {
                    trace.end(Stage.KEY_LOOKUP);
                    if (entry == null) {
                        reject(RejectionReason.STORE_UNAVAILABLE);
                    } else if (!isDecided()) { // not cancelled while it was awaited
                        next.accept(entry);
                    }
                }),
                this::lost);
    }

    private void judgeBy(DeviceEntry entry, SignedHead signed, SignedMessage complete, byte[][] digests) {
        DeviceRecord record = entry.record();
        RejectionReason objection = record == null
                ? RejectionReason.UNKNOWN_DEVICE
                : verifySignature(entry, record, signed, complete, digests);
        if (objection == null) {
            return; // decided, or waiting for the claim
        }
        if (!MAY_BE_OUTDATED.contains(objection)) {
            reject(objection);
            return;
        }
        if (rechecked) {
            rejectBy(entry, signed, objection);
            return;
        }
        rechecked = true;
        trace.start();
        recheck(signed, entry);
        awaitLookup(again -> {
            if (again == entry) {
                rejectBy(entry, signed, objection);
            } else {
                judgeBy(again, signed, complete, digests);
            }
        });
    }

    /** What is remembered of the device may be older than its last change: look once more. */
    private void recheck(SignedHead signed, DeviceEntry seen) {
        lookupStarted = verifier.nanoTime();
        lookup = Waits.call(() -> verifier.keys.recheck(signed.claimed(), seen, begunAt));
    }

    /** Where the entry is not good enough to reject by, the request may come again. A pending device has signed validly. */
    private void rejectBy(DeviceEntry entry, SignedHead signed, RejectionReason objection) {
        boolean may = objection == RejectionReason.DEVICE_PENDING || mayReject(signed, entry);
        reject(may ? objection : RejectionReason.STORE_UNAVAILABLE);
    }

    private boolean mayReject(SignedHead signed, DeviceEntry entry) {
        return verifier.keys.mayReject(signed.claimed(), entry, begunAt);
    }

    /** Why the request is rejected by this record, or null if it goes on from here. */
    private @Nullable RejectionReason verifySignature(
            DeviceEntry entry, DeviceRecord record, SignedHead signed, SignedMessage complete, byte[][] digests) {
        trace.start();
        trace.keyState = null;
        int checksBefore = trace.signatureChecks;
        List<DeviceKey> candidates = procedure.findKey().candidates(record, lookupSecond);
        SignatureMatch match = procedure
                .verifySignature()
                .apply(signed, digests, candidates, entry::prepared, failedChecks, checksBefore);
        trace.end(Stage.SIGNATURE);
        trace.signatureChecks = match.checks();
        failedChecks = match.failed();
        DeviceKey key = match.key();
        String signedPath = match.signedPath();
        if (key == null || signedPath == null) {
            // A newer record that finds the checks spent on the older one has not been judged by: come back.
            boolean spent = match.isCutShort() && checksBefore > 0;
            return spent ? RejectionReason.STORE_UNAVAILABLE : RejectionReason.INVALID_SIGNATURE;
        }
        trace.keyState = key.state();
        VerifiedRequest request = new VerifiedRequest(
                record.identity(),
                signed.method(),
                signed.target().path(),
                signedPath,
                signed.target().query(),
                signed.timestamp(),
                signed.nonce(),
                signed.scheme().version(),
                key.state(),
                complete.bodyBytes());
        return judge(signed, record, key, request);
    }

    /** The second clock reading decides freshness, the state of device and key, and the date of the claim. */
    private @Nullable RejectionReason judge(
            SignedHead signed, DeviceRecord record, DeviceKey key, VerifiedRequest request) {
        long readAt = verifier.nanoTime();
        long now = verifier.serverSecond();
        if (!procedure.checkFreshness().isFresh(signed.timestamp(), now)) {
            return RejectionReason.CLOCK_SKEW;
        }
        RejectionReason objection = procedure.findKey().objection(record, key, now);
        if (objection != null) {
            return objection;
        }
        if (!state.compareAndSet(Phase.JUDGING, Phase.COMMITTED)) {
            return null; // cancelled in time: nothing is stored
        }
        if (procedure.requireUnseenNonce().isRequiredFor(signed.method())) {
            claim(procedure.claimNonce().claim(signed, record.identity(), key.publicKey(), now), readAt, key, request);
        } else {
            confirm(key, now, request);
        }
        return null;
    }

    private void claim(Claim claim, long readAt, DeviceKey key, VerifiedRequest request) {
        trace.start();
        CompletionStage<ClaimResult> stage = Waits.call(() -> verifier.nonces.claim(claim));
        long remaining = verifier.claimLimitNanos - (verifier.nanoTime() - readAt);
        verifier.waits.whenAnswered(
                stage,
                remaining,
                caller.executor(),
                answered -> guarded(() -> {
                    trace.end(Stage.CLAIM);
                    // Late is unavailable, whatever the answer says: the margin covers a claim's time limit and no
                    // more. And it is no outage, whatever the store says: the claim may have been stored.
                    long took = verifier.nanoTime() - readAt;
                    RejectionReason objection;
                    if (answered == null ? took >= verifier.claimLimitNanos : took > verifier.claimLimitNanos) {
                        objection = RejectionReason.STORE_UNAVAILABLE;
                    } else if (answered == null) {
                        objection = withoutNonceStore(request);
                    } else {
                        objection = procedure.claimNonce().objection(answered);
                    }
                    if (objection == RejectionReason.NOT_WATCHING_YET) {
                        conclude(verifier.notWatchingYet(claim.timestamp()));
                    } else if (objection != null) {
                        reject(objection);
                    } else {
                        confirm(key, claim.claimedAt(), request);
                    }
                }),
                this::lost);
    }

    /**
     * A read may pass unclaimed, if so set, and if the store knows itself to be down now that the claim has failed: a claim
     * that was refused, or that the verifier stopped waiting for when it was closed, is no outage.
     */
    private @Nullable RejectionReason withoutNonceStore(VerifiedRequest request) {
        if (verifier.isClosed()
                || !procedure.requireUnseenNonce().isWaivedFor(request.method())
                || !verifier.isNonceStoreDown()) {
            return RejectionReason.STORE_UNAVAILABLE;
        }
        trace.replayUnchecked = true;
        return null;
    }

    /** The first accepted request of a provisional key confirms its rotation; should that fail, a later one will. */
    private void confirm(DeviceKey key, long now, VerifiedRequest request) {
        if (key.state() != KeyState.PROVISIONAL) {
            conclude(new Accepted(request));
            return;
        }
        CompletionStage<Boolean> stage =
                Waits.call(() -> verifier.keys.confirm(request.device(), key.publicKey(), Instant.ofEpochSecond(now)));
        verifier.waits.whenAnswered(
                stage,
                verifier.lookupLimitNanos,
                caller.executor(),
                ignored -> guarded(() -> conclude(new Accepted(request))),
                this::lost);
    }

    // ---- the end ----

    @Override
    public void cancel() {
        Rejected cancelled = verifier.rejected(RejectionReason.CANCELLED);
        if (!endFrom(Phase.BODY, cancelled)) {
            endFrom(Phase.JUDGING, cancelled);
        }
    }

    @Override
    public @Nullable Verdict verdict() {
        return verdict;
    }

    private boolean isDecided() {
        return state.get() instanceof Verdict;
    }

    private void reject(RejectionReason reason) {
        conclude(verifier.rejected(reason));
    }

    /** The caller's executor did not go on: whether the store has answered, and what, counts no more. */
    private void lost() {
        guarded(() -> reject(RejectionReason.STORE_UNAVAILABLE));
    }

    /** The verdict, unless there is one already. */
    private void conclude(Verdict reached) {
        for (Phase phase : Phase.values()) { // in their order: no phase follows that was tried before
            if (endFrom(phase, reached)) {
                return;
            }
        }
    }

    /** Whatever happens while it is told, the verdict is out afterwards. */
    private boolean endFrom(Phase phase, Verdict reached) {
        if (!state.compareAndSet(phase, reached)) {
            return false;
        }
        try {
            verifier.tell(trace, reached);
        } finally {
            publish(reached);
        }
        return true;
    }

    private void publish(Verdict reached) {
        verdict = reached;
        completion.complete(reached);
        message = null;
        verifier.openBodies.remove(this);
    }

    /** Where a fault of our own becomes a verdict. */
    private void failed(Throwable fault) {
        Rejected answer;
        try {
            verifier.noteFault(fault);
            answer = verifier.rejected(RejectionReason.INTERNAL);
        } catch (Throwable another) { // for lack of memory or stack, twice
            answer = UNDATED_FAULT;
        }
        conclude(answer);
        if (state.get() instanceof Verdict reached) {
            publish(reached); // if the fault was one of telling it
        }
    }

    private void guarded(Runnable part) {
        try {
            part.run();
        } catch (Throwable fault) {
            failed(fault);
        }
    }

    @Override
    public String toString() {
        return "Verification[" + trace.claimed + "]";
    }
}

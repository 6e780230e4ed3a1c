package dev.countersign.core.verification;

import dev.countersign.api.RejectionReason;
import dev.countersign.api.VerificationEvent.Stage;
import dev.countersign.api.VerifiedRequest;
import dev.countersign.api.device.DeviceHash;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.Claim;
import dev.countersign.api.verifier.ForVerifiers;
import dev.countersign.core.key.FoundDevice;
import dev.countersign.core.step.Objection;
import dev.countersign.core.step.SignatureMatch;
import dev.countersign.core.step.SignedHead;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request whose body is complete, judged by what was found of its device. The methods are called in their order, each
 * only if the one before had no objection. Used by one thread at a time.
 */
final class Judgement {
    private final VerificationContext context;
    private final Trace trace;
    private final SignedHead head;
    private final CompleteBody body;
    private final FoundDevice found;

    private @Nullable DeviceRecord record;
    private @Nullable SignatureMatch match;
    private @Nullable DeviceKey key;
    private long readAt;
    private long now;

    /**
     * A body that is complete.
     *
     * @param digests of the message, in the order of the head's signed paths
     * @param bytes how many there are of the body
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record CompleteBody(byte[][] digests, long bytes) {}

    Judgement(VerificationContext context, Trace trace, SignedHead head, CompleteBody body, FoundDevice found) {
        this.context = context;
        this.trace = trace;
        this.head = head;
        this.body = body;
        this.found = found;
    }

    /** (5) There is a device of this app and this id. */
    @Nullable Objection findDevice() {
        record = found.record();
        return record == null ? Objection.of(RejectionReason.UNKNOWN_DEVICE) : null;
    }

    /**
     * (6) The signature verifies, under one of the device's keys and for one of the paths.
     *
     * @param lookedUpAt the server's second of the lookup: by it the keys to try are chosen
     * @param before what was found by an older record of the device, or null if there was none
     */
    @Nullable Objection verifySignature(long lookedUpAt, @Nullable SignatureMatch before) {
        trace.start();
        trace.keyState = null;
        int checksBefore = before == null ? 0 : before.checks();
        Procedure steps = context.procedure();
        SignatureMatch result = steps.verifySignature()
                .apply(
                        head,
                        body.digests(),
                        steps.findKey().candidates(record(), lookedUpAt),
                        found::prepared,
                        before == null ? List.of() : before.failed(),
                        checksBefore);
        match = result;
        key = result.key();
        trace.end(Stage.SIGNATURE);
        trace.signatureChecks = result.checks();
        if (key != null) {
            trace.keyState = key.state();
            return null;
        }
        // A newer record that finds the checks spent on the older one has not been judged by: come back.
        boolean isSpent = result.isCutShort() && checksBefore > 0;
        return isSpent
                ? Objection.of(
                        RejectionReason.STORE_UNAVAILABLE,
                        "the device changed meanwhile, and all checks of a request are made")
                : Objection.of(RejectionReason.INVALID_SIGNATURE);
    }

    /** (2) The timestamp is still fresh. This second reading of the clock decides, here and in what follows. */
    @Nullable Objection checkFreshness() {
        readAt = context.clocks().nanoTime();
        now = context.clocks().serverSecond();
        return context.procedure().checkFreshness().isFresh(head.timestamp(), now)
                ? null
                : Objection.of(RejectionReason.CLOCK_SKEW, "when the body was complete");
    }

    /** (5) Device and key may sign requests at this second. */
    @Nullable Objection checkState() {
        return context.procedure().findKey().objection(record(), key(), now);
    }

    /** What {@link #verifySignature} has found. */
    @Nullable SignatureMatch match() {
        return match;
    }

    /** The device's record. */
    DeviceRecord record() {
        return Objects.requireNonNull(record);
    }

    /** The key that verified. */
    DeviceKey key() {
        return Objects.requireNonNull(key);
    }

    /** The server's second that decides. */
    long now() {
        return now;
    }

    /** When that was read: nanoseconds. The time limit of the claim runs from here. */
    long readAt() {
        return readAt;
    }

    /** What is to be claimed. */
    Claim claim() {
        return context.procedure().claimNonce().claim(head, record().identity(), key().publicKey(), now);
    }

    /** What was verified, once everything was: the only place where this is made. */
    VerifiedRequest verifiedRequest() {
        DeviceIdentity device = record().identity();
        DeviceHash hash = context.deviceHash();
        return VerifiedRequest.builder(head.scheme().id(), device, ForVerifiers.ONLY)
                .signerHash(() -> hash.of(device))
                .verificationId(trace.id())
                .method(head.method())
                .path(head.target().path())
                .signedPath(Objects.requireNonNull(Objects.requireNonNull(match).signedPath()))
                .query(head.target().query())
                .timestamp(head.timestamp())
                .nonce(head.nonce())
                .key(key().state(), key().attestation())
                .body(body.bytes(), true)
                .build();
    }
}

package dev.countersign.core.verification;

import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.verifier.ForVerifiers;
import dev.countersign.core.step.Objection;

/** Makes rejections: dated by the server's clock, and with the time after which a client may come back. Thread-safe. */
public final class Rejections {
    private static final int RETRY_AFTER_SECONDS = 2;
    private static final int RETRY_FULL_AFTER_SECONDS = 10;
    private static final int RETRY_PENDING_AFTER_SECONDS = 60;
    private static final int MAX_RETRY_AFTER_SECONDS = 3600;
    private static final int UNAVAILABLE = 503;

    /** For a fault of our own where there is no memory or stack for another answer. */
    static final Rejected UNDATED_FAULT = rejected(0, Objection.of(RejectionReason.INTERNAL), 0, RETRY_AFTER_SECONDS);

    private final Clocks clocks;
    private final NonceStore nonces;
    private final InternalFaults faults;

    /** Rejections of a verifier with this nonce store. */
    public Rejections(Clocks clocks, NonceStore nonces, InternalFaults faults) {
        this.clocks = clocks;
        this.nonces = nonces;
        this.faults = faults;
    }

    /** The rejection, dated; {@link RejectionReason#INTERNAL} and undated if it is the clock that fails. */
    Rejected of(long verificationId, Objection objection) {
        RejectionReason reason = objection.reason();
        long now;
        try {
            now = clocks.serverSecond();
        } catch (Throwable clockFailed) {
            faults.note(clockFailed);
            return rejected(
                    verificationId, new Objection(RejectionReason.INTERNAL, "", clockFailed), 0, RETRY_AFTER_SECONDS);
        }
        return rejected(verificationId, objection, now, retryAfterSeconds(reason));
    }

    /** The rejection of a request that was signed too early for the nonce store: it says when to sign the next one. */
    Rejected notWatchingYet(long verificationId, Objection objection, long timestamp) {
        return rejected(verificationId, objection, clocks.serverSecond(), secondsUntilWatching(timestamp));
    }

    private static Rejected rejected(long verificationId, Objection objection, long second, int retryAfterSeconds) {
        return Rejected.builder(objection.reason(), second, ForVerifiers.ONLY)
                .verificationId(verificationId)
                .detail(objection.detail())
                .cause(objection.cause())
                .retryAfterSeconds(retryAfterSeconds)
                .build();
    }

    private static int retryAfterSeconds(RejectionReason reason) {
        if (reason.status() != UNAVAILABLE) {
            return 0;
        }
        return switch (reason) {
            case STORE_FULL -> RETRY_FULL_AFTER_SECONDS;
            case DEVICE_PENDING -> RETRY_PENDING_AFTER_SECONDS;
            default -> RETRY_AFTER_SECONDS;
        };
    }

    /** By the client's own clock: the store is watching for what is signed later than the second it names. */
    private int secondsUntilWatching(long timestamp) {
        long since;
        try {
            since = nonces.watchingSince();
        } catch (Throwable unavailable) {
            return RETRY_AFTER_SECONDS;
        }
        if (since < timestamp) {
            return RETRY_AFTER_SECONDS; // refused for a claim that was dropped too early
        }
        long wait = Math.min(MAX_RETRY_AFTER_SECONDS, since - timestamp) + 1;
        return (int) Math.min(MAX_RETRY_AFTER_SECONDS, wait);
    }
}

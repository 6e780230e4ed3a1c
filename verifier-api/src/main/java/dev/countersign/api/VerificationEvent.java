package dev.countersign.api;

import dev.countersign.api.device.KeyState;
import java.util.Optional;

/**
 * What may be logged in production about a verification (protocol, What may be logged). It has no signature, body,
 * public key, nonce, path or clock difference. The message of a {@link #cause} comes from elsewhere and is an
 * exception: it may contain anything.
 */
public interface VerificationEvent {
    /** A part of a verification whose duration is measured. */
    enum Stage {
        /** Reading the head. */
        HEAD,
        /**
         * Waiting for the key store. A lookup that started with the head counts from the end of the body. Reading a
         * record again before a rejection is part of it.
         */
        KEY_LOOKUP,
        /** Checking signatures. */
        SIGNATURE,
        /** The claim, until the nonce store's answer. */
        CLAIM
    }

    /** The id of the verification; see {@link Verdict#verificationId}. */
    String verificationId();

    /** The verifier's name, as set with its builder. */
    String verifierName();

    /** Why the request was rejected; empty if it was accepted. */
    Optional<RejectionReason> reason();

    /** As {@link Rejected#detail}; empty if the request was accepted. */
    String detail();

    /** As {@link Rejected#cause}. Its message may contain anything: check it before you log it. */
    Optional<Throwable> cause();

    /**
     * The app id; empty if the request was rejected before it was read. It is not authenticated unless
     * {@link #isAuthenticated}. A client can invent any number of app ids: do not use them as metric tags for rejected
     * requests.
     */
    Optional<String> appId();

    /**
     * The hash of the device, 16 hexadecimal digits: the first 8 bytes of an HMAC-SHA256 under the deployment's
     * redaction key. Empty if the request was rejected before the device id was read. Computed by this call; see
     * {@link dev.countersign.api.device.DeviceHash}.
     */
    Optional<String> deviceHash();

    /**
     * Whether the signature verified under a key of the device, so that app id and device id are genuine. Also true if
     * the request was rejected later.
     */
    boolean isAuthenticated();

    /** The state of the key that verified; empty if none did. */
    Optional<KeyState> keyState();

    /** How many signature checks were made: 0 to 4. */
    int signatureChecks();

    /**
     * Whether the request was accepted although the nonce store was down, by the setting
     * {@code acceptReadsWithoutNonceStore}: it may be a replay. False if a setting switches replay protection off for
     * it.
     */
    boolean isReplayUnchecked();

    /** The duration of a stage in nanoseconds, or −1 if it was not reached. */
    long nanos(Stage stage);

    /** Nanoseconds from the head to the verdict, including the time in which the client sent the body. */
    long totalNanos();

    /** What the caller attached. */
    Optional<Object> attachment();
}

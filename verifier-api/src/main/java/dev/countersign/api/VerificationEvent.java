package dev.countersign.api;

import dev.countersign.api.device.KeyState;
import java.util.Optional;

/**
 * What may be reported in production about a verification (protocol, What may be logged): no signature, body, public key,
 * nonce, path or clock difference is in here, but for what a {@link #cause} says, whose text comes from elsewhere.
 */
public interface VerificationEvent {
    /** A part of a verification whose time is taken. */
    enum Stage {
        /** Reading the head. */
        HEAD,
        /**
         * Waiting for the key store, from the end of the body on if the lookup was started before; reading a record again
         * before it leads to a rejection is part of it.
         */
        KEY_LOOKUP,
        /** Checking signatures. */
        SIGNATURE,
        /** The claim, until the nonce store's answer. */
        CLAIM
    }

    /** Names the verification; see {@link Verdict#verificationId}. */
    String verificationId();

    /** The name of the verifier, as it was built with. */
    String verifierName();

    /** Why the request was rejected; empty if it was accepted. */
    Optional<RejectionReason> reason();

    /** As {@link Rejected#detail}; empty if the request was accepted. */
    String detail();

    /** As {@link Rejected#cause}: its message may hold anything, so look at it before it is logged. */
    Optional<Throwable> cause();

    /**
     * The app id; empty if the head was not read that far. Not authenticated unless the signature verified: a client
     * can make up any number of them, so do not tag metrics with it for rejected requests.
     */
    Optional<String> appId();

    /**
     * The device id as 16 hexadecimal digits: the first 8 bytes of an HMAC-SHA256 under the deployment's redaction key;
     * empty if the head was not read that far. Computed when it is asked for.
     */
    Optional<String> deviceHash();

    /**
     * Whether a signature verified under a key that the device's record lists, so that app and device are what they claim
     * to be. True also for a request that is rejected afterwards.
     */
    boolean isAuthenticated();

    /** The state of the key that verified; empty if none did. */
    Optional<KeyState> keyState();

    /** How many signature checks were made: 0 to 4. */
    int signatureChecks();

    /**
     * Whether the request was accepted although the nonce store was unavailable, by the setting that lets reads pass then:
     * it may be a replay. False where a setting asks for no replay protection in the first place.
     */
    boolean isReplayUnchecked();

    /** Nanoseconds spent in a stage, or −1 if it was not entered. */
    long nanos(Stage stage);

    /** Nanoseconds from the beginning with the head to the verdict, the client's time for sending the body included. */
    long totalNanos();

    /** What the caller attached. */
    Optional<Object> attachment();
}

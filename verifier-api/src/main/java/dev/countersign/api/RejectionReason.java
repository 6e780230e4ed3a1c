package dev.countersign.api;

/**
 * Why a request was rejected, for listeners and logs. The client gets the {@linkplain #publicCode() public code}
 * instead.
 */
public enum RejectionReason {
    /** One of the six headers is absent. */
    MISSING_HEADER(PublicCode.INVALID_REQUEST),
    /** One of the six headers is empty, repeated or not in its form. */
    MALFORMED_HEADER(PublicCode.INVALID_REQUEST),
    /** The method or the request target is not in its form. */
    MALFORMED_TARGET(PublicCode.INVALID_REQUEST),
    /** No scheme has this version. */
    UNSUPPORTED_VERSION(PublicCode.UNSUPPORTED_VERSION),
    /** A write with a query, where the setting refuses them. */
    QUERY_NOT_ALLOWED(PublicCode.QUERY_NOT_ALLOWED),
    /**
     * The timestamp is outside the window, when the head is read, while the body arrives, or right before the claim.
     */
    CLOCK_SKEW(PublicCode.CLOCK_SKEW),
    /** This device has used the nonce before. */
    NONCE_REPLAY(PublicCode.NONCE_REPLAY),
    /** The signature was used before, with another nonce. */
    SIGNATURE_REPLAY(PublicCode.NONCE_REPLAY),
    /** The key store has no record of this app and device. */
    UNKNOWN_DEVICE(PublicCode.INVALID_SIGNATURE),
    /** The signature does not verify under any key with which the device may sign requests. */
    INVALID_SIGNATURE(PublicCode.INVALID_SIGNATURE),
    /** Validly signed with a key that was invalidated. */
    KEY_INVALIDATED(PublicCode.KEY_INVALIDATED),
    /** Validly signed by a device that was revoked. */
    DEVICE_REVOKED(PublicCode.DEVICE_REVOKED),
    /** More bytes of body than the setting allows. */
    BODY_TOO_LARGE(PublicCode.BODY_TOO_LARGE),
    /** Validly signed by a device that is not activated yet. */
    DEVICE_PENDING(PublicCode.TEMPORARILY_UNAVAILABLE),
    /** A store failed, or did not answer in time. */
    STORE_UNAVAILABLE(PublicCode.TEMPORARILY_UNAVAILABLE),
    /** The device's quota or the nonce store's capacity is used up. */
    STORE_FULL(PublicCode.TEMPORARILY_UNAVAILABLE),
    /** The nonce store was not watching yet when the request was signed. */
    NOT_WATCHING_YET(PublicCode.TEMPORARILY_UNAVAILABLE),
    /**
     * The verification was given up: its caller cancelled it, the verifier was closed, or the body took too long.
     * Usually nobody waits for this answer.
     */
    CANCELLED(PublicCode.TEMPORARILY_UNAVAILABLE),
    /** A fault of the verifier itself, or of the set-up that keeps the body from it. */
    INTERNAL(PublicCode.TEMPORARILY_UNAVAILABLE);

    private final PublicCode publicCode;

    RejectionReason(PublicCode publicCode) {
        this.publicCode = publicCode;
    }

    /** The code that the client gets. */
    public PublicCode publicCode() {
        return publicCode;
    }

    /** The HTTP status of the answer. */
    public int status() {
        return publicCode.status();
    }
}

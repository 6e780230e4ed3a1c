package dev.countersign.conformance.mutants;

/** Why a request is rejected, with what the client is told, as in protocol.md, "Answers". */
enum Reason {
    MISSING_HEADER(400, "INVALID_REQUEST", 0),
    MALFORMED_HEADER(400, "INVALID_REQUEST", 0),
    MALFORMED_TARGET(400, "INVALID_REQUEST", 0),
    UNSUPPORTED_VERSION(400, "UNSUPPORTED_VERSION", 0),
    QUERY_NOT_ALLOWED(400, "QUERY_NOT_ALLOWED", 0),
    CLOCK_SKEW(401, "CLOCK_SKEW", 0),
    NONCE_REPLAY(401, "NONCE_REPLAY", 0),
    SIGNATURE_REPLAY(401, "NONCE_REPLAY", 0),
    UNKNOWN_DEVICE(401, "INVALID_SIGNATURE", 0),
    INVALID_SIGNATURE(401, "INVALID_SIGNATURE", 0),
    KEY_INVALIDATED(401, "KEY_INVALIDATED", 0),
    DEVICE_REVOKED(401, "DEVICE_REVOKED", 0),
    BODY_TOO_LARGE(413, "BODY_TOO_LARGE", 0),
    DEVICE_PENDING(503, "TEMPORARILY_UNAVAILABLE", 60),
    STORE_UNAVAILABLE(503, "TEMPORARILY_UNAVAILABLE", 2),
    STORE_FULL(503, "TEMPORARILY_UNAVAILABLE", 10),
    NOT_WATCHING_YET(503, "TEMPORARILY_UNAVAILABLE", 1);

    final int status;
    final String publicCode;

    /** Seconds, with 503. */
    final int retryAfter;

    Reason(int status, String publicCode, int retryAfter) {
        this.status = status;
        this.publicCode = publicCode;
        this.retryAfter = retryAfter;
    }
}

package dev.countersign.conformance.generator;

/** Why a request is rejected and how the client is answered, as the protocol's table of answers has it. */
enum Reason {
    MISSING_HEADER(400, "INVALID_REQUEST"),
    MALFORMED_HEADER(400, "INVALID_REQUEST"),
    MALFORMED_TARGET(400, "INVALID_REQUEST"),
    UNSUPPORTED_VERSION(400, "UNSUPPORTED_VERSION"),
    QUERY_NOT_ALLOWED(400, "QUERY_NOT_ALLOWED"),
    CLOCK_SKEW(401, "CLOCK_SKEW"),
    NONCE_REPLAY(401, "NONCE_REPLAY"),
    SIGNATURE_REPLAY(401, "NONCE_REPLAY"),
    UNKNOWN_DEVICE(401, "INVALID_SIGNATURE"),
    INVALID_SIGNATURE(401, "INVALID_SIGNATURE"),
    KEY_INVALIDATED(401, "KEY_INVALIDATED"),
    DEVICE_REVOKED(401, "DEVICE_REVOKED"),
    BODY_TOO_LARGE(413, "BODY_TOO_LARGE"),
    DEVICE_PENDING(503, "TEMPORARILY_UNAVAILABLE"),
    STORE_UNAVAILABLE(503, "TEMPORARILY_UNAVAILABLE"),
    STORE_FULL(503, "TEMPORARILY_UNAVAILABLE"),
    NOT_WATCHING_YET(503, "TEMPORARILY_UNAVAILABLE");

    final int status;
    final String publicCode;

    Reason(int status, String publicCode) {
        this.status = status;
        this.publicCode = publicCode;
    }
}

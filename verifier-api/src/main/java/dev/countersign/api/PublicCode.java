package dev.countersign.api;

/**
 * The code that a rejected client reads, and its HTTP status (protocol, Answers). Says less than the reason on purpose.
 */
public enum PublicCode {
    /** The request does not have the form of a signed request. */
    INVALID_REQUEST(400, "The request is not a well-formed signed request."),
    /** The scheme version is not one this server verifies. */
    UNSUPPORTED_VERSION(400, "The signature version is not supported."),
    /** A write with a query, where the server refuses them because a query is not signed. */
    QUERY_NOT_ALLOWED(400, "A signed write must not have a query."),
    /** The timestamp is too far from the server's clock; the answer has the server's time. */
    CLOCK_SKEW(401, "The timestamp is outside the accepted window."),
    /** The request was seen before. */
    NONCE_REPLAY(401, "The request was already received."),
    /** The signature does not verify, or the device is not known: the client cannot see which. */
    INVALID_SIGNATURE(401, "The signature is not valid."),
    /** The key asks to be replaced: rotate it. */
    KEY_INVALIDATED(401, "The device key must be rotated."),
    /** The device was revoked. */
    DEVICE_REVOKED(401, "The device was revoked."),
    /** The body is longer than the server accepts. */
    BODY_TOO_LARGE(413, "The body is too large."),
    /** The server cannot decide now; the same data may be sent again, newly signed. */
    TEMPORARILY_UNAVAILABLE(503, "The request cannot be verified now. Try again later.");

    private final int status;
    private final String message;

    PublicCode(int status, String message) {
        this.status = status;
        this.message = message;
    }

    /** The HTTP status of the answer. */
    public int status() {
        return status;
    }

    /** One English sentence for the person who reads the answer. */
    public String message() {
        return message;
    }
}

package dev.countersign.nonce.redis;

/** A claim has no answer, or the server can not be used now: a 503. Has no stack trace, for there may be many. */
final class RedisUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RedisUnavailableException(String message) {
        super(message, null, false, false);
    }
}

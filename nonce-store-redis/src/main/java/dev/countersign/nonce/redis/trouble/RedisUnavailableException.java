package dev.countersign.nonce.redis.trouble;

/** A claim has no answer, or the server cannot be used now: a 503. Has no stack trace, for there may be many. */
public final class RedisUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RedisUnavailableException(String message) {
        super(message, null, false, false);
    }
}

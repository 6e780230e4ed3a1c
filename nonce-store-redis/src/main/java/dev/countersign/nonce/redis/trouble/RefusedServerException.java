package dev.countersign.nonce.redis.trouble;

/** A server that answers, and that must not hold claims as it is set up: somebody has to change something. */
public final class RefusedServerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RefusedServerException(String message) {
        super(message, null, false, false);
    }
}

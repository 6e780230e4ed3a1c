package dev.countersign.nonce.redis;

/** A server that answers, and that must not hold claims as it is set up: somebody has to change something. */
final class RefusedServerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RefusedServerException(String message) {
        super(message, null, false, false);
    }
}

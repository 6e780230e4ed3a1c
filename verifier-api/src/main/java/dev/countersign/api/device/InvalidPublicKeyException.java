package dev.countersign.api.device;

/**
 * A public key that is not a valid P-256 key, or not in a form that is accepted. The message says what was expected and
 * never repeats the input.
 */
public final class InvalidPublicKeyException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception without a cause.
     *
     * @param message what is wrong and what to send instead, without key material
     */
    public InvalidPublicKeyException(String message) {
        super(message);
    }
}

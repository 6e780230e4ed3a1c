package dev.countersign.signer;

import org.jspecify.annotations.Nullable;

/** The signing callback failed or returned no valid signature. The message never shows what it returned. */
public final class SigningException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SigningException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

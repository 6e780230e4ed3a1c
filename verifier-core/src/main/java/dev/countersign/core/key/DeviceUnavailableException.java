package dev.countersign.core.key;

import org.jspecify.annotations.Nullable;

/** Why a lookup has no answer; without a stack trace, for there may be many of them. */
public final class DeviceUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** @param message what happened, to be read behind "key store"; ASCII, and nothing that a client sent */
    public DeviceUnavailableException(String message) {
        this(message, null);
    }

    /**
     * With what the key store threw.
     *
     * @param message what happened, to be read behind "key store"; ASCII, and nothing that a client sent
     */
    public DeviceUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause, false, false);
    }

    /** What happened. */
    public String words() {
        return String.valueOf(getMessage());
    }
}

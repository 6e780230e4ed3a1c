package dev.countersign.core.key;

import org.jspecify.annotations.Nullable;

/** Why a lookup has no answer; without a stack trace, for there may be many of them. */
public final class DeviceUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean asked;

    private DeviceUnavailableException(String words, boolean asked, @Nullable Throwable cause) {
        super(words, cause, false, false);
        this.asked = asked;
    }

    /**
     * The key store was not asked, for a limit of ours or because we are closed.
     *
     * @param words what happened, to be read behind "key store"; ASCII, and nothing that a client sent
     */
    public static DeviceUnavailableException notAsked(String words) {
        return new DeviceUnavailableException(words, false, null);
    }

    /**
     * The key store was asked and gave no answer.
     *
     * @param words what happened, to be read behind "key store"; ASCII, and nothing that a client sent
     * @param cause what the store threw, or null
     */
    public static DeviceUnavailableException unanswered(String words, @Nullable Throwable cause) {
        return new DeviceUnavailableException(words, true, cause);
    }

    /** What happened. */
    public String words() {
        return String.valueOf(getMessage());
    }

    /** Whether the key store was asked: only then it says something about the store. */
    public boolean wasAsked() {
        return asked;
    }
}

package dev.countersign.core.verification;

import dev.countersign.core.key.DeviceUnavailableException;
import dev.countersign.core.wait.StoreAnswer;
import dev.countersign.core.wait.StoreAnswer.Missing;
import org.jspecify.annotations.Nullable;

/**
 * Why a store has no answer, for the log.
 *
 * @param words to be read behind the name of the store
 * @param cause what the store threw, or null
 * @param kind what it says about the store
 */
record Unavailability(String words, @Nullable Throwable cause, Kind kind) {
    /** What it says about the store. */
    enum Kind {
        /** The store was asked and failed, or did not answer. */
        FAILED,
        /** The store refused a call for the number of those that wait: it may be well. */
        REFUSED,
        /** Nothing: the store was not asked, or nobody waits any more. */
        NONE
    }

    private static final Unavailability UNKNOWN = new Unavailability("gave no answer", null, Kind.FAILED);

    /** @param answer without a value */
    static Unavailability of(StoreAnswer<?> answer) {
        Missing missing = answer.missing();
        if (missing == null) {
            return UNKNOWN;
        }
        if (answer.failure() instanceof DeviceUnavailableException device) {
            return new Unavailability(device.words(), device.getCause(), kind(device));
        }
        Kind kind =
                switch (missing) {
                    case FAILED, NOTHING, LATE -> Kind.FAILED;
                    case REFUSED -> Kind.REFUSED;
                    case CLOSED -> Kind.NONE;
                };
        return new Unavailability(missing.words(), answer.failure(), kind);
    }

    private static Kind kind(DeviceUnavailableException device) {
        if (!device.wasAsked()) {
            return Kind.NONE;
        }
        return StoreAnswer.isRefusal(device.getCause()) ? Kind.REFUSED : Kind.FAILED;
    }
}

package dev.countersign.api.registry;

import dev.countersign.api.store.ChangeFailure;
import org.jspecify.annotations.Nullable;

/**
 * A call of a {@link BlockingDeviceRegistry} got no answer: the store failed, was overloaded or closed, or took too long. The
 * cause is what the store said, and there is none where it said nothing in time.
 */
public final class RegistryUnavailableException extends RuntimeException implements ChangeFailure {
    private static final long serialVersionUID = 1L;

    private final boolean outcomeUnknown;

    RegistryUnavailableException(String what, @Nullable Throwable cause, boolean outcomeUnknown) {
        super(what + (outcomeUnknown ? ", and whether the change was made is unknown: repeat it" : ""), cause);
        this.outcomeUnknown = outcomeUnknown;
    }

    /**
     * {@inheritDoc}
     *
     * <p>Where it is true, repeat the call: each may be, and answers {@link RegistryResult.Outcome#UNCHANGED} if its change had
     * been made. Or look by {@link BlockingDeviceRegistry#find}, knowing that a change which the store is still making
     * may come after that.
     */
    @Override
    public boolean isOutcomeUnknown() {
        return outcomeUnknown;
    }
}

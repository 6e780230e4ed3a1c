package dev.countersign.api.registry;

import dev.countersign.api.store.ChangeFailure;
import org.jspecify.annotations.Nullable;

/**
 * A call of a {@link BlockingDeviceRegistry} got no answer: the store failed, was overloaded or closed, or took too
 * long. The cause is the store's exception; there is none if the store did not answer in time.
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
     * <p>If true, repeat the call: it answers {@link RegistryResult.Outcome#UNCHANGED} if the change was made. Do not
     * rely on {@link BlockingDeviceRegistry#find} alone, because the store may still make the change after it.
     */
    @Override
    public boolean isOutcomeUnknown() {
        return outcomeUnknown;
    }
}

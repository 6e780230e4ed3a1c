package dev.countersign.core.verification;

import dev.countersign.api.device.DeviceHash;
import dev.countersign.api.store.NonceStore;
import dev.countersign.core.diagnosis.Explainer;
import dev.countersign.core.key.DeviceLookup;
import dev.countersign.core.wait.Waits;
import org.jspecify.annotations.Nullable;

/**
 * What every verification of a verifier works with. Immutable, and all parts are thread-safe.
 *
 * @param procedure the steps
 * @param devices where devices and their keys are looked up
 * @param nonces where accepted requests are remembered
 * @param clocks the server's time and the monotonic one
 * @param limits how long, and how much
 * @param rejections makes the negative verdicts
 * @param observation calls the listeners
 * @param deviceHash names devices for the listeners
 * @param faults faults of our own
 * @param waits waiting for stores
 * @param openBodies the verifications whose body is on its way
 * @param answersUnknownDevicesEarly whether an unknown device is answered before its body is complete
 * @param explainer explains rejections, or null, as in production
 */
public record VerificationContext(
        Procedure procedure,
        DeviceLookup<?> devices,
        NonceStore nonces,
        Clocks clocks,
        Limits limits,
        Rejections rejections,
        Observation observation,
        DeviceHash deviceHash,
        InternalFaults faults,
        Waits waits,
        OpenBodies openBodies,
        boolean answersUnknownDevicesEarly,
        @Nullable Explainer explainer) {
    /** Whether the verifier is closed: nothing is accepted any more. */
    public boolean isClosed() {
        return openBodies.isClosed();
    }

    /** Ends what waits for bodies and stores, now and from now on. */
    public void close() {
        openBodies.close();
        waits.close();
    }

    /** By the store's own word; a store that cannot say is not known to be down. */
    boolean isNonceStoreDown() {
        try {
            return nonces.isDown();
        } catch (Throwable unknown) {
            return false;
        }
    }
}

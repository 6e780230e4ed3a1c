package dev.countersign.core.key;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/**
 * Where the driver gets devices from: the key store itself, or a cache in front of it. Thread-safe and never blocking;
 * a failed stage, a null and a throw all mean "unavailable", as with a store. A {@link DeviceUnavailableException} says
 * why.
 *
 * @param <D> what it finds
 */
public interface DeviceLookup<D extends FoundDevice> {
    /** What is known of a device. */
    CompletionStage<D> find(DeviceIdentity claimed);

    /**
     * Asked before what was found rejects a request: what is remembered may be older than the device's last change.
     *
     * @param begunAt when the request began, nanoseconds of the verifier's monotonic clock
     * @return the same if it stands, or the one to judge by instead
     */
    CompletionStage<D> recheck(DeviceIdentity claimed, D seen, long begunAt);

    /**
     * Asked in the end, when a request is to be rejected as unknown or badly signed by what {@link #recheck} gave. If
     * not, the answer is "unavailable": that is good enough to accept by, and not to reject by.
     */
    boolean mayReject(DeviceIdentity claimed, D by, long begunAt);

    /** As {@link dev.countersign.api.store.PublicKeyStore#confirm}. */
    CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at);
}

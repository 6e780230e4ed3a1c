package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import java.util.Optional;

/**
 * A {@link DeviceRegistry} whose calls wait for their answer. For administration, tools, and services that have a
 * thread for each request; not for event loops. {@link DeviceRegistry#blocking()} creates one. Thread-safe.
 *
 * <pre>{@code
 * RegistryResult result = registry.blocking().register(device, key, DeviceStatus.ACTIVE);
 * }</pre>
 *
 * <p><b>Failures.</b> Every call throws {@link RegistryUnavailableException} if the store fails or does not answer
 * within the limit. The exception says whether the change may have been made. Arguments are checked as by the registry,
 * with {@link IllegalArgumentException} and {@link NullPointerException}.
 *
 * <p><b>Interrupts.</b> If its thread is or gets interrupted, a call throws {@link InterruptedException}. An interrupt
 * before the call prevents the change. An interrupt during the call ends the wait and not the change: <em>it is unknown
 * whether the change was or will be made</em>. Repeat the call later, on this node or another one: if the change was
 * made, the answer is {@link RegistryResult.Outcome#UNCHANGED}. If you update a cache by hand, invalidate the device in
 * it, as after a {@link RegistryUnavailableException} with an unknown outcome.
 */
public interface BlockingDeviceRegistry {
    /** As {@link DeviceRegistry#as}. */
    BlockingDeviceRegistry as(AuditNote note);

    /** As {@link DeviceRegistry#register}. */
    RegistryResult register(DeviceIdentity device, DevicePublicKey key, DeviceStatus initial)
            throws InterruptedException;

    /** As {@link DeviceRegistry#activate}. */
    RegistryResult activate(DeviceIdentity device) throws InterruptedException;

    /** As {@link DeviceRegistry#rotate}. */
    RegistryResult rotate(DeviceIdentity device, DevicePublicKey newKey, DevicePublicKey signedBy)
            throws InterruptedException;

    /** As {@link DeviceRegistry#replace}. */
    RegistryResult replace(DeviceIdentity device, DevicePublicKey newKey) throws InterruptedException;

    /** As {@link DeviceRegistry#invalidate}. */
    RegistryResult invalidate(DeviceIdentity device) throws InterruptedException;

    /** As {@link DeviceRegistry#revoke}. */
    RegistryResult revoke(DeviceIdentity device) throws InterruptedException;

    /** As {@link DeviceRegistry#erase}. */
    RegistryResult erase(DeviceIdentity device) throws InterruptedException;

    /** As {@link DeviceRegistry#find}. */
    Optional<DeviceRecord> find(DeviceIdentity device) throws InterruptedException;

    /** As {@link DeviceRegistry#findByKey}. */
    Optional<KeyOwner> findByKey(DevicePublicKey key) throws InterruptedException;

    /** As {@link DeviceRegistry#list}. */
    DevicePage list(DeviceListing listing) throws InterruptedException;
}

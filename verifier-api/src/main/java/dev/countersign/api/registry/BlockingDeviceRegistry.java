package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import java.util.Optional;

/**
 * A {@link DeviceRegistry} whose calls wait for their answer: for administration, tools and services that have a thread for each
 * request. {@link DeviceRegistry#blocking()} gives one. Not for event loops. Thread-safe.
 *
 * <p><b>Failures.</b> Every call throws {@link RegistryUnavailableException} if the store fails or does not answer within the
 * limit; it says whether the change may have been made all the same. Arguments are refused as by the
 * registry, by {@link IllegalArgumentException} and {@link NullPointerException}.
 *
 * <p><b>Interrupts.</b> Every call ends with an {@link InterruptedException} when its thread is interrupted, and on a thread that
 * is interrupted already it does not begin. An interrupt ends the wait and not the change: the store goes on with it, and
 * <em>whether it was or will be made is unknown</em>. Repeat the call later, here or on another node, as the
 * request that caused it is repeated: a change that was made is then {@link RegistryResult.Outcome#UNCHANGED}. In between other
 * changes may be made, as after any answer. A cache that learns of changes by hand is to forget the device, as it is after a
 * {@link RegistryUnavailableException} of an unknown outcome.
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

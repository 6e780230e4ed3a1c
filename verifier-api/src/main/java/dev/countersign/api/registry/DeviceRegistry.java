package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.DeviceChanges;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What an enrolment service writes: devices and their keys. Each call is one transaction and safe under concurrent calls
 * on several nodes; what a call may do is decided by {@link DeviceLifecycle} alone. A stage fails only if the store does.
 *
 * <p>Who may call is the caller's business: a registration is to be attested, a rotation to be signed by the old key,
 * before it comes here.
 */
public interface DeviceRegistry {
    /**
     * Registers a device, or brings a revoked one back with a key that was never used. The same key again changes
     * nothing, the status of a pending device included.
     *
     * @param initial {@link DeviceStatus#ACTIVE} or {@link DeviceStatus#PENDING}
     */
    CompletionStage<RegistryResult> register(DeviceIdentity device, DevicePublicKey key, DeviceStatus initial);

    /** Makes a pending device active. */
    CompletionStage<RegistryResult> activate(DeviceIdentity device);

    /**
     * Names the device's next key, signed for by the current or the invalidated one. The new key is provisional until
     * it has verified a request; until then the same call may be repeated, or another key named, which retires the
     * abandoned one.
     *
     * @param signedBy the key whose signature over the 65 bytes of the new one the caller has verified
     */
    CompletionStage<RegistryResult> rotate(DeviceIdentity device, DevicePublicKey newKey, DevicePublicKey signedBy);

    /** Replaces the device's key on the word of an attestation: all old keys are retired at once. */
    CompletionStage<RegistryResult> replace(DeviceIdentity device, DevicePublicKey newKey);

    /** Asks the device for a new key: the current one may sign rotations for 24 h, and no request. */
    CompletionStage<RegistryResult> invalidate(DeviceIdentity device);

    /** Ends a device that was compromised: nothing it signs counts, rotations included. */
    CompletionStage<RegistryResult> revoke(DeviceIdentity device);

    /**
     * Erases a device: its record is gone, whatever its status was, and with it every trace of its identity in the store but
     * one. The change feed tells its identity as {@linkplain DeviceChanges#erased erased} for as long as caches may need to
     * hear of it. Its keys stay used, for ever and without its name: nobody registers or rotates to one of them again, nor
     * does this device. The id may be registered anew, with a new key. What is not there is {@link Outcome#UNCHANGED}, so
     * that the call may be repeated.
     *
     * @return {@link Outcome#ERASED} or {@link Outcome#UNCHANGED}, both without a record
     */
    CompletionStage<RegistryResult> erase(DeviceIdentity device);

    /**
     * To which device a key belongs or ever belonged. Empty if to none, and also if to one that was erased, though the key
     * stays used.
     */
    CompletionStage<Optional<KeyOwner>> findByKey(DevicePublicKey key);
}

package dev.countersign.api.registry;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.ChangeFailure;
import dev.countersign.api.store.DeviceChanges;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What an enrolment service writes: devices and their keys. Each call is one transaction and safe under concurrent calls
 * on several nodes; what a call may do is decided by {@link DeviceLifecycle} alone. A stage fails only if the store does.
 *
 * <p>Who may call is the caller's business: a registration is to be attested, a rotation to be signed by the old key,
 * before it comes here. Who called, and why, can be written into the audit: see {@link #as}.
 *
 * <p>Every change may be repeated, also one whose stage failed: what was made is then {@link Outcome#UNCHANGED}. A failure that
 * knows whether its change may have been made is a {@link ChangeFailure}.
 */
public interface DeviceRegistry {
    /**
     * The same registry, whose changes are made under this note: an audit has it beside each change that a call of the returned
     * one makes. A note that was given before is replaced. What changes nothing is not noted.
     *
     * <p>A registry without an audit returns itself. One that wraps another wraps what this returns.
     */
    DeviceRegistry as(AuditNote note);

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
     * one. The change feed reports its identity as {@linkplain DeviceChanges#erased erased} for as long as caches may need to
     * hear of it. Its keys stay used, for ever and without its name: nobody registers or rotates to one of them again, nor
     * does this device. The id may be registered anew, with a new key. What is not there is {@link Outcome#UNCHANGED}, so
     * that the call may be repeated.
     *
     * <p>Notes of the device's earlier changes are erased as well, for free text may name it or its user. The note under which it
     * is erased stays, to say who asked for it and why; one that {@linkplain AuditNote#names names} the device is refused.
     *
     * @throws IllegalArgumentException if the note of this registry names the device
     * @return {@link Outcome#ERASED} or {@link Outcome#UNCHANGED}, both without a record
     */
    CompletionStage<RegistryResult> erase(DeviceIdentity device);

    /**
     * The record of a device as it is now, never from a copy: revoked and pending ones too, with their keys but for the retired
     * ones. What a change answered is seen by every later call, on whatever node.
     *
     * @return empty if there is no such device
     */
    CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity device);

    /**
     * A page of an app's devices, each as {@link #find} would have shown it when the page was read. The pages of a listing are
     * read one after the other, and devices may come, change and go in between: a device that exists from before the first
     * page is asked for until the last one is answered is on one page, once; one that is registered or erased meanwhile
     * is on one page or on none.
     */
    CompletionStage<DevicePage> list(DeviceListing listing);

    /**
     * To which device a key belongs or ever belonged. Empty if to none, and also if to one that was erased, though the key
     * stays used.
     */
    CompletionStage<Optional<KeyOwner>> findByKey(DevicePublicKey key);

    /** A registry whose calls wait for their answer, for 30 s at most; see {@link BlockingDeviceRegistry}. */
    default BlockingDeviceRegistry blocking() {
        return blocking(Duration.ofSeconds(30));
    }

    /**
     * A registry whose calls wait for their answer; see {@link BlockingDeviceRegistry}.
     *
     * @param limit how long a call waits, where the store does not work on the calling thread itself; positive
     * @throws IllegalArgumentException if the limit is not positive
     */
    default BlockingDeviceRegistry blocking(Duration limit) {
        return new WaitingRegistry(this, limit);
    }
}

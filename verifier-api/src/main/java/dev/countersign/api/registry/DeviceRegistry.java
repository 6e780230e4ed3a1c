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
 * Changes devices and their keys, for enrolment and administration. Each call is one transaction and safe under
 * concurrent calls on several nodes. {@link DeviceLifecycle} decides what a call may do. A stage fails only if the
 * store fails.
 *
 * <pre>{@code
 * registry.register(device, key, DeviceStatus.ACTIVE);
 * registry.as(AuditNote.by("alice").because("ticket 4711")).revoke(device);
 * }</pre>
 *
 * <p>The registry checks no permissions. Check the attestation before you register a key, and the signature of the old
 * key before you rotate. {@link #as} writes into the audit who made a change, and why.
 *
 * <p>Every change may be repeated, also if its stage failed: if it was made, the answer is {@link Outcome#UNCHANGED}. A
 * failure that knows whether its change may have been made implements {@link ChangeFailure}.
 */
public interface DeviceRegistry {
    /**
     * The same registry with a note for the audit. The audit has the note with each change that the returned registry
     * makes. It replaces an earlier note. A call that changes nothing leaves no note.
     *
     * <p>An implementation without an audit returns itself. A wrapper calls {@code as} of the registry that it wraps,
     * and wraps the result.
     */
    DeviceRegistry as(AuditNote note);

    /**
     * Registers a device, or brings a revoked one back with a key that was never used. Registering the same key again
     * changes nothing, not even the status of a pending device.
     *
     * @param initial {@link DeviceStatus#ACTIVE} or {@link DeviceStatus#PENDING}
     */
    CompletionStage<RegistryResult> register(DeviceIdentity device, DevicePublicKey key, DeviceStatus initial);

    /** Makes a pending device active. */
    CompletionStage<RegistryResult> activate(DeviceIdentity device);

    /**
     * Names the device's next key. The current or the invalidated key has signed it. The new key is provisional until a
     * request with it is accepted. Until then this call may be repeated; another new key retires the one before.
     *
     * @param signedBy the key whose signature over the 65 bytes of the new one the caller has verified
     */
    CompletionStage<RegistryResult> rotate(DeviceIdentity device, DevicePublicKey newKey, DevicePublicKey signedBy);

    /**
     * Replaces the device's key after an attestation, without a signature of the old key. Retires all old keys at once.
     */
    CompletionStage<RegistryResult> replace(DeviceIdentity device, DevicePublicKey newKey);

    /** Asks the device for a new key: from now on the current one may sign rotations, for 24 h, and no requests. */
    CompletionStage<RegistryResult> invalidate(DeviceIdentity device);

    /** Revokes a device that was compromised: its signatures do not count any more, not even for rotations. */
    CompletionStage<RegistryResult> revoke(DeviceIdentity device);

    /**
     * Erases a device, whatever its status: its record, and its identity in the whole store. Only the change feed
     * reports the identity as {@linkplain DeviceChanges#erased erased}, for as long as caches may need it.
     *
     * <p>Its keys stay used for ever, without its name: no device can register them or rotate to them again. The id may
     * be registered anew with a new key. For a device that does not exist the answer is {@link Outcome#UNCHANGED}, so
     * the call may be repeated.
     *
     * <p>The notes of the device's earlier changes are erased too, because free text may name it or its user. The note
     * of the erasure itself stays. A note that {@linkplain AuditNote#names names} the device is refused.
     *
     * @throws IllegalArgumentException if the note of this registry names the device
     * @return {@link Outcome#ERASED} or {@link Outcome#UNCHANGED}, both without a record
     */
    CompletionStage<RegistryResult> erase(DeviceIdentity device);

    /**
     * Reads the record of a device, also of a revoked or pending one, with all keys but the retired ones. It is never
     * read from a copy: on every node, a call sees all changes that were answered before it.
     *
     * @return empty if there is no such device
     */
    CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity device);

    /**
     * Reads a page of an app's devices. Each record is as {@link #find} would have returned it when the page was read.
     * Devices may change between the pages of a listing. A device that exists during the whole listing is on exactly
     * one page. A device that is registered or erased meanwhile is on one page or on none.
     */
    CompletionStage<DevicePage> list(DeviceListing listing);

    /**
     * Finds the device to which a key belongs or ever belonged. Empty if there is none, and also if that device was
     * erased, although the key stays used.
     */
    CompletionStage<Optional<KeyOwner>> findByKey(DevicePublicKey key);

    /** A registry whose calls wait for their answer, for 30 s at most; see {@link BlockingDeviceRegistry}. */
    default BlockingDeviceRegistry blocking() {
        return blocking(Duration.ofSeconds(30));
    }

    /**
     * A registry whose calls wait for their answer; see {@link BlockingDeviceRegistry}.
     *
     * @param limit how long a call waits; positive. No limit for a store that works on the calling thread
     * @throws IllegalArgumentException if the limit is not positive
     */
    default BlockingDeviceRegistry blocking(Duration limit) {
        return new WaitingRegistry(this, limit);
    }
}

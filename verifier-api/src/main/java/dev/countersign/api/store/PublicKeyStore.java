package dev.countersign.api.store;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Finds the keys of devices. Implementations are thread-safe and must not block the caller; {@link #fromBlocking}
 * adapts a store that blocks.
 *
 * <p>If a stage fails, a method throws or the answer is {@code null}, the store counts as unavailable. The verifier
 * sets time limits; a store needs none for it. A store that refuses a call because too many wait fails it with
 * {@link StoreOverloadedException}, which is no sign of an outage.
 *
 * <p>A stage that is already complete (best a {@link CompletableFuture#completedFuture}) is used at once, on the
 * caller's thread. Each cache calls {@link #cursor} and {@link #changesSince} one at a time. These calls should not
 * wait behind lookups.
 */
public interface PublicKeyStore extends AutoCloseable {
    /**
     * Reads the record of a device, also of a revoked or pending one, with its keys. The answer must be the current
     * record and not a copy that the store keeps.
     *
     * @param claimed the device that the request names: canonical, and not authenticated
     * @return empty if there is no such device
     */
    CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed);

    /**
     * Makes a provisional key current and the old one previous, after a request with the provisional key was accepted.
     * Repeating the call changes nothing. A verifier calls this before it answers the request. A failure does not
     * change the verdict: the key stays provisional until a later request confirms it.
     *
     * @param at when the request was accepted, server time
     * @return whether this call changed the record
     */
    CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at);

    /**
     * The current cursor of the change feed. Every later answer of {@link #find} has all changes up to it, and
     * {@link #changesSince} reports all changes after it. A cache starts with it. Its cost does not depend on the
     * number of devices.
     */
    CompletionStage<Long> cursor();

    /**
     * The devices that changed or were erased after a cursor, for caches. It must not miss a change, not even one whose
     * transaction commits late. It may report a change twice.
     *
     * <p>An answer may be a part of the changes: call again with its cursor until an answer is empty. The store decides
     * for how long it reports erasures. An answer that lacks some is {@linkplain DeviceChanges#isIncomplete
     * incomplete}.
     *
     * @param cursor from {@link #cursor} or an earlier answer, or 0 for all devices
     */
    CompletionStage<DeviceChanges> changesSince(long cursor);

    /**
     * Whether the store can be used, since when, and why not, for health pages. Does no I/O and does not wait. A closed
     * store is not available. {@linkplain StoreStatus#unknown Unknown} by default.
     */
    default StoreStatus status() {
        return StoreStatus.unknown();
    }

    /** Closes what the store itself opened. Idempotent. */
    @Override
    void close();

    /**
     * A store whose calls block, run on an executor.
     *
     * @param executor should be bounded, because it decides how many lookups wait. If it refuses a task, the store is
     *     unavailable for that request, with a {@link StoreOverloadedException} unless the executor was shut down
     */
    static PublicKeyStore fromBlocking(BlockingPublicKeyStore store, Executor executor) {
        return new BlockingStoreAdapters.Keys(store, executor);
    }
}

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
 * Where a verifier finds the keys of a device. Implementations are thread-safe and must not block the caller; for a
 * store that can only block there is {@link #fromBlocking}.
 *
 * <p>A call that a store refuses because too many wait already fails with {@link StoreOverloadedException}: that is no sign
 * of an outage. Calls of {@link #cursor} and {@link #changesSince} come one at a time from each cache, and should not wait
 * behind any number of lookups.
 *
 * <p>A stage that is already complete (best a {@link CompletableFuture#completedFuture}) is taken inline on the caller's
 * thread. A failed stage, a {@code null} and a throw all mean that the store is unavailable; time limits are the
 * verifier's business.
 */
public interface PublicKeyStore extends AutoCloseable {
    /**
     * The record of a device: revoked and pending ones too, with their keys. A store reads what is true now; it must not
     * answer from a copy of its own.
     *
     * @param claimed what the request says it is, canonical but not authenticated
     * @return empty if there is no such device
     */
    CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed);

    /**
     * Reports that a request signed with a provisional key was accepted: the key becomes current, and the old one previous.
     * Repeating it changes nothing. A verifier calls this before it answers the request, and a failure does not change
     * its verdict: the key stays provisional until a later request confirms it.
     *
     * @param at when the request was accepted, server time
     * @return whether this call changed the record
     */
    CompletionStage<Boolean> confirm(DeviceIdentity device, DevicePublicKey key, Instant at);

    /**
     * The cursor of now: whatever {@link #find} answers later has every change up to it, and {@link #changesSince} reports
     * all that come after it. A cache starts with it; it costs the same however many devices there are.
     */
    CompletionStage<Long> cursor();

    /**
     * The devices that changed or were erased after the given cursor, for caches. No change may be missed, also one whose
     * transaction commits late; a change may be reported twice. How long erasures are reported is the store's business: an
     * answer to an older cursor says that it {@linkplain DeviceChanges#isIncomplete is incomplete}. An answer may be a part of
     * what there is: ask again with its cursor until one is empty.
     *
     * @param cursor from {@link #cursor} or an earlier answer, or 0 for every device there is
     */
    CompletionStage<DeviceChanges> changesSince(long cursor);

    /**
     * Whether the store can be used, since when, and why not: for health pages. Costs no I/O, and does not wait for a call that is
     * under way. A closed store is not available. By default {@linkplain StoreStatus#unknown nothing is known}: "available" would be a
     * promise that nobody looked after, and "unavailable" an alarm.
     */
    default StoreStatus status() {
        return StoreStatus.unknown();
    }

    /** Releases what the store itself opened. Idempotent. */
    @Override
    void close();

    /**
     * A store whose calls block, run on an executor.
     *
     * @param executor bounded, please: it decides how many lookups wait. One that refuses a task makes the store
     *     unavailable for that request, with a {@link StoreOverloadedException} unless it was shut down.
     */
    static PublicKeyStore fromBlocking(BlockingPublicKeyStore store, Executor executor) {
        return new BlockingStoreAdapters.Keys(store, executor);
    }
}
